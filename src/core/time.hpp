// The two kinds of time that come into decisions as values. Nothing in core reads a clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <random>

namespace sluice::core {

using steady_time = std::chrono::steady_clock::time_point;  ///< deadlines, back-off, rates
using wall_time = std::chrono::system_clock::time_point;    ///< the time that people and servers see
using std::chrono::milliseconds;

/// A file system can hold any time, and 64 bits of nanoseconds hold 1677 to 2262: times outside are held at
/// the ends.
constexpr std::int64_t to_nanoseconds(std::int64_t seconds, std::int64_t nanoseconds) noexcept {
  using limits = std::numeric_limits<std::int64_t>;
  constexpr std::int64_t second = 1'000'000'000;
  if (seconds > limits::max() / second - 1) return limits::max();
  if (seconds < limits::min() / second + 1) return limits::min();
  return seconds * second + nanoseconds;
}

/// `to - from`: what would overflow is held at the ends.
constexpr std::chrono::nanoseconds between(std::int64_t from_ns, std::int64_t to_ns) noexcept {
  using limits = std::numeric_limits<std::int64_t>;
  if (from_ns < 0 && to_ns > limits::max() + from_ns) return std::chrono::nanoseconds::max();
  if (from_ns > 0 && to_ns < limits::min() + from_ns) return std::chrono::nanoseconds::min();
  return std::chrono::nanoseconds{to_ns - from_ns};
}

/// How long ago a file's time was.
constexpr std::chrono::nanoseconds age_of(std::int64_t time_ns, wall_time now) noexcept {
  return between(time_ns, std::chrono::nanoseconds{now.time_since_epoch()}.count());
}

/// Randomness of decisions (jitter): one per uploader, seeded once from the operating system.
using rng = std::mt19937_64;

}  // namespace sluice::core
