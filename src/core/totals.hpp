// The run's counts, kept as records come.
#pragma once

#include "core/histogram.hpp"
#include "core/verdict.hpp"

#include <sluice/result.hpp>

namespace sluice::core {

/// Adds up attempts and records; `seen` is the sum of the fates by construction.
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
  /// An attempt whose end got lost: the server may have the file.
  void lost_track() noexcept { ++sum_.unknown_outcomes; }
  void connected() noexcept { ++sum_.connections; }
  void unreadable_directory() noexcept { ++sum_.unreadable_dirs; }

  /// Counts so far with percentiles and rates for `seconds`; window and reason are the caller's to fill in.
  run_summary summary(double seconds) const;
  const run_summary& counts() const noexcept { return sum_; }

 private:
  run_summary sum_;
  histogram latency_;
};

}  // namespace sluice::core
