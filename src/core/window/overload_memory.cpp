#include "core/window/overload_memory.hpp"

#include <algorithm>

namespace sluice::core {

void overload_memory::begin_burst(std::size_t limit, steady_time now) noexcept {
  bursts_ = fine_ < limit ? bursts_ + 1 : 0;
  fine_ = 0, burst_ = 1;
  overload_at_ = climb_at_ = now;
}

void overload_memory::met_probe(std::size_t limit) noexcept {
  ceiling_ = limit;
  failed_climbs_ = std::min(failed_climbs_ + 1, most_failed_climbs);
}

void overload_memory::met_held(std::size_t ceiling) noexcept {
  ceiling_ = ceiling;
  failed_climbs_ = 0;
}

bool overload_memory::climb_due(steady_time now) const noexcept {
  const auto price = fine_per_overload * std::max<std::uint64_t>(burst_, 1);
  return ceiling_ > 0 && fine_ >= price && (fine_ >= price << failed_climbs_ || now - climb_at_ >= rested);
}

}  // namespace sluice::core
