// When to fetch fresh secrets because the server no longer takes ours.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

namespace sluice::cli {

/// Pure. A burst of 401 is one reason, and a renewal that does not help makes the next one wait twice as
/// long: neither the server nor whoever issues tokens is stormed.
class renewal {
 public:
  using time = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::seconds least{30},
      most{600};  ///< time between the beginnings of two renewals

  /// An attempt that began at `begun` was answered 401.
  void refused(time begun, time now) {
    if (under_way_ || due_ || begun < fresh_since_) return;  // the attempt had the old secrets
    due_ = last_ ? std::max(now, *last_ + gap()) : now;
  }
  /// Notes that an attempt that began at `begun` was accepted.
  void accepted(time begun) {
    if (under_way_ || begun < fresh_since_) return;
    helped_ = true;
    due_.reset();
  }
  /// When to renew; nothing while there is no reason to.
  std::optional<time> due() const noexcept { return due_; }
  /// The last renewal helped, so the secrets in force have run out: nobody tries them until the next.
  bool is_awaited() const noexcept { return due_ && helped_; }

  void began(time now) {
    gap_ = helped_ ? least : std::min(2 * gap_, most);
    helped_ = false, under_way_ = true;
    last_ = now;
    due_.reset();
  }
  /// `changed`: the secrets are others than before. The same ones are not tried: it looks again later.
  void ended(bool changed, time now) {
    under_way_ = false;
    replaced(now);
    if (!changed) due_ = *last_ + gap_;
  }
  /// Notes that somebody else brought fresh secrets.
  void replaced(time now) {
    fresh_since_ = now;
    due_.reset();
  }

 private:
  std::chrono::seconds gap() const noexcept { return helped_ ? least : gap_; }

  bool helped_ = true, under_way_ = false;
  std::chrono::seconds gap_ = least;
  std::optional<time> last_, due_;
  time fresh_since_ = time::min();
};

}  // namespace sluice::cli
