#include "io/watchdog.hpp"

#include <algorithm>
#include <boost/asio/bind_allocator.hpp>

namespace sluice::io {

void watchdog::remove(watched& w) noexcept { std::erase(watched_, &w); }

// The tick works without memory as well: no other deadline may depend on it.
void watchdog::tick() noexcept {
  ticking_ = true;
  timer_.expires_after(period);
  timer_.async_wait(asio::bind_allocator(handler_allocator<void>{room_}, [this, room = room_](error_code) {
    if (room->owner_gone) return;  // the tick may run after us
    ticking_ = false;
    look();
  }));
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
