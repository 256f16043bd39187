// Where the system does not say whether a file is being written: how long it must be left alone.
#pragma once

#include "core/files/file_identity.hpp"
#include "core/time.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

namespace sluice::core {

/// A file is settled when its size, modification time and change time have not moved for the settle time. Two
/// things can show that: their age by the clock of the file system, or two looks so far apart that found the
/// same.
///
/// That clock can differ from ours (a file server, a FUSE mount). Where nobody tells it, the latest change
/// that was seen there stands in for it, and goes on with our steady clock: it may be behind, never ahead. A
/// change time in our future is no evidence of any clock: somebody has set it, or that clock was wrong once.
class settling {
 public:
  explicit settling(milliseconds time) noexcept : time_{time} {}

  /// How much longer `f` must be left alone; zero: it is settled. `clock`: the time of its file system in
  /// nanoseconds since the epoch, where that is known. `ours`: what our own wall clock says.
  std::chrono::nanoseconds remaining(const file_identity& f, std::optional<std::int64_t> clock,
                                     wall_time ours, steady_time now);

  /// Notes that sluice removed another name of the file, and that nothing else happened to it between
  /// `before` and `after`.
  void name_removed(const file_identity& before, const file_identity& after);
  /// Whether all that moved the change time of a file from `then` to `now` was name_removed().
  bool only_names_removed(const file_identity& then, const file_identity& now) const noexcept;

 private:
  using inode = std::pair<std::uint64_t, std::uint64_t>;  ///< number and device
  struct reading {
    std::int64_t time = 0;
    steady_time at{};
  };
  struct look {
    file_identity found;
    steady_time since;
  };
  struct change_times {
    std::int64_t first = 0, last = 0;
  };
  std::int64_t clock_of(const file_identity& f, wall_time ours, steady_time now);
  std::chrono::nanoseconds by_clock(const file_identity& f, std::int64_t clock) const noexcept;

  static constexpr std::size_t most_inodes = 4096, most_looks = 16'384;
  milliseconds time_;
  std::map<std::uint64_t, reading> clocks_;  ///< the last reading of each device's clock
  std::map<inode, look> looks_;              ///< the last look at each file that was not settled
  std::map<inode, change_times> own_;        ///< moved by us alone, from the first to the last
};

}  // namespace sluice::core
