#include "core/window/auto_window.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace sluice::core {

namespace {

constexpr std::size_t round_attempts = 64, few_attempts = 24;
constexpr double doubled = 1.3;                    // goodput of a doubling that paid, while it grows
constexpr double unhindered = 1.1;                 // times of replies that wait for nothing
constexpr double confirmed_gain = 1.5;             // the same over a doubling or two, measured in peace
constexpr double headroom = 1.3;                   // factor above what Little's law asks for
constexpr double worth = 1.03, worthless = 1.018;  // goodput of more against fewer
constexpr double worth_elasticity = 0.12;
constexpr double elastic = 0.5;        // share of what a window in proportion would bring: far from its knee
constexpr double changed = 0.12;       // goodput at the same limit: conditions are others
constexpr double noisy_change = 0.25;  // the same where rounds differ anyway
constexpr double unsteady = 0.1;
constexpr double alike = 0.02, apart = 0.06;  // differences of two rounds at the same limit
constexpr milliseconds longest_round{160};

std::size_t scaled(std::size_t n, double by) {
  return static_cast<std::size_t>(std::lround(static_cast<double>(n) * by));
}

}  // namespace

auto_window::auto_window(std::size_t max)
    : max_{std::max<std::size_t>(max, 1)}, limit_{std::min(start, max_)}, ramp_{limit_}, held_{limit_} {}

