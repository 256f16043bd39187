// Latencies of any number of requests, in constant memory.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace sluice::cli {

/// Milliseconds.
struct percentiles {
  std::uint64_t count = 0;
  double p50 = 0, p90 = 0, p99 = 0, p999 = 0, max = 0;
};

/// Log-linear: 128 steps to each doubling of microseconds, so that a value is known to within 0.4 %; exact
/// below 128 µs, and as long as 2^37 µs (38 h). The maximum is exact.
class latency_histogram {
 public:
  void add(std::chrono::nanoseconds value) noexcept;
  std::uint64_t count() const noexcept { return count_; }
  /// The value that `q` of all values do not exceed (nearest rank); 0 when it is empty.
  double milliseconds(double q) const noexcept;
  percentiles summary() const noexcept;

 private:
  static constexpr std::size_t steps = 128, doublings = 32;
  static std::size_t index_of(std::uint64_t v) noexcept;
  static double middle_of(std::size_t index) noexcept;

  std::array<std::uint64_t, steps * doublings> buckets_{};
  std::uint64_t count_ = 0, max_ = 0;
};

}  // namespace sluice::cli
