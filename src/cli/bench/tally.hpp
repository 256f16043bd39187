// The requests of one window that have ended, and when they say that going on is hopeless.
#pragma once

#include "measurement.hpp"

#include <cstdint>
#include <string>

namespace sluice::cli {

class tally {
 public:
  /// `to_measure`: so many are measured; 0: as many as come. `proven`: the endpoint has accepted a request
  /// before.
  tally(std::uint64_t to_measure, bool proven);

  /// True: it is hopeless, and gave_up() says why. Nothing is once the load has `stopped`.
  bool count_sample(const sample& s, bool stopped);
  /// All that are to be measured have ended.
  bool is_complete() const noexcept { return left_to_measure_ == 0; }

  std::uint64_t accepted() const noexcept { return accepted_; }
  std::uint64_t failed() const noexcept { return failed_; }
  /// Why it ended early, in one line; empty when it did not.
  const std::string& gave_up() const noexcept { return gave_up_; }
  wall what_stands() const noexcept { return wall_; }

 private:
  std::uint64_t left_to_measure_;
  std::uint64_t accepted_ = 0, failed_ = 0;
  bool proven_;
  wall wall_ = wall::none;
  std::string gave_up_;
};

}  // namespace sluice::cli
