// When the endpoint itself is the problem: pause, probe, stop. A wall costs O(1) requests, not O(files).
#pragma once

#include "core/time.hpp"
#include "core/verdict.hpp"

#include <cstdint>
#include <optional>

namespace sluice::core {

struct breaker_policy {
  int unreachable_streak = 3;   ///< attempts in a row that could not connect: open
  int busy_streak = 100;        ///< attempts in a row that found it busy or lost the connection: open
  int refusal_streak = 3;       ///< refusals of us in a row, with no other reply between: stop
  int max_probes = 5;           ///< failed probes in a row: stop; 0: never
  milliseconds base{250};       ///< of the full-jitter delay before each probe
  milliseconds cap{30'000};
};

/// Closed: everything passes. Open: nothing until `retry_at`, then one probe at a time; any reply that is not
/// `busy` closes it again. Stopped: for good.
class breaker {
 public:
  explicit breaker(breaker_policy policy = {}) : policy_{policy} {}

  enum class gate { pass, probe, wait, stop };
  struct admission {
    gate what;
    steady_time at;  ///< for wait: ask again then (steady_time::max() while a probe is under way)
  };
  /// May an attempt begin? A `probe` must be reported with probe = true, or given back with withdraw_probe().
  admission admit(steady_time now);
  void withdraw_probe() noexcept { probing_ = false; }

  /// After each attempt. Attempts that began before the breaker opened change nothing while it is open.
  void observe(blame b, bool probe, steady_time now, rng& random);

  /// Why it stopped: unreachable (or busy for too long), refuses_us or identity; `nobody` while it has not.
  blame stopped() const noexcept { return stopped_; }
  bool open() const noexcept { return open_; }
  /// What the attempts since the last good reply were refused for: says why a run that never succeeded failed,
  /// when it was too short to trip. `nobody` after any reply that was about a file.
  blame standing() const noexcept { return standing_; }

 private:
  void open_at(steady_time now, rng& random);

  breaker_policy policy_;
  int unreachable_ = 0, busy_ = 0, refusals_ = 0, probes_ = 0;
  bool open_ = false, probing_ = false;
  steady_time retry_at_{};
  blame stopped_ = blame::nobody;
  blame standing_ = blame::nobody;
};

}  // namespace sluice::core
