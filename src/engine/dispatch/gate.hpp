// May an attempt begin? Rate, Retry-After and breaker asked in one place, for the whole pool.
#pragma once

#include "core/pacing/breaker.hpp"
#include "core/pacing/rate_limit.hpp"
#include "core/time.hpp"

#include <algorithm>

namespace sluice::engine {

class gate {
 public:
  gate(double requests_per_second, core::breaker_policy policy)
      : rate_{requests_per_second}, policy_{policy}, breaker_{policy} {}

  struct answer {
    bool open = false;
    bool probe = false;
    core::steady_time ask_again = core::steady_time::max();
  };
  /// An open answer is spent: an attempt begins, or withdraw() is called.
  answer ask(core::steady_time now) {
    if (held_) return {};
    const auto ready = std::max(paused_until_, rate_.ready_at(now));
    if (ready > now) return {false, false, ready};
    const auto a = breaker_.admit(now);
    if (a.what == core::breaker::gate::wait) return {false, false, a.at};
    if (a.what == core::breaker::gate::stop) return {};
    rate_.take(1, now);
    return {true, a.what == core::breaker::gate::probe};
  }
  void set_rate(double requests_per_second, core::steady_time now) noexcept {
    rate_.set(requests_per_second, now);
  }
  void withdraw(bool probe) noexcept {
    if (probe) breaker_.withdraw_probe();
  }

  void hold(bool on) noexcept { held_ = on; }
  bool held() const noexcept { return held_; }
  void pause_until(core::steady_time t) noexcept { paused_until_ = std::max(paused_until_, t); }
  void observe(core::blame b, bool probe, core::steady_time now, core::rng& random) {
    breaker_.observe(b, probe, now, random);
  }
  core::blame stopped() const noexcept { return breaker_.stopped(); }
  core::blame standing() const noexcept { return breaker_.standing(); }
  /// A followed run waits for ever where another gives up.
  void never_stop(bool on) noexcept {
    policy_.stops = !on;
    breaker_.obey(policy_);
  }
  /// Forgets a run that was stopped: the next one finds out for itself.
  void reset() { breaker_ = core::breaker{policy_}; }

  bool unreachable() const noexcept { return breaker_.open(); }
  core::steady_time paused_until() const noexcept { return paused_until_; }

 private:
  core::rate_limit rate_;
  core::breaker_policy policy_;
  core::breaker breaker_;
  bool held_ = false;
  core::steady_time paused_until_ = core::steady_time::min();
};

}  // namespace sluice::engine
