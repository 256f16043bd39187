// The number of connections that send at the same time, where bytes a second are limited.
#pragma once

#include "io/asio.hpp"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <deque>
#include <limits>

namespace sluice::io {

/// A server gives up a body that does not move, so a low rate must not be shared by too many. Whoever finds
/// no place waits before its request begins, first come first served.
class sending_places {
 public:
  /// Waits in line; `timer` is cancelled when it has a place.
  struct waiter {
    asio::steady_timer& timer;
    bool has_place = false;
  };

  void set(std::size_t most) noexcept {
    most_ = most;
    admit();
  }
  /// True: `w` has a place. False: it waits in line until it has one, or leave_line().
  bool enter(waiter& w) {
    if (line_.empty() && taken_ < most_) {
      ++taken_;
      return w.has_place = true;
    }
    line_.push_back(&w);
    return false;
  }
  void leave_line(waiter& w) noexcept { std::erase(line_, &w); }
  void leave() noexcept {
    --taken_;
    admit();
  }

 private:
  void admit() noexcept {
    for (; !line_.empty() && taken_ < most_; ++taken_) {
      line_.front()->has_place = true;
      line_.front()->timer.cancel();
      line_.pop_front();
    }
  }

  std::size_t most_ = std::numeric_limits<std::size_t>::max();
  std::size_t taken_ = 0;
  std::deque<waiter*> line_;
};

}  // namespace sluice::io
