#include "core/auto_window.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace sluice::core {

namespace {

using std::chrono::seconds;

constexpr seconds rested{2};  // most between two looks upward
constexpr std::size_t round_attempts = 64, few_attempts = 24;
constexpr double doubled = 1.3;                    // goodput of a doubling that paid, while it grows
constexpr double confirmed_gain = 1.5;             // the same over a doubling or two, measured in peace
constexpr double headroom = 1.3;                   // above what Little's law asks for
constexpr double worth = 1.03, worthless = 1.018;  // goodput of more against fewer
constexpr double worth_elasticity = 0.12;
constexpr double elastic = 0.5;   // of what a window in proportion would bring: far from its knee
constexpr double changed = 0.12;  // goodput at the same limit: conditions are others
constexpr double unsteady = 0.1;
constexpr std::size_t rarest = 32, rarest_high = 16;  // rounds between two probes
constexpr std::uint64_t fine_per_overload = 64;       // keeps overloads that we provoke below 2 %
constexpr unsigned most_failed_climbs = 3;            // doublings of that

std::size_t scaled(std::size_t n, double by) {
  return static_cast<std::size_t>(std::lround(static_cast<double>(n) * by));
}

}  // namespace

auto_window::auto_window(std::size_t max)
    : max_{std::max<std::size_t>(max, 1)}, limit_{std::min(start, max_)}, ramp_from_{limit_}, held_{limit_} {}

std::size_t auto_window::wanted() const {
  switch (phase_) {
    case phase::ramp:
      return ramp_from_;
    case phase::confirm:
    case phase::climb:
      return std::max(limit_, few_attempts);
    case phase::high:
    case phase::hold:
    case phase::low:
      break;
  }
  return std::max(limit_, round_attempts);
}

void auto_window::change(std::size_t limit, phase p, steady_time now) {
  // The first that begin in a larger window still find the queue of the smaller one.
  settling_ = limit > limit_ ? 2 : 1;
  limit_ = std::clamp<std::size_t>(limit, 1, max_);
  phase_ = p;
  if (p == phase::hold) held_ = limit_;
  changed_at_ = now;
}

void auto_window::begin_ramp(double rate, steady_time now) {
  phase_ = phase::ramp;
  ramp_from_ = limit_, ramp_rate_ = rate;
  least_elapsed_ = round_.exchange_seconds();
  ceiling_ = 0, unjudged_.reset();
  round_.begin(now);
  settling_ = 0;
}

std::optional<window_reason> auto_window::observe(const window_sample& s) {
  if (s.what == window_sample::kind::overload) return overloaded(s);
  if (s.what == window_sample::kind::other) return {};
  ++fine_;
  if (settling_ > 0) {
    if (s.begun < changed_at_) return {};
    changed_at_ = s.now;
    if (--settling_ > 0) return {};
    round_.begin(phase_ == phase::ramp ? s.begun : s.now);  // before a run's first round there was nothing
    if (phase_ != phase::ramp) return {};
  }
  round_.add(s, limit_);
  if (phase_ == phase::ramp && s.in_flight >= limit_ && limit_ < std::min(2 * ramp_from_, max_)) ++limit_;
  if (phase_ == phase::high && round_.complete(std::max(limit_, few_attempts), limit_) && steep()) {
    begin_ramp(round_.rate(), s.now);
    return window_reason::faster;
  }
  if (!round_.complete(wanted(), limit_)) return {};
  told_ = {round_.files_per_second(), round_.bytes_per_second(), round_.server_seconds()};
  reason why;
  switch (phase_) {
    case phase::ramp:
      why = ramp_ended(s.now);
      break;
    case phase::confirm:
      why = confirmed(s.now);
      break;
    case phase::hold:
      why = held(s.now);
      break;
    case phase::low:
    case phase::high:
      why = probed(s.now);
      break;
    case phase::climb:
      why = climbed(s.now);
      break;
  }
  round_.begin(s.now);
  return why;
}

auto_window::reason auto_window::ramp_ended(steady_time now) {
  if (limit_ < 2 * ramp_from_ && limit_ < max_) return {};  // not used: goes on once it is
  const auto rate = round_.rate();
  const auto elapsed = round_.exchange_seconds();
  const bool pays = ramp_rate_ <= 0 || rate >= doubled * ramp_rate_;
  if (!pays) {
    change(limit_, phase::confirm, now);
    return window_reason::growing;
  }
  least_elapsed_ = least_elapsed_ > 0 ? std::min(least_elapsed_, elapsed) : elapsed;
  ramp_rate_ = rate;
  if (ramp_from_ == limit_) change(limit_, phase::hold, now);  // at its maximum
  ramp_from_ = limit_;
  return window_reason::growing;
}

auto_window::reason auto_window::confirmed(steady_time now) {
  const auto rate = round_.rate();
  least_elapsed_ = std::min(least_elapsed_, round_.exchange_seconds());
  if (rate >= confirmed_gain * ramp_rate_ && limit_ < max_) {
    phase_ = phase::ramp;
    ramp_rate_ = rate, ramp_from_ = limit_;
    return {};
  }
  const auto needed =
      std::ceil(headroom * static_cast<double>(limit_) * least_elapsed_ / round_.exchange_seconds());
  const auto low = std::max<std::size_t>(limit_ / 8, 1);
  change(std::clamp(static_cast<std::size_t>(needed), low, limit_), phase::hold, now);
  reference_ = 0, low_every_ = high_every_ = 1;
  return window_reason::saturated;
}

