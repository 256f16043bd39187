// Deadlines of many operations on one timer.
#pragma once

#include "core/time.hpp"
#include "io/asio.hpp"
#include "io/handler_room.hpp"

#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <vector>

namespace sluice::io {

/// An operation with a deadline. Its owner moves `due` as often as it likes, at no cost.
class watched {
 public:
  core::steady_time due = core::steady_time::max();
  virtual void expire() = 0;  ///< `due` has passed; it has been set back to max

 protected:
  ~watched() = default;
};

/// Looks at all deadlines every 50 ms while any is set: a connection arms several per exchange, and a timer
/// each would cost more than the sends. A deadline is met within one period.
class watchdog {
 public:
  static constexpr std::chrono::milliseconds period{50};

  explicit watchdog(const asio::any_io_executor& executor) : timer_{executor} {}
  ~watchdog() { room_->owner_gone = true; }
  watchdog(const watchdog&) = delete;

  void add(watched& w) { watched_.push_back(&w); }
  void remove(watched& w) noexcept;
  /// Must be called after a `due` was set.
  void wake() noexcept {
    if (!ticking_) tick();
  }

 private:
  void tick() noexcept;
  void look();

  asio::steady_timer timer_;
  std::vector<watched*> watched_;
  bool ticking_ = false;
  std::shared_ptr<handler_room> room_ = std::make_shared<handler_room>();
};

}  // namespace sluice::io
