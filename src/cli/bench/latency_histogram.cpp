#include "latency_histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace sluice::cli {

// The first 128 steps hold one microsecond each; then each group of 128 is twice as wide as the one before.
std::size_t latency_histogram::index_of(std::uint64_t v) noexcept {
  if (v < steps) return v;
  const auto shift = static_cast<unsigned>(std::bit_width(v) - std::bit_width(std::uint64_t{steps}));
  return std::min<std::size_t>(steps * shift + (v >> shift), steps * doublings - 1);
}

double latency_histogram::middle_of(std::size_t index) noexcept {
  if (index < 2 * steps) return static_cast<double>(index);
  const std::size_t shift = index / steps - 1;
  const std::uint64_t low = (steps + index % steps) << shift;
  return static_cast<double>(low) + static_cast<double>((std::uint64_t{1} << shift) - 1) / 2;
}

void latency_histogram::add(std::chrono::nanoseconds value) noexcept {
  const auto us = std::chrono::round<std::chrono::microseconds>(value).count();
  const auto v = static_cast<std::uint64_t>(std::max<std::int64_t>(us, 0));
  ++buckets_[index_of(v)];
  ++count_;
  max_ = std::max(max_, v);
}

double latency_histogram::milliseconds(double q) const noexcept {
  const auto wanted =
      static_cast<std::uint64_t>(std::ceil(std::clamp(q, 0.0, 1.0) * static_cast<double>(count_)));
  const auto most = static_cast<double>(max_);
  if (wanted >= count_) return most / 1000;
  std::size_t index = 0;
  for (std::uint64_t seen = buckets_[0]; seen < std::max<std::uint64_t>(wanted, 1); seen += buckets_[index])
    ++index;
  return std::min(middle_of(index), most) / 1000;
}

percentiles latency_histogram::summary() const noexcept {
  return {count_, milliseconds(.5), milliseconds(.9), milliseconds(.99), milliseconds(.999), milliseconds(1)};
}

}  // namespace sluice::cli
