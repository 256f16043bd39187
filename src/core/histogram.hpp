// Latencies in constant memory.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace sluice::core {

/// Log-linear: 64 steps to each doubling of microseconds, so a value is known to within 1.6 %, from 1 µs to
/// 2^36 µs (19 h).
class histogram {
 public:
  void add(std::chrono::microseconds value) noexcept;
  std::uint64_t count() const noexcept { return count_; }
  /// The middle of the step that holds the q-th value, 0 ≤ q ≤ 1; 0 when empty. percentile(1) is the maximum,
  /// exactly.
  std::chrono::microseconds percentile(double q) const noexcept;

 private:
  static constexpr int steps = 64, doublings = 32;
  static std::size_t index_of(std::uint64_t v) noexcept;
  static std::uint64_t middle_of(std::size_t index) noexcept;
  std::array<std::uint32_t, steps * doublings> buckets_{};
  std::uint64_t count_ = 0, max_ = 0;
};

}  // namespace sluice::core
