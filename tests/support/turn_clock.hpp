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

}  // namespace support
