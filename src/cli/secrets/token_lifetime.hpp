// When to ask for the next token, where the life of the last one is known.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::cli {

/// Pure. The next token comes before the last one ends: a tenth of its life before, and a minute at the most.
/// A command that gives none is asked again after a second, then twice as late each time, at most a minute.
class token_lifetime {
 public:
  using time = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::milliseconds most_margin{60'000}, least_wait{1000}, most_wait{60'000};
  static constexpr std::chrono::seconds longest{std::chrono::hours{24 * 365}};  ///< longer than any run

  /// The time from the coming of a token that lives so long to the question for the next one; nothing for one
  /// that is said to live for no time at all, which only a 401 can tell of.
  static std::optional<std::chrono::milliseconds> wait_for(std::chrono::seconds lifetime) noexcept;

  /// A token came. Nothing: nobody knows how long it lives.
  void came(std::optional<std::chrono::seconds> lifetime, time now) noexcept;
  /// The command was asked, and gave none.
  void failed(time now) noexcept;
  /// When to ask; nothing while no end is known.
  std::optional<time> due() const noexcept { return due_; }

 private:
  std::optional<time> due_;
  std::chrono::milliseconds wait_ = least_wait;
};

/// The life of the token in a command's output: the shortest that a line `# expires-in: SECONDS` tells.
/// `problem` is one line, without any of the output, when such a line has no whole number.
std::optional<std::chrono::seconds> lifetime_in(std::string_view output, std::string& problem);

}  // namespace sluice::cli
