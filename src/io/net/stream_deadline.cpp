#include "io/net/stream_deadline.hpp"

#include <sluice/error.hpp>

#include <algorithm>
#include <utility>

namespace sluice::io {

stream_deadline::stream_deadline(watchdog& watch, std::function<void(error_code)> passed)
    : watch_{watch}, passed_{std::move(passed)} {
  watch_.add(*this);
}

void stream_deadline::arm(core::steady_time when, error_code why) noexcept {
  due = std::min(when, limit_);
  due_code_ = when <= limit_ ? why : limit_code_;
  watch_.wake();
}

void stream_deadline::set_limit(core::steady_time when, error_code why) noexcept {
  limit_ = when, limit_code_ = why;
  disarm();
  if (when != core::steady_time::max()) watch_.wake();
}

void stream_deadline::arm_stall(core::steady_time when) noexcept {
  stalled_at_ = std::min(stalled_at_, when);
  arm(stalled_at_, errc::stalled);
}

}  // namespace sluice::io
