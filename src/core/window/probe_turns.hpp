// When a window that is held looks whether fewer or more requests in flight would do better.
#pragma once

#include "core/time.hpp"

#include <cstddef>

namespace sluice::core {

/// The turns alternate. A look that did not pay makes the next one of its kind come half as often, each time
/// that low_cost() or high_cost() says so.
class probe_turns {
 public:
  static constexpr std::size_t rarest_low = 32, rarest_high = 16;  ///< rounds between two looks
  static constexpr std::chrono::seconds rested{2};                 ///< most between two looks upward

  void round_ended() noexcept { ++since_low_, ++since_high_; }
  /// The conditions are others: nothing is known of what pays.
  void begin_anew() noexcept { low_every_ = high_every_ = 1; }
  /// The next look is downward where both are due.
  void prefer_low(bool low) noexcept { low_is_next_ = low; }
  bool prefers_low() const noexcept { return low_is_next_; }

  bool low_due() const noexcept { return since_low_ >= low_every_; }
  bool high_due(steady_time now) const noexcept;

  void look_down() noexcept;
  void look_up(steady_time now) noexcept;
  /// Fewer were as fast: the next look downward follows at once.
  void low_paid() noexcept;
  void low_cost() noexcept;
  void high_cost() noexcept;

 private:
  std::size_t since_low_ = 0, since_high_ = 0;  ///< rounds
  std::size_t low_every_ = 1, high_every_ = 1;  ///< rounds
  steady_time high_at_{};
  bool low_is_next_ = true;
};

}  // namespace sluice::core
