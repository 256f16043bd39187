#include "core/window/probe_turns.hpp"

#include <algorithm>

namespace sluice::core {

bool probe_turns::high_due(steady_time now) const noexcept {
  return since_high_ >= high_every_ || (since_high_ >= 2 && now - high_at_ >= rested);
}

void probe_turns::look_down() noexcept {
  since_low_ = 0;
  low_is_next_ = false;
}

void probe_turns::look_up(steady_time now) noexcept {
  since_high_ = 0;
  high_at_ = now;
  low_is_next_ = true;
}

void probe_turns::low_paid() noexcept {
  low_every_ = std::max<std::size_t>(low_every_ / 2, 1);
  low_is_next_ = true;
  since_low_ = low_every_;
}

void probe_turns::low_cost() noexcept { low_every_ = std::min(2 * low_every_, rarest_low); }
void probe_turns::high_cost() noexcept { high_every_ = std::min(2 * high_every_, rarest_high); }

}  // namespace sluice::core
