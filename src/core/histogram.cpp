#include "core/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace sluice::core {

// The first 64 steps hold 0 … 63 µs, one each; then each group of 64 steps is twice as wide as the one
// before.
std::size_t histogram::index_of(std::uint64_t v) noexcept {
  if (v < steps) return v;
  const auto shift = static_cast<unsigned>(std::bit_width(v) - std::bit_width(std::uint64_t{steps}));
  const std::size_t index = steps * shift + (v >> shift);
  return std::min<std::size_t>(index, steps * doublings - 1);
}

std::uint64_t histogram::middle_of(std::size_t index) noexcept {
  if (index < steps) return index;
  const std::size_t shift = index / steps - 1;
  const std::uint64_t low = (steps + index % steps) << shift;
  return low + (std::uint64_t{1} << shift) / 2;
}

void histogram::add(std::chrono::microseconds value) noexcept {
  const auto v = static_cast<std::uint64_t>(std::max<std::chrono::microseconds::rep>(value.count(), 0));
  auto& bucket = buckets_[index_of(v)];
  if (bucket == std::numeric_limits<std::uint32_t>::max()) return;
  ++bucket;
  ++count_;
  max_ = std::max(max_, v);
}

std::chrono::microseconds histogram::percentile(double q) const noexcept {
  const double share = q > 0 ? std::min(q, 1.0) : 0;  // NaN: 0
  const auto rank = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
  std::uint64_t value = max_;
  if (rank < count_) {
    std::size_t index = 0;
    for (std::uint64_t seen = buckets_[0]; seen < std::max<std::uint64_t>(rank, 1); seen += buckets_[index])
      ++index;
    value = std::min(middle_of(index), max_);
  }
  return std::chrono::microseconds{static_cast<std::chrono::microseconds::rep>(value)};
}

}  // namespace sluice::core