auto_window::reason auto_window::held(steady_time now) {
  if (!round_.in_use()) {
    unjudged_.reset();
    return {};
  }
  const auto rate = round_.rate();
  ++rounds_since_low_, ++rounds_since_high_;
  if (const auto p = std::exchange(unjudged_, std::nullopt)) {
    if (const auto why = judged(*p, rate, now)) return why;
  } else if (reference_ > 0 && std::abs(rate / reference_ - 1) > changed) {
    low_every_ = high_every_ = 1, failed_climbs_ = 0;
    low_is_next_ = rate < reference_;
  }
  reference_ = rate;
  return next_probe(now);
}

/// A probe against the rounds before and after it.
auto_window::reason auto_window::judged(const probe& p, double rate, steady_time now) {
  if (std::abs(rate / reference_ - 1) > unsteady) return {};
  const auto held = (rate + reference_) / 2;
  if (p.limit < limit_) {
    if (held > worthless * p.rate) {
      low_every_ = std::min(2 * low_every_, rarest);
      return {};
    }
    low_every_ = std::max<std::size_t>(low_every_ / 2, 1), low_is_next_ = true,
    rounds_since_low_ = low_every_;
    change(p.limit, phase::hold, now);
    reference_ = p.rate;
    return window_reason::as_fast;
  }
  const auto more = static_cast<double>(p.limit) / static_cast<double>(limit_);
  if (p.rate < std::max(worth, std::pow(more, worth_elasticity)) * held) {
    high_every_ = std::min(2 * high_every_, rarest_high);
    return {};
  }
  low_every_ = high_every_ = 1;
  change(p.limit, phase::hold, now);
  reference_ = p.rate;
  return window_reason::faster;
}

auto_window::reason auto_window::next_probe(steady_time now) {
  const bool may_rise = limit_ < max_;
  const bool low = limit_ > 1 && rounds_since_low_ >= low_every_;
  const auto price = fine_per_overload * std::max<std::uint64_t>(burst_, 1);
  const bool climb = may_rise && ceiling_ > 0 && fine_ >= price &&
                     (fine_ >= price << failed_climbs_ || now - climb_at_ >= rested);
  const bool high =
      may_rise && ceiling_ == 0 &&
      (rounds_since_high_ >= high_every_ || (rounds_since_high_ >= 2 && now - high_at_ >= rested));
  if (!low && !high && !climb) return {};
  if (low && (low_is_next_ || !(high || climb))) {
    rounds_since_low_ = 0, low_is_next_ = false;
    change(std::min(scaled(limit_, 0.77), limit_ - 1), phase::low, now);
    return window_reason::probing;
  }
  low_is_next_ = true;
  rounds_since_high_ = 0, high_at_ = climb_at_ = now;
  if (climb) {
    foot_ = {limit_, reference_};
    step_ = ceiling_ > limit_ + 1 ? (ceiling_ - limit_) / 2 : 1;
    change(limit_ + step_, phase::climb, now);
  } else {
    change(std::max(scaled(limit_, 1.25), limit_ + 1), phase::high, now);
  }
  return window_reason::probing;
}

/// Goodput grew with the window: this is far from enough.
bool auto_window::steep() const {
  if (!round_.in_use() || reference_ <= 0) return false;
  const auto more = std::log(static_cast<double>(limit_) / static_cast<double>(held_));
  return std::log(round_.rate() / reference_) >= elastic * more;
}

auto_window::reason auto_window::probed(steady_time now) {
  const probe p{limit_, round_.rate()};
  if (round_.in_use()) unjudged_ = p;
  change(held_, phase::hold, now);
  return window_reason::no_gain;
}

auto_window::reason auto_window::climbed(steady_time now) {
  if (!round_.in_use()) {
    change(held_, phase::hold, now);
    return window_reason::no_gain;
  }
  const auto rate = round_.rate();
  held_ = limit_;  // where overload would lead back to
  failed_climbs_ = 0;
  if (static_cast<double>(limit_) >= 1.25 * static_cast<double>(foot_.limit) || limit_ == max_) {
    const auto steps = std::log(static_cast<double>(limit_) / static_cast<double>(foot_.limit));
    if (rate < worth * foot_.rate) {
      change(foot_.limit, phase::hold, now);
      return window_reason::no_gain;
    }
    if (std::log(rate / foot_.rate) >= elastic * steps && limit_ < max_) {
      begin_ramp(rate, now);
      return window_reason::faster;
    }
    change(limit_, phase::hold, now);
    reference_ = rate;
    return window_reason::faster;
  }
  step_ *= 2;
  change(limit_ + step_, phase::climb, now);
  return window_reason::probing;
}

/// What began before the window gave way belongs to the burst it gave way to.
auto_window::reason auto_window::overloaded(const window_sample& s) {
  if (s.begun < overload_at_) {
    ++burst_;
    return {};
  }
  bursts_ = fine_ < limit_ ? bursts_ + 1 : 0;
  fine_ = 0, burst_ = 1;
  overload_at_ = s.now;
  const auto others = std::max<std::size_t>(s.in_flight, 2) - 1;  // which the server did take
  auto to = std::min(std::max<std::size_t>(limit_, 2) - 1, others);
  if (phase_ == phase::climb || phase_ == phase::high) {
    ceiling_ = limit_;
    failed_climbs_ = std::min(failed_climbs_ + 1, most_failed_climbs);
    to = std::min(held_, limit_ - 1);
  } else {
    ceiling_ = std::max(limit_, to + 1);
    if (bursts_ > 0) to = std::min(to, scaled(limit_, std::max(1 - 0.1 * bursts_, 0.5)));
    failed_climbs_ = 0;
  }
  unjudged_.reset();
  climb_at_ = s.now;
  const auto before = limit_;
  change(std::max<std::size_t>(to, 1), phase::hold, s.now);
  reference_ = 0;
  return limit_ == before ? reason{} : window_reason::overload;
}

}  // namespace sluice::core
