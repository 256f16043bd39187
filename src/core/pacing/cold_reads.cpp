#include "core/pacing/cold_reads.hpp"

#include <algorithm>

namespace sluice::core {

const cold_reads::seen* cold_reads::find(std::uint64_t device) const noexcept {
  const auto at =
      std::ranges::find_if(devices_, [&](const seen& s) { return s.count > 0 && s.device == device; });
  return at == devices_.end() ? nullptr : &*at;
}

cold_reads::duration cold_reads::patience(std::uint64_t device, std::uint64_t size) const noexcept {
  if (size > small) return for_large_;
  const auto* known = find(device);
  return known != nullptr && known->count >= enough ? duration::zero() : for_small_;
}

void cold_reads::bytes_came(std::uint64_t device) noexcept {
  for (auto& s : devices_)
    if (s.device == device) s.count = 0;
}

void cold_reads::read_waited(std::uint64_t device, duration time) noexcept {
  if (time > no_time) return bytes_came(device);
  for (auto& s : devices_)
    if (s.count > 0 && s.device == device) {
      s.count = std::min(s.count + 1, enough);
      return;
    }
  auto at = std::ranges::find(devices_, 0u, &seen::count);
  if (at == devices_.end()) at = devices_.begin() + static_cast<std::ptrdiff_t>(oldest_++ % most_devices);
  *at = {device, 1};
}

bool cold_reads::asks_ahead() noexcept {
  if (tries_.hits >= enough_hits) return false;
  if (tries_.left > 0) return --tries_.left, true;
  tries_.left = tries_.pause;
  return false;
}

void cold_reads::read_unasked(bool was_in_memory) noexcept {
  if (was_in_memory) {
    tries_.hits = std::min(tries_.hits + 1, enough_hits);
    if (tries_.hits == enough_hits) tries_.pause = first_pause;
    return;
  }
  tries_.hits = 0;
  tries_.left = tries_.pause = std::min(2 * tries_.pause, longest_pause);
}

}  // namespace sluice::core
