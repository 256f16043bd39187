#include "quantities.hpp"

#include <charconv>
#include <cmath>

namespace sluice::cli {
namespace {

/// A decimal number at the head of `text`, taken off it. Digits and one point only.
std::optional<double> take_number(std::string_view& text) {
  double value = 0;
  if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
  const auto [end, ec] =
      std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (ec != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

std::optional<double> unit_ms(std::string_view unit) {
  if (unit.empty() || unit == "s") return 1e3;
  if (unit == "ms") return 1;
  if (unit == "m") return 60e3;
  if (unit == "h") return 3600e3;
  if (unit == "d") return 86400e3;
  return std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> parse_count(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || ec != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  constexpr double most = 36'525 * 86'400e3;  // a century: a clock of 64-bit nanoseconds ends in three
  if (text.empty()) return std::nullopt;
  double total = 0;
  while (!text.empty()) {
    const auto number = take_number(text);
    const auto unit = text.substr(0, std::min(text.size(), text.find_first_of("0123456789.")));
    const auto scale = unit_ms(unit);
    if (!number || !scale || (unit.empty() && total > 0)) return std::nullopt;
    text.remove_prefix(unit.size());
    total += *number * *scale;
    if (total > most) return std::nullopt;
  }
  return std::chrono::milliseconds{std::llround(total)};
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  const auto number = take_number(text);
  if (!number || text.size() > 1) return std::nullopt;
  constexpr std::string_view units = "kmgt";
  double scale = 1;
  if (!text.empty()) {
    const auto at = units.find(static_cast<char>(text.front() | 0x20));
    if (at == std::string_view::npos) return std::nullopt;
    scale = std::pow(1024.0, static_cast<double>(at + 1));
  }
  const double bytes = *number * scale;
  if (bytes >= 9e18) return std::nullopt;
  return static_cast<std::uint64_t>(bytes);
}

std::optional<double> parse_rate(std::string_view text) {
  const auto number = take_number(text);
  if (!number) return std::nullopt;
  if (text.empty() || text == "/s") return number;
  if (text == "/m") return *number / 60;
  if (text == "/h") return *number / 3600;
  return std::nullopt;
}

}  // namespace sluice::cli
