#include <sluice/latency_histogram.hpp>

#include <algorithm>
#include <bit>
#include <cmath>

namespace sluice {

// The first 128 steps hold one microsecond each. Then each group of 128 is twice as wide as the one before.
std::size_t latency_histogram::index_of(std::uint64_t v) noexcept {
  if (v < steps) return v;
  const auto shift = static_cast<unsigned>(std::bit_width(v) - std::bit_width(std::uint64_t{steps}));
  return std::min<std::size_t>(steps * shift + (v >> shift), steps * doublings - 1);
}

std::uint64_t latency_histogram::beginning_of(std::size_t index) noexcept {
  return index < steps ? index : (steps + index % steps) << (index / steps - 1);
}

double latency_histogram::middle_of(std::size_t index) noexcept {
  const auto low = static_cast<double>(beginning_of(index));
  if (index < steps) return low;
  const std::size_t shift = index / steps - 1;
  return low + static_cast<double>((std::uint64_t{1} << shift) - 1) / 2;
}

void latency_histogram::add(std::chrono::microseconds value, std::uint64_t times) noexcept {
  if (times == 0) return;
  const auto v = static_cast<std::uint64_t>(std::max<std::chrono::microseconds::rep>(value.count(), 0));
  buckets_[index_of(v)] += times;
  count_ += times;
  max_ = std::max(max_, v);
}

void latency_histogram::raise_max(std::chrono::microseconds value) noexcept {
  if (count_ != 0)
    max_ = std::max(max_,
                    static_cast<std::uint64_t>(std::max<std::chrono::microseconds::rep>(value.count(), 0)));
}

std::vector<latency_histogram::step> latency_histogram::steps_used() const {
  std::vector<step> used;
  for (std::size_t n = 0; n < buckets_.size(); ++n)
    if (buckets_[n] != 0) used.push_back({beginning_of(n), buckets_[n]});
  return used;
}

std::chrono::duration<double, std::micro> latency_histogram::percentile(double q) const noexcept {
  const double share = q > 0 ? std::min(q, 1.0) : 0;  // NaN is 0
  const auto rank = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
  const auto most = static_cast<double>(max_);
  if (rank >= count_) return std::chrono::duration<double, std::micro>{most};
  std::size_t index = 0;
  for (std::uint64_t seen = buckets_[0]; seen < std::max<std::uint64_t>(rank, 1); seen += buckets_[index])
    ++index;
  return std::chrono::duration<double, std::micro>{std::min(middle_of(index), most)};
}

}  // namespace sluice
