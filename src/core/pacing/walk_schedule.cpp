#include "core/pacing/walk_schedule.hpp"

namespace sluice::core {

using enum walk_schedule::state;

bool walk_schedule::under_way() const noexcept {
  return state_ == walking || state_ == walking_asked || state_ == walking_end_asked || is_last();
}

bool walk_schedule::is_expected() const noexcept {
  return under_way() || state_ == asked || state_ == end_asked;
}

bool walk_schedule::is_finishing() const noexcept {
  return state_ == end_asked || state_ == walking_end_asked || state_ == over || state_ == ended || is_last();
}

bool walk_schedule::is_last() const noexcept {
  return state_ == last_walking || state_ == last_walking_asked;
}

walk_schedule::turn walk_schedule::turn_at(steady_time now) const noexcept {
  if (under_way()) return turn::walk;
  if (state_ == ended) return turn::end;
  if (is_expected() || now >= next_at_) return turn::begin;
  return state_ == over ? turn::end : turn::rest;
}

void walk_schedule::begin_walk() noexcept {
  state_ = is_finishing() ? last_walking : walking;
  whole_ = true;
  next_at_ = steady_time::max();
}

bool walk_schedule::end_walk(steady_time now) noexcept {
  first_ = false;
  if (!is_last()) next_at_ = now + rest_;
  if (state_ == walking)
    state_ = resting;
  else if (state_ == walking_asked)
    state_ = asked;
  else
    state_ = state_ == last_walking ? over : end_asked;
  return whole_;
}

void walk_schedule::end_following() noexcept { state_ = ended; }

void walk_schedule::ask_walk() noexcept {
  if (state_ == resting) state_ = asked;
  if (state_ == walking) state_ = walking_asked;
  if (state_ == last_walking) state_ = last_walking_asked;
  if (state_ == over) state_ = end_asked;
}

void walk_schedule::ask_last() noexcept {
  if (state_ == ended) return;
  if (is_last())
    state_ = last_walking_asked;
  else
    state_ = under_way() ? walking_end_asked : end_asked;
}

}  // namespace sluice::core
