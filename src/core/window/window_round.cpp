#include "core/window/window_round.hpp"

#include <algorithm>
#include <chrono>

namespace sluice::core {

namespace {

constexpr milliseconds least_asked{10};  ///< shares of less are those of a few attempts
constexpr std::chrono::seconds patience{2};
constexpr std::size_t fewest_attempts = 24;
constexpr double memory = 256;         // attempts
constexpr double hardly_rests = 0.85;  // share of a loop that waits for nothing but its own work

double in_seconds(steady_time::duration d) { return std::chrono::duration<double>(d).count(); }

}  // namespace

void window_round::begin(steady_time at) noexcept {
  const auto mean = mean_bytes_;
  const auto last = ours_.last;
  *this = {};
  since_ = last_ = at, mean_bytes_ = mean;
  ours_.first = last;
}

void window_round::add(const window_sample& s, std::size_t limit) noexcept {
  const auto bytes = static_cast<double>(s.bytes);
  mean_bytes_ += (bytes - mean_bytes_) / (mean_bytes_ > 0 ? memory : 1);
  work_ += mean_bytes_ > 0 ? 0.5 + 0.5 * bytes / mean_bytes_ : 1;
  bytes_ += bytes;
  server_ += in_seconds(s.server_time);
  elapsed_ += in_seconds(s.now - s.begun);
  connecting_ += in_seconds(s.connecting);
  if (s.worked) {
    ours_.last = work{s.now, *s.worked};
    if (!ours_.first) ours_.first = ours_.last;
  }
  in_flight_ += static_cast<double>(s.in_flight);
  last_ = s.now;
  ++count_;
  if (s.in_flight >= limit) ++used_;
  if (s.waited_for_file) ++ours_.waits;
  if (s.connecting > s.connecting.zero()) ++ours_.connects;
}

bool window_round::limited_by_us() const noexcept {
  if (count_ == 0) return false;
  if (2 * ours_.waits >= count_) return true;
  if (!ours_.last || 8 * ours_.connects > count_) return false;
  const auto asked = ours_.last->at - ours_.first->at;
  return asked >= least_asked &&
         in_seconds(ours_.last->worked - ours_.first->worked) >= hardly_rests * in_seconds(asked);
}

bool window_round::complete(std::size_t wanted, std::size_t limit,
                            steady_time::duration least) const noexcept {
  const auto lasted = last_ - since_;
  if (lasted < least) return false;
  return count_ >= wanted || (lasted >= patience && count_ >= std::max(fewest_attempts, limit));
}

double window_round::rate() const noexcept {
  return elapsed_ > 0 ? work_ / elapsed_ * in_flight_ / static_cast<double>(count_) : 0;
}

double window_round::exchange_seconds() const noexcept {
  return count_ > 0 ? (elapsed_ - connecting_) / static_cast<double>(count_) : 0;
}

double window_round::seconds() const noexcept { return in_seconds(last_ - since_); }
double window_round::files_per_second() const noexcept {
  return seconds() > 0 ? static_cast<double>(count_) / seconds() : 0;
}
double window_round::bytes_per_second() const noexcept { return seconds() > 0 ? bytes_ / seconds() : 0; }
double window_round::server_seconds() const noexcept {
  return count_ > 0 ? server_ / static_cast<double>(count_) : 0;
}

}  // namespace sluice::core
