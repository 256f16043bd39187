// When the requests of one window begin, and which of them are measured.
#pragma once

#include "schedule.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace sluice::cli {

/// How long, how much, how fast.
struct load_plan {
  std::chrono::milliseconds warm_up{1000}, duration{10'000}, grace{10'000};
  std::uint64_t count = 0;  ///< measure so many instead of so long; 0: as long as `duration`
  double rate = 0;          ///< requests a second, open loop; 0: closed loop
};

/// Pure. Closed loop: a request begins whenever there is room. Open loop: each has its time, and its latency
/// counts from then.
class load_course {
 public:
  using time = schedule::clock::time_point;

  load_course(const load_plan& plan, time started);

  time started() const noexcept { return started_; }
  /// The measured time lies between these two.
  time begins() const noexcept { return begin_; }
  time ends() const noexcept { return end_; }
  /// Requests in flight may end until then, once the measured time has ended.
  time patience_ends(time ended) const { return ended + grace_; }
  bool is_open_loop() const noexcept { return schedule_.has_value(); }

  /// A request may begin now, where there is room for it.
  bool may_begin(time now) const;
  struct turn {
    std::uint64_t number;  ///< counted from 1
    time intended;
    bool measured;
  };
  /// The request begins.
  turn begin_one(time now);
  /// When the next one is due, if nobody waits for that time yet; open loop only.
  std::optional<time> next_wake();
  /// Requests that were due within the measured time until `now`, and for which there was no room to the end.
  std::uint64_t never_begun(time now) const;

 private:
  bool counted_;  ///< so many requests are measured, not so long
  time started_, begin_, end_;
  std::chrono::milliseconds grace_;
  std::optional<schedule> schedule_;
  std::uint64_t begun_ = 0, to_measure_;
  time wake_at_{};
};

}  // namespace sluice::cli
