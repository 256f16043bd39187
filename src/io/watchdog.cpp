#include "io/watchdog.hpp"

#include <algorithm>

namespace sluice::io {

void watchdog::remove(watched& w) noexcept { std::erase(watched_, &w); }

void watchdog::tick() {
  ticking_ = true;
  timer_.expires_after(period);
  timer_.async_wait([this, alive = std::weak_ptr{alive_}](error_code) {
    if (alive.expired()) return;
    ticking_ = false;
    look();
  });
}

void watchdog::look() {
  const auto now = std::chrono::steady_clock::now();
  bool armed = false;
  for (std::size_t i = 0; i < watched_.size(); ++i) {  // expire() may add, never removes
    auto& w = *watched_[i];
    if (w.due <= now) {
      w.due = core::steady_time::max();
      w.expire();
    }
    armed = armed || w.due != core::steady_time::max();
  }
  if (armed) tick();
}

}  // namespace sluice::io
