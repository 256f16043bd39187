// The run's counts, kept as records come.
#pragma once

#include "core/http/verdict.hpp"
#include "core/report/reasons.hpp"

#include <sluice/latency_histogram.hpp>
#include <sluice/result.hpp>

namespace sluice::core {

/// Adds up attempts and records.
class totals {
 public:
  struct attempt {
    bool retry = false;
    core::verdict verdict = core::verdict::unknown;
    std::uint64_t sent_bytes = 0;
    bool judged = false;  ///< a complete reply came: its latency counts
    std::chrono::microseconds elapsed{0};
  };
  void add(const attempt& a) noexcept;
  void add(const file_record& r) noexcept;
  /// An attempt whose end got lost: the server may have the file. `added`: it has been counted as an attempt.
  void lost_track(bool added) noexcept {
    ++sum_.unknown_outcomes;
    if (!added) ++sum_.attempts;
  }
  void connected() noexcept { ++sum_.connections; }
  void bad_line() noexcept { ++sum_.bad_lines; }
  void removed_folder() noexcept { ++sum_.folders_deleted; }
  void unreadable_directory() noexcept { ++unreadable_; }

  /// Counts so far with percentiles and rates for `seconds`; window and reason are the caller's to fill in.
  run_summary summary(double seconds) const;
  const run_figures& figures() const noexcept { return sum_; }
  std::vector<failure_reason> reasons() const { return reasons_.list(); }

 private:
  run_figures sum_;
  std::uint64_t unreadable_ = 0;  ///< directories
  latency_histogram latency_;
  core::reasons reasons_;
};

}  // namespace sluice::core
