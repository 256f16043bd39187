// Latencies of any number of exchanges, in constant memory.
//
//     sluice::latency_histogram times;
//     times.add(std::chrono::milliseconds{12});
//     std::cout << "p99 " << times.percentile(0.99).count() << " us\n";
#pragma once

#include <sluice/detail/export.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace sluice {

/// The distribution of durations, in 32 KiB. The steps are log-linear: each doubling of microseconds has 128
/// of them, so a percentile is right to within 0.4 %. Values below 256 µs and the maximum are exact; the last
/// step ends at 2^38 µs (76 h). No function but steps_used() throws.
class SLUICE_API latency_histogram {
 public:
  /// How many values one step has.
  struct step {
    std::uint64_t from_us = 0;  ///< the least value of the step, microseconds
    std::uint64_t count = 0;

    friend bool operator==(const step&, const step&) = default;  ///< compares both members
  };

  /// The resolution is one microsecond. A negative value counts as 0. `times`: so many such values.
  void add(std::chrono::microseconds value, std::uint64_t times = 1) noexcept;
  /// The maximum is at least `value`, which is among those that were added: steps() says only what step it is
  /// in.
  void raise_max(std::chrono::microseconds value) noexcept;
  /// Returns the steps that have values, the least first. Another histogram that gets them, and the maximum,
  /// gives the same percentiles.
  ///
  /// **Errors.** Throws std::bad_alloc only.
  std::vector<step> steps_used() const;
  /// The number of values.
  std::uint64_t count() const noexcept { return count_; }
  /// The value that a share `q` of all values does not exceed (nearest rank); `q` is cut to 0 … 1. The
  /// maximum is percentile(1). The result is 0 without a value.
  std::chrono::duration<double, std::micro> percentile(double q) const noexcept;

 private:
  static constexpr std::size_t steps = 128, doublings = 32;
  static std::size_t index_of(std::uint64_t v) noexcept;
  static std::uint64_t beginning_of(std::size_t index) noexcept;
  static double middle_of(std::size_t index) noexcept;

  std::array<std::uint64_t, steps * doublings> buckets_{};
  std::uint64_t count_ = 0, max_ = 0;
};

}  // namespace sluice
