#include "token_lifetime.hpp"

#include "cli/options/form_option.hpp"
#include "cli/options/quantities.hpp"

#include <algorithm>
#include <cstdint>

namespace sluice::cli {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::optional<milliseconds> token_lifetime::wait_for(seconds lifetime) noexcept {
  if (lifetime <= seconds{0}) return std::nullopt;
  const milliseconds life = std::min(lifetime, longest);
  return std::max(life - std::min(life / 10, most_margin), least_wait);
}

void token_lifetime::came(std::optional<seconds> lifetime, time now) noexcept {
  wait_ = least_wait;
  const auto wait = lifetime ? wait_for(*lifetime) : std::nullopt;
  due_ = wait ? std::optional{now + *wait} : std::nullopt;
}

void token_lifetime::failed(time now) noexcept {
  if (!due_) return;
  due_ = now + wait_;
  wait_ = std::min(wait_ * 2, most_wait);
}

std::optional<seconds> lifetime_in(std::string_view output, std::string& problem) {
  constexpr std::string_view name = "expires-in:";
  std::optional<seconds> shortest;
  for (unsigned number = 1; !output.empty(); ++number) {
    const auto end = std::min(output.find('\n'), output.size());
    auto line = trimmed(output.substr(0, end));
    output.remove_prefix(std::min(end + 1, output.size()));
    if (!line.starts_with('#')) continue;
    line = trimmed(line.substr(1));
    if (!line.starts_with(name)) continue;
    const auto told = parse_count(trimmed(line.substr(name.size())));
    if (!told) {
      problem =
          "line " + std::to_string(number) + " of its output: expires-in is not a whole number of seconds";
      return std::nullopt;
    }
    const auto most = static_cast<std::uint64_t>(token_lifetime::longest.count());
    const seconds life{static_cast<seconds::rep>(std::min(*told, most))};
    shortest = std::min(shortest.value_or(life), life);
  }
  return shortest;
}

}  // namespace sluice::cli
