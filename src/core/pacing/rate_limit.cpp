#include "core/pacing/rate_limit.hpp"

#include <algorithm>

namespace sluice::core {

namespace {

using real_seconds = std::chrono::duration<double>;
constexpr double nanosecond = 1e-9;
constexpr double most_saved = 0.1;    // seconds
constexpr double longest_wait = 1e9;  // seconds: any debt fits into steady_time

}  // namespace

steady_time rate_limit::ready_at(steady_time now) noexcept {
  if (unlimited()) return now;
  refill(now);
  const double wait = -tokens_ / per_second_;
  if (wait < nanosecond) return now;  // less than the clock's tick is rounding
  return now + std::chrono::ceil<steady_time::duration>(real_seconds{std::min(wait, longest_wait)});
}

void rate_limit::set(double per_second, steady_time now) noexcept {
  if (unlimited())
    tokens_ = 0, started_ = false;
  else
    refill(now);
  per_second_ = per_second;
  tokens_ = std::min(tokens_, most_saved * per_second_);
}

void rate_limit::take(double amount, steady_time now) noexcept {
  if (unlimited()) return;
  refill(now);
  tokens_ -= amount;
}

// The bucket begins empty, not full: the first second brings no burst.
void rate_limit::refill(steady_time now) noexcept {
  if (started_ && now > last_)
    tokens_ = std::min(most_saved * per_second_, tokens_ + per_second_ * real_seconds{now - last_}.count());
  if (!started_ || now > last_) last_ = now;
  started_ = true;
}

}  // namespace sluice::core
