// Open loop: when requests are to begin, whatever became of those before them.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>

namespace sluice::cli {

/// Request `k`, from 0, is to begin at `start + k / per_second`.
class schedule {
 public:
  using clock = std::chrono::steady_clock;

  schedule(clock::time_point start, double per_second) : start_{start}, per_second_{per_second} {}

  clock::time_point intended(std::uint64_t k) const {
    return start_ + std::chrono::duration_cast<clock::duration>(
                        std::chrono::duration<double>{static_cast<double>(k) / per_second_});
  }
  /// How many are to have begun by `now`: intended(k) <= now for exactly the first so many.
  std::uint64_t due(clock::time_point now) const {
    const double passed = std::chrono::duration<double>{now - start_}.count() * per_second_;
    auto k = static_cast<std::uint64_t>(std::max(std::floor(passed) - 1, 0.0));
    while (intended(k) <= now) ++k;  // rounding is at most one step off
    return k;
  }

 private:
  clock::time_point start_;
  double per_second_;
};

}  // namespace sluice::cli
