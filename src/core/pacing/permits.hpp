// Permits count the uploads in flight against the window.
#pragma once

#include <algorithm>
#include <cstddef>

namespace sluice::core {

/// A counting semaphore for one thread that remembers the limits it was given.
class permits {
 public:
  explicit permits(std::size_t limit) : limit_{limit}, min_{limit}, max_{limit} {}

  bool available() const noexcept { return in_use_ < limit_; }
  bool try_take() noexcept { return in_use_ < limit_ ? (++in_use_, true) : false; }
  void give_back() noexcept { --in_use_; }
  /// More are in use than allowed: the window was made smaller.
  bool over() const noexcept { return in_use_ > limit_; }

  void set_limit(std::size_t limit) noexcept {
    limit_ = limit, min_ = std::min(min_, limit), max_ = std::max(max_, limit);
  }
  std::size_t limit() const noexcept { return limit_; }
  std::size_t min() const noexcept { return min_; }
  std::size_t max() const noexcept { return max_; }
  std::size_t in_use() const noexcept { return in_use_; }

 private:
  std::size_t limit_, min_, max_, in_use_ = 0;
};

}  // namespace sluice::core
