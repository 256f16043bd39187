// When a file is tried again.
#pragma once

#include "core/time.hpp"

#include <sluice/config.hpp>

#include <optional>
#include <string_view>

namespace sluice::core {

/// Full jitter: uniform in [0, min(cap, base·2^(attempts−1))]. `attempts` made so far, at least 1.
milliseconds backoff(const retry_options& options, unsigned attempts, rng& random);

/// Allows a process one retry for five clean successes (after a timeout: ten) beyond a burst of 100, as the
/// token bucket of the AWS SDKs' standard mode: 500 tokens, a retry costs 5 or 10, a success gives 1 back.
class retry_budget {
 public:
  enum class cost { plain = 5, timeout = 10 };
  /// Takes the tokens of one retry; false when there are too few.
  bool take(cost c) noexcept;
  void refund() noexcept;

 private:
  static constexpr int full = 500;
  int tokens_ = full;
};

/// `Retry-After` (RFC 9110 §10.2.3): seconds, also with a fraction or an `s` behind them, or an HTTP-date
/// less `Date` (or `now` where the reply has none). Nothing for junk and negative values; at most one hour.
std::optional<std::chrono::seconds> parse_retry_after(std::string_view value, std::string_view date,
                                                      wall_time now);

/// An HTTP-date (RFC 9110 §5.6.7), any of its three forms, with `GMT` or another name of that zone (`UTC`,
/// `+0000`); nothing for anything else. Two digits of a year
/// mean 1970 to 2069. A date that wall_time cannot hold becomes the nearest that it can.
std::optional<wall_time> parse_http_date(std::string_view text);

struct retry_question {
  unsigned attempts = 1;  ///< made so far
  steady_time first_attempt, now;
  bool timed_out = false;
  std::optional<std::chrono::seconds> retry_after;  ///< a floor for the delay
};

/// When the file is due again, or why it is not any more.
struct next_try {
  std::optional<steady_time> due;
  std::string_view spent{};  ///< the reason, for people; empty where the file's own attempts are spent
};
next_try next_attempt(const retry_options& options, const retry_question& q, retry_budget& budget,
                      rng& random);

}  // namespace sluice::core
