// What the status page and the metrics show of a run: fed by the uploader's observers and a sample a second.
#pragma once

#include "history.hpp"

#include <sluice/attempt.hpp>
#include <sluice/result.hpp>
#include <sluice/window.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace sluice::cli {

struct instant {
  std::chrono::steady_clock::time_point steady;
  std::chrono::system_clock::time_point wall;
  static instant now() { return {std::chrono::steady_clock::now(), std::chrono::system_clock::now()}; }
};

/// Durations by bucket, as Prometheus has them.
struct phase_times {
  static constexpr std::array<double, 15> bounds{.001, .0025, .005, .01, .025, .05, .1, .25,
                                                 .5,   1,     2.5,  5,   10,   30,  60};  ///< seconds
  std::array<std::uint64_t, bounds.size() + 1> counts{};  ///< of each bucket alone; the last is the rest
  double sum = 0;

  void add(std::chrono::nanoseconds d) noexcept;
};
inline constexpr std::array<std::string_view, 6> phase_names{"connect", "handshake", "send",
                                                             "wait",    "receive",   "total"};

/// None of these ever goes back, whatever a new drain begins with.
struct telemetry_totals {
  std::array<std::uint64_t, fate_names.size()> files{};
  std::uint64_t bytes = 0;       ///< of accepted files
  std::uint64_t sent_bytes = 0;  ///< of requests, as the kernel took them
  std::array<std::uint64_t, 4> attempts{};
  std::uint64_t retries = 0;
  std::uint64_t refusals = 0;  ///< attempts that say the endpoint refuses us: condition::fatal
  std::uint64_t connections = 0;
  std::array<std::uint64_t, 8> window_changes{};
  std::array<phase_times, phase_names.size()> phases{};

  std::uint64_t files_with(fate f) const noexcept { return files[static_cast<std::size_t>(f)]; }
  std::uint64_t attempts_with(verdict v) const noexcept { return attempts[static_cast<std::size_t>(v)]; }
};

enum class standing {
  starting,     ///< no sample yet
  working,      ///< something is in flight or waits its turn
  idle,         ///< nothing to do
  waiting,      ///< the whole pool holds back for a while: Retry-After, or a busy endpoint
  paused,       ///< by uploader::pause()
  unreachable,  ///< the endpoint fails again and again
  refused,      ///< the endpoint refuses us: TLS identity, 401/403/407, redirects
};
std::string_view to_string(standing s) noexcept;
/// What /healthz answers 200 for. `waiting` is: the server asked for it, and it ends by itself.
bool is_healthy(standing s) noexcept;

/// A file that was not accepted.
struct shown_error {
  std::chrono::system_clock::time_point time;
  sluice::fate fate;
  std::string path, error;  ///< made printable; of long ones the end, and the beginning
};

/// Keeps no reference to what it is told; bounded, however long it runs. Reads no clock.
class telemetry {
 public:
  /// `title` says what is drained where, for people; it holds no secret (no query of a URL).
  explicit telemetry(std::string title = {}) : title_{std::move(title)} {}

  // From config::on_record, on_attempt and on_window.
  void record(const file_record& r);
  void attempt(const attempt_record& a);
  void change(const window_change& c);
  /// About once a second; what is told as a rate lies between the last few of these.
  void sample(const progress& p, instant now);

  const std::string& title() const noexcept { return title_; }
  const telemetry_totals& totals() const noexcept { return totals_; }
  const progress& last() const noexcept { return last_; }
  const cli::history& history() const noexcept { return history_; }
  /// The newest first; at most 20.
  const std::deque<shown_error>& errors() const noexcept { return errors_; }
  std::uint64_t errors_seen() const noexcept { return errors_seen_; }  ///< changes when errors() does

  cli::standing standing() const noexcept;
  std::string reason() const;  ///< one line, empty where there is nothing to say
  bool endpoint_up() const noexcept { return !refuses() && !last_.unreachable; }
  std::uint64_t backlog() const noexcept;
  double oldest_seconds() const noexcept { return oldest_seconds_; }  ///< 0: nothing waits
  double files_per_second() const noexcept { return files_per_second_; }
  double bytes_per_second() const noexcept { return bytes_per_second_; }      ///< of requests
  std::string_view window_reason() const noexcept { return window_reason_; }  ///< empty: never changed
  double uptime_seconds() const noexcept;  ///< between first and last sample

  static constexpr std::size_t most_errors = 20;

 private:
  bool refuses() const noexcept;
  struct mark {
    std::chrono::steady_clock::time_point at;
    std::uint64_t accepted, sent_bytes;
  };
  void measure(const mark& m);

  std::string title_;
  telemetry_totals totals_;
  progress last_;
  cli::history history_;
  std::deque<shown_error> errors_;
  std::deque<mark> marks_;  ///< a few seconds of them
  std::chrono::steady_clock::time_point began_{};
  bool sampled_ = false;
  double files_per_second_ = 0, bytes_per_second_ = 0, oldest_seconds_ = 0;
  std::uint64_t errors_seen_ = 0;
  unsigned refusals_in_a_row_ = 0;
  boost::system::error_code last_error_;  ///< of the last attempt that was not accepted
  std::string_view window_reason_;
};

}  // namespace sluice::cli