std::size_t auto_window::wanted() const {
  switch (phase_) {
    case phase::ramp:
      return ramp_.from;
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

/// The least window that the last round speaks for.
std::size_t auto_window::least() const {
  if (!round_.limited_by_us()) return 1;
  const auto ceiling = overloads_.ceiling();
  return std::min({own_least, max_, ceiling > 1 ? ceiling - 1 : own_least});
}

bool auto_window::round_is_complete(std::size_t wanted) const {
  const bool compares = phase_ == phase::hold || phase_ == phase::low || phase_ == phase::high;
  return round_.complete(wanted, limit_, compares ? held_.length : window_round::shortest);
}

/// The difference in goodput that says that conditions are others.
double auto_window::least_change() const {
  return held_.length > window_round::shortest ? noisy_change : changed;
}

void auto_window::note_difference(double rate) {
  if (held_.goodput <= 0) return;
  const auto difference = std::abs(rate / held_.goodput - 1);
  if (difference > apart) held_.length = std::min<steady_time::duration>(2 * held_.length, longest_round);
  if (difference < alike)
    held_.length = std::max<steady_time::duration>(held_.length / 2, window_round::shortest);
}

/// The limit that the step under way of a ramp ends at.
std::size_t auto_window::ramp_top() const { return std::min(ramp_.factor * ramp_.from, max_); }

void auto_window::change(std::size_t limit, phase p, steady_time now) {
  // The first that begin in a larger window still find the queue of the smaller one.
  settling_ = limit > limit_ ? 2 : 1;
  limit_ = std::clamp<std::size_t>(limit, 1, max_);
  phase_ = p;
  if (p == phase::hold) held_.limit = limit_;
  changed_at_ = now;
}

void auto_window::begin_ramp(double rate, steady_time now) {
  phase_ = phase::ramp;
  ramp_ = {limit_, rate, round_.exchange_seconds()};
  overloads_.forget_ceiling(), held_.unjudged.reset();
  round_.begin(now);
  settling_ = 0;
}

std::optional<window_reason> auto_window::observe(const window_sample& s) {
  if (s.what == window_sample::kind::overload) return overloaded(s);
  if (s.what == window_sample::kind::other) return {};
  overloads_.went_well();
  if (settling_ > 0) {
    if (s.begun < changed_at_) return {};
    changed_at_ = s.now;
    if (--settling_ > 0) return {};
    round_.begin(phase_ == phase::ramp ? s.begun : s.now);  // a run's first round has nothing before it
    if (phase_ != phase::ramp) return {};
  }
  round_.add(s, limit_);
  if (phase_ == phase::ramp && s.in_flight >= limit_)
    limit_ = std::min(limit_ + ramp_.factor - 1, ramp_top());
  if (phase_ == phase::high && round_is_complete(std::max(limit_, few_attempts)) && steep()) {
    begin_ramp(round_.rate(), s.now);
    return window_reason::faster;
  }
  if (!round_is_complete(wanted())) return {};
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
  if (limit_ < ramp_top()) return {};  // not used: goes on once it is
  const auto rate = round_.rate();
  const auto elapsed = round_.exchange_seconds();
  const auto paid = ramp_.factor == 2 ? doubled : doubled * doubled;
  const bool may_pay = !round_.limited_by_us() || limit_ < own_least;
  const bool pays = ramp_.rate <= 0 || (may_pay && rate >= paid * ramp_.rate);
  if (!pays) {
    change(limit_, phase::confirm, now);
    return window_reason::growing;
  }
  ramp_.least_elapsed = ramp_.least_elapsed > 0 ? std::min(ramp_.least_elapsed, elapsed) : elapsed;
  ramp_.factor = elapsed <= unhindered * ramp_.least_elapsed ? 4 : 2;
  ramp_.rate = rate;
  if (ramp_.from == limit_) change(limit_, phase::hold, now);  // the window is at its maximum
  ramp_.from = limit_;
  return window_reason::growing;
}

auto_window::reason auto_window::confirmed(steady_time now) {
  const auto rate = round_.rate();
  ramp_.least_elapsed = std::min(ramp_.least_elapsed, round_.exchange_seconds());
  if (rate >= confirmed_gain * ramp_.rate && limit_ < max_) {
    phase_ = phase::ramp;
    ramp_.rate = rate, ramp_.from = limit_, ramp_.factor = 2;
    return {};
  }
  const auto needed =
      std::ceil(headroom * static_cast<double>(limit_) * ramp_.least_elapsed / round_.exchange_seconds());
  const auto low = std::max<std::size_t>(limit_ / 8, 1);
  change(std::max(std::clamp(static_cast<std::size_t>(needed), low, limit_), least()), phase::hold, now);
  held_.goodput = 0, turns_.begin_anew();
  return window_reason::saturated;
}

auto_window::reason auto_window::held(steady_time now) {
  if (!round_.in_use()) {
    held_.unjudged.reset();
    return {};
  }
  if (limit_ < least()) {
    held_.unjudged.reset();
    change(least(), phase::hold, now);
    held_.goodput = 0;
    return window_reason::growing;
  }
  const auto rate = round_.rate();
  note_difference(rate);
  turns_.round_ended();
  if (const auto p = std::exchange(held_.unjudged, std::nullopt)) {
    if (const auto why = judged(*p, rate, now)) return why;
  } else if (held_.goodput > 0 && std::abs(rate / held_.goodput - 1) > least_change()) {
    turns_.begin_anew(), overloads_.forgive_climbs();
    turns_.prefer_low(rate < held_.goodput);
  }
  held_.goodput = rate;
  return next_probe(now);
}

/// A probe against the rounds before and after it.
auto_window::reason auto_window::judged(const probe& p, double rate, steady_time now) {
  if (std::abs(rate / held_.goodput - 1) > unsteady) {  // nothing can be said; the next one is to wait
    if (p.limit < limit_)
      turns_.low_cost();
    else
      turns_.high_cost();
    return {};
  }
  const auto held = (rate + held_.goodput) / 2;
  if (p.limit < limit_) {
    if (held > worthless * p.rate) {
      turns_.low_cost();
      const auto steps = std::log(static_cast<double>(limit_) / static_cast<double>(p.limit));
      if (std::log(held / p.rate) >= elastic * steps) turns_.low_cost();  // no knee is near
      return {};
    }
    turns_.low_paid();
    change(p.limit, phase::hold, now);
    held_.goodput = p.rate;
    return window_reason::as_fast;
  }
  const auto more = static_cast<double>(p.limit) / static_cast<double>(limit_);
  if (p.rate < std::max(worth, std::pow(more, worth_elasticity)) * held) {
    turns_.high_cost();
    return {};
  }
  turns_.begin_anew();
  change(p.limit, phase::hold, now);
  held_.goodput = p.rate;
  return window_reason::faster;
}

auto_window::reason auto_window::next_probe(steady_time now) {
  const bool may_rise = limit_ < max_ && !round_.limited_by_us();
  const auto ceiling = overloads_.ceiling();
  const bool low = limit_ > least() && turns_.low_due();
  const bool climb = may_rise && overloads_.climb_due(now);
  const bool high = may_rise && ceiling == 0 && turns_.high_due(now);
  if (!low && !high && !climb) return {};
  if (low && (turns_.prefers_low() || !(high || climb))) {
    turns_.look_down();
    change(std::max(std::min(scaled(limit_, 0.77), limit_ - 1), least()), phase::low, now);
    return window_reason::probing;
  }
  turns_.look_up(now), overloads_.look_up(now);
  if (climb) {
    climb_ = {ceiling > limit_ + 1 ? (ceiling - limit_) / 2 : 1, {limit_, held_.goodput}};
    change(limit_ + climb_.step, phase::climb, now);
  } else {
    change(std::max(scaled(limit_, 1.25), limit_ + 1), phase::high, now);
  }
  return window_reason::probing;
}

/// Goodput grew with the window: this is far from enough.
bool auto_window::steep() const {
  if (!round_.in_use() || held_.goodput <= 0) return false;
  const auto more = std::log(static_cast<double>(limit_) / static_cast<double>(held_.limit));
  return std::log(round_.rate() / held_.goodput) >= elastic * more;
}

auto_window::reason auto_window::probed(steady_time now) {
  const probe p{limit_, round_.rate()};
  if (round_.in_use()) held_.unjudged = p;
  change(held_.limit, phase::hold, now);
  return window_reason::no_gain;
}

auto_window::reason auto_window::climbed(steady_time now) {
  if (!round_.in_use()) {
    change(held_.limit, phase::hold, now);
    return window_reason::no_gain;
  }
  const auto rate = round_.rate();
  held_.limit = limit_;  // where overload would lead back to
  overloads_.forgive_climbs();
  if (static_cast<double>(limit_) >= 1.25 * static_cast<double>(climb_.foot.limit) || limit_ == max_) {
    const auto steps = std::log(static_cast<double>(limit_) / static_cast<double>(climb_.foot.limit));
    if (rate < worth * climb_.foot.rate) {
      change(climb_.foot.limit, phase::hold, now);
      return window_reason::no_gain;
    }
    if (std::log(rate / climb_.foot.rate) >= elastic * steps && limit_ < max_) {
      begin_ramp(rate, now);
      return window_reason::faster;
    }
    change(limit_, phase::hold, now);
    held_.goodput = rate;
    return window_reason::faster;
  }
  climb_.step *= 2;
  change(limit_ + climb_.step, phase::climb, now);
  return window_reason::probing;
}

auto_window::reason auto_window::overloaded(const window_sample& s) {
  if (overloads_.in_burst(s.begun)) {
    overloads_.goes_on();
    return {};
  }
  overloads_.begin_burst(limit_, s.now);
  const auto others = std::max<std::size_t>(s.in_flight, 2) - 1;  // the server did take these
  auto to = std::min(std::max<std::size_t>(limit_, 2) - 1, others);
  if (phase_ == phase::climb || phase_ == phase::high) {
    overloads_.met_probe(limit_);
    to = std::min(held_.limit, limit_ - 1);
  } else {
    overloads_.met_held(std::max(limit_, to + 1));
    if (const auto n = overloads_.bursts_before(); n > 0)
      to = std::min(to, scaled(limit_, std::max(1 - 0.1 * n, 0.5)));
  }
  held_.unjudged.reset();
  const auto before = limit_;
  change(std::max<std::size_t>(to, 1), phase::hold, s.now);
  held_.goodput = 0;
  return limit_ == before ? reason{} : window_reason::overload;
}

}  // namespace sluice::core
