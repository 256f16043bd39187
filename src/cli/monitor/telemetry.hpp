// The figures of the status page and the metrics, fed by the uploader's observers and a sample a second.
#pragma once

#include "history.hpp"

#include <sluice/attempt.hpp>
#include <sluice/result.hpp>
#include <sluice/window.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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
  std::array<std::uint64_t, bounds.size() + 1>
      counts{};  ///< counts of each bucket alone; the last is the rest
  double sum = 0;

  void add(std::chrono::nanoseconds d) noexcept;
};
inline constexpr std::array<std::string_view, 6> phase_names{"connect", "handshake", "send",
                                                             "wait",    "receive",   "total"};

/// Each of these only grows, whatever a new drain begins with.
struct telemetry_totals {
  counts files;
  std::uint64_t bytes = 0;       ///< bytes of accepted files
  std::uint64_t sent_bytes = 0;  ///< bytes of requests, as the kernel took them
  std::array<std::uint64_t, 4> attempts{};
  std::uint64_t retries = 0;
  std::uint64_t refusals = 0;  ///< attempts that say the endpoint refuses us: condition::fatal
  std::uint64_t connections = 0;
  std::uint64_t log_lines_dropped = 0;
  std::uint64_t folders_deleted = 0;
  std::array<std::uint64_t, 8> window_changes{};
  std::array<phase_times, phase_names.size()> phases{};

  std::uint64_t attempts_with(verdict v) const noexcept { return attempts[static_cast<std::size_t>(v)]; }
};

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

  // Called from config::on_record, on_attempt and on_window.
  void record(const file_record& r);
  void attempt(const attempt_record& a);
  void change(const window_change& c);
  /// Takes uploader::reasons().
  void reasons(std::vector<failure_reason> all) { reasons_ = std::move(all); }
  /// Called about once a second; a rate is that of the last few samples.
  void sample(const progress& p, instant now);

  const std::string& title() const noexcept { return title_; }
  const telemetry_totals& totals() const noexcept { return totals_; }
  const progress& last() const noexcept { return last_; }
  const cli::history& history() const noexcept { return history_; }
  /// The newest first; at most 20.
  const std::deque<shown_error>& errors() const noexcept { return errors_.shown; }
  const std::vector<failure_reason>& reasons() const noexcept { return reasons_; }
  std::uint64_t errors_seen() const noexcept { return errors_.seen; }  ///< changes when errors() does

  /// The endpoint's state as the engine tells it; `starting` before the first sample.
  endpoint_state state() const noexcept { return began_ ? last_.endpoint.state : endpoint_state::starting; }
  std::string reason() const;  ///< one line, empty where there is nothing to say
  double state_seconds() const noexcept { return state_seconds_; }                 ///< age of the state
  std::optional<std::uint64_t> backlog() const noexcept { return last_.backlog; }  ///< empty: not known yet
  std::optional<double> oldest_seconds() const noexcept;  ///< 0: nothing waits; nothing: not known yet
  double files_per_second() const noexcept { return speed_.files_per_second; }
  double bytes_per_second() const noexcept { return speed_.bytes_per_second; }  ///< bytes of requests
  std::string_view window_reason() const noexcept { return window_reason_; }    ///< empty: never changed
  double uptime_seconds() const noexcept;  ///< time between first and last sample

  static constexpr std::size_t most_errors = 20;

 private:
  struct mark {
    std::chrono::steady_clock::time_point at;
    std::uint64_t accepted, sent_bytes;
  };
  struct error_list {
    std::deque<shown_error> shown;
    std::uint64_t seen = 0;
  };
  struct speed {
    double files_per_second = 0, bytes_per_second = 0;
  };
  void measure(const mark& m);

  std::string title_;
  telemetry_totals totals_;
  progress last_;
  cli::history history_;
  error_list errors_;
  std::vector<failure_reason> reasons_;
  std::deque<mark> marks_;                                      ///< a few seconds of them
  std::optional<std::chrono::steady_clock::time_point> began_;  ///< the first sample
  speed speed_;
  double state_seconds_ = 0;
  std::chrono::system_clock::time_point sampled_;  ///< the last sample
  std::string_view window_reason_;
};

}  // namespace sluice::cli
