// The longest turn that this thread took: its own processor time, so that a busy machine makes no turn
// longer.
#pragma once

#include "support/sanitizer.hpp"

#include <algorithm>
#include <chrono>
#include <ctime>

namespace support {

class turn_clock {
 public:
#ifdef SLUICE_UNDER_ASAN
  static constexpr std::chrono::milliseconds most{25};
#else
  static constexpr std::chrono::milliseconds most{5};  ///< the promise of the API
#endif
  template <class Turn>
  decltype(auto) measure(Turn turn) {
    const stopwatch running{longest_};
    return turn();
  }
  std::chrono::nanoseconds longest() const noexcept { return longest_; }

 private:
  static std::chrono::nanoseconds now() noexcept {
    timespec t{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return std::chrono::seconds{t.tv_sec} + std::chrono::nanoseconds{t.tv_nsec};
  }
  struct stopwatch {
    explicit stopwatch(std::chrono::nanoseconds& most) : longest{most} {}
    ~stopwatch() { longest = std::max(longest, now() - begun); }
    stopwatch(const stopwatch&) = delete;
    std::chrono::nanoseconds& longest;
    std::chrono::nanoseconds begun = now();
  };
  std::chrono::nanoseconds longest_{};
};

/// The longest turn of `run(turn_clock&)`, or the least of three runs where it is too long. A turn that is
/// long in itself is long in each. The host of a virtual machine takes its processor away now and then, which
/// counts as this thread's time.
template <class Run>
std::chrono::nanoseconds longest_turn(Run run) {
  auto least = std::chrono::nanoseconds::max();
  for (int n = 0; n < 3 && least >= turn_clock::most; ++n) {
    turn_clock turns;
    run(turns);
    least = std::min(least, turns.longest());
  }
  return least;
}

}  // namespace support
