#include "reload.hpp"

namespace sluice::cli {

using state = reload::state;

void reload::begin() noexcept {
  if (state_ == state::starting) state_ = state::idle;
}

void reload::stop() noexcept {
  switch (state_) {
    case state::starting:
    case state::idle:
    case state::stopping:
      state_ = state::stopping;
      break;
    case state::reloading:
    case state::reloading_again:
    case state::ending_reload:
      state_ = state::ending_reload;
      break;
    case state::renewing:
    case state::renewing_again:
    case state::ending_renewal:
      state_ = state::ending_renewal;
      break;
    case state::refreshing:
    case state::refreshing_again:
    case state::ending_refresh:
      state_ = state::ending_refresh;
      break;
  }
}

bool reload::ask_reload() noexcept {
  if (state_ == state::reloading) state_ = state::reloading_again;
  if (state_ == state::renewing) state_ = state::renewing_again;
  if (state_ == state::refreshing) state_ = state::refreshing_again;
  if (state_ != state::idle) return false;
  state_ = state::reloading;
  return true;
}

bool reload::begin_refresh() noexcept {
  if (state_ != state::idle) return false;
  state_ = state::refreshing;
  return true;
}

std::optional<reload::time> reload::renewal_at() const noexcept {
  return state_ == state::idle ? renewal_.due() : std::nullopt;
}

void reload::begin_renewal(time now) noexcept {
  if (state_ != state::idle) return;
  state_ = state::renewing;
  renewal_.began(now);
}

reload::end reload::end_reading(bool changed, time now) {
  const bool renewed = is_renewing(), refreshed = is_refreshing();
  if (renewed)
    renewal_.ended(changed, now);
  else if (changed)
    renewal_.replaced(now);
  const bool again = state_ == state::reloading_again || state_ == state::renewing_again ||
                     state_ == state::refreshing_again;
  state_ = is_stopping() ? state::stopping : state::idle;
  return {renewed, !renewed && !refreshed, again};
}

bool reload::is_renewing() const noexcept {
  return state_ == state::renewing || state_ == state::renewing_again || state_ == state::ending_renewal;
}

bool reload::is_refreshing() const noexcept {
  return state_ == state::refreshing || state_ == state::refreshing_again || state_ == state::ending_refresh;
}

bool reload::holds_back() const noexcept {
  const bool more_come = state_ != state::starting && !is_stopping();
  return is_renewing() || (more_come && renewal_.is_awaited());
}

bool reload::is_stopping() const noexcept {
  return state_ == state::stopping || state_ == state::ending_reload || state_ == state::ending_renewal ||
         state_ == state::ending_refresh;
}

}  // namespace sluice::cli
