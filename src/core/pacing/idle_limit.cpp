#include "core/pacing/idle_limit.hpp"

#include "core/http/token.hpp"

#include <algorithm>

namespace sluice::core {
namespace {

/// Shorter rests end for other reasons: the server was stopped, or counts requests.
constexpr std::chrono::milliseconds least{20};

/// So many of them, and none that was answered, are a server that keeps no connection.
constexpr unsigned few = 3;

/// The server's clock began before ours, and our request is on its way for a while.
idle_limit::duration with_margin(idle_limit::duration d) { return d / 5 * 4; }

std::optional<unsigned> number(std::string_view text) {
  constexpr unsigned most = 1'000'000;
  if (text.empty() || !std::ranges::all_of(text, is_digit)) return std::nullopt;
  unsigned n = 0;
  for (const char c : text) n = std::min(n * 10 + static_cast<unsigned>(c - '0'), most);
  return n;
}

}  // namespace

keep_alive_terms parse_keep_alive(std::string_view value) {
  constexpr std::string_view blanks = " \t\"";
  const auto trim = [&](std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
    return text.substr(0, text.find_last_not_of(blanks) + 1);
  };
  keep_alive_terms terms;
  while (!value.empty()) {
    const auto one = value.substr(0, value.find(','));
    value.remove_prefix(std::min(one.size() + 1, value.size()));
    const auto equals = one.find('=');
    if (equals == one.npos) continue;
    const auto name = trim(one.substr(0, equals));
    const auto n = number(trim(one.substr(equals + 1)));
    if (n && equal_ignoring_case(name, "timeout")) terms.timeout = std::chrono::seconds{*n};
    if (n && equal_ignoring_case(name, "max")) terms.max = n;
  }
  return terms;
}

bool idle_limit::allows(duration idle, steady_time now) const noexcept {
  const auto seen = now < forget_at_ ? seen_ : duration::max();
  return idle < std::min({most_, told_, seen});
}

void idle_limit::told(std::chrono::seconds timeout) noexcept { told_ = with_margin(timeout); }

void idle_limit::died(duration idle, steady_time now) noexcept {
  if (idle < least && (keeps_ || ++hardly_rested_ < few)) return;
  if (now >= forget_at_) seen_ = duration::max();
  seen_ = std::min(seen_, idle < least ? duration::zero() : with_margin(idle));
  hardly_rested_ = 0;
  forget_at_ = now + memory;
}

}  // namespace sluice::core
