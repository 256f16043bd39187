#include "core/files/shard_range.hpp"

#include "core/sha256.hpp"

#include <charconv>
#include <memory>

namespace sluice {

std::uint32_t shard_of(std::string_view path, std::uint32_t of) noexcept {
  return static_cast<std::uint32_t>(1 + (std::uint64_t{core::place_of_path(path)} * of >> 32));
}

std::string to_string(const shard& s) { return std::to_string(s.number) + "/" + std::to_string(s.of); }

std::optional<shard> shard_from_string(std::string_view text) noexcept {
  const auto number = [](std::string_view digits) -> std::optional<std::uint32_t> {
    std::uint32_t value = 0;
    const auto* const end = std::to_address(digits.end());
    const auto [stop, error] = std::from_chars(std::to_address(digits.begin()), end, value);
    return error == std::errc{} && stop == end ? std::optional{value} : std::nullopt;
  };
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto k = number(text.substr(0, slash)), n = number(text.substr(slash + 1));
  if (!k || !n) return std::nullopt;
  const shard s{*k == 0 ? *n : *k, *n};
  return core::is_possible(s) ? std::optional{s} : std::nullopt;
}

namespace core {

std::uint32_t place_of_path(std::string_view path) noexcept {
  const auto digest = sha256(path);
  return std::uint32_t{digest[0]} << 24 | std::uint32_t{digest[1]} << 16 | std::uint32_t{digest[2]} << 8 |
         digest[3];
}

}  // namespace core

}  // namespace sluice
