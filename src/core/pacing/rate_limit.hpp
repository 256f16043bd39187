// So many bytes, or requests, a second, for the whole pool.
#pragma once

#include "core/time.hpp"

namespace sluice::core {

/// A token bucket that may go into debt for one take(), and holds a tenth of a second's worth at most: enough
/// to make up for a late timer, too little for a burst.
class rate_limit {
 public:
  explicit rate_limit(double per_second) : per_second_{per_second} {}  ///< 0: no limit
  bool unlimited() const noexcept { return per_second_ <= 0; }
  /// The rate holds from now on; a debt is paid back at the new rate.
  void set(double per_second, steady_time now) noexcept;

  /// When the next take() may happen: `now` or earlier means at once.
  steady_time ready_at(steady_time now) noexcept;
  /// Spends `amount`, at ready_at() or later.
  void take(double amount, steady_time now) noexcept;
  /// Spends `amount` now, and tells when it may be used. Whoever asks next has the turn behind this one.
  steady_time reserve(double amount, steady_time now) noexcept {
    const auto at = ready_at(now);
    take(amount, now);
    return at;
  }
  /// A part of what was reserved is not used.
  void give_back(double amount) noexcept {
    if (!unlimited()) tokens_ += amount;
  }

 private:
  void refill(steady_time now) noexcept;
  double per_second_;
  double tokens_ = 0;
  steady_time last_{};
  bool started_ = false;
};

}  // namespace sluice::core
