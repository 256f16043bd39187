// When the endpoint itself is the problem: pause, probe, stop. A wall costs O(1) requests, not O(files).
#pragma once

#include "core/http/verdict.hpp"
#include "core/time.hpp"

#include <cstdint>
#include <limits>
#include <optional>

namespace sluice::core {

struct breaker_policy {
  int unreachable_streak = 3;  ///< attempts in a row that could not connect: open
  int busy_streak = 100;       ///< attempts in a row that found it busy, lost it or could not connect: open
  int refusal_streak = 3;      ///< refusals of us in a row, with no other reply between: stop
  /// Uploads refused one by one, before any was accepted: stop. Few where that costs something, because
  /// refused files are moved, or may have been stored; more where they stay, because they may just be the
  /// first ones.
  int costly_streak = 5, kept_streak = 100;
  bool moves_refused = false;
  int max_probes = 5;  ///< failed probes in a row: stop; 0: never
  /// The delay before each probe is uniform in [base/2, min(cap, base·2^failed probes)].
  milliseconds base{250}, cap{30'000};
  /// False for a followed run: the breaker never stops it. Where it would, for a refusal or an identity, it
  /// opens instead, and probes are `refusal_cap` apart at the most.
  bool stops = true;
  milliseconds refusal_cap{60'000};

  /// The policy of a run that waits for its endpoint as long as it takes.
  breaker_policy that_never_stops() const {
    auto p = *this;
    p.stops = false;
    return p;
  }
  static breaker_policy never_opens() {
    constexpr int never = std::numeric_limits<int>::max();
    return {.unreachable_streak = never,
            .busy_streak = never,
            .refusal_streak = never,
            .costly_streak = never,
            .kept_streak = never};
  }
};

/// Closed: everything passes. Open: nothing for a while, then one probe at a time; any reply that is not
/// `busy` closes it again, the probe's or a late one of an attempt that began before. Stopped: for good.
/// One that never stops also stays open while it is refused.
class breaker {
 public:
  explicit breaker(breaker_policy policy = {}) : policy_{policy} {}

  /// The policy holds from now on; what the breaker has seen so far stays.
  void obey(breaker_policy policy) noexcept { policy_ = policy; }

  enum class gate { pass, probe, wait, stop };
  struct admission {
    gate what;
    steady_time at;  ///< time to ask again after `wait` (steady_time::max() while a probe is under way)
  };
  /// May an attempt begin? A `probe` must be reported with probe = true, or given back with withdraw_probe().
  admission admit(steady_time now);
  void withdraw_probe() noexcept { probing_ = false; }

  /// Notes the end of each attempt. While the breaker is open, a late attempt (one that began before) that
  /// got no answer, or found the endpoint busy, changes nothing, because it says nothing new.
  void observe(blame b, bool probe, steady_time now, rng& random);

  /// Why it stopped: unreachable (or busy for too long), refuses_us, identity, or one of is_of_one_upload()
  /// when every upload was refused alike; `nobody` while it has not.
  blame stopped() const noexcept { return stopped_; }
  bool open() const noexcept { return open_; }
  /// The gravest of what the attempts since the last good reply failed for: says why a run that never
  /// succeeded failed, when it was too short to trip. `nobody` after any reply that was about a file.
  blame standing() const noexcept { return standing_; }

 private:
  void close() noexcept;
  void failed(blame b, bool probe, steady_time now, rng& random);
  int streak_for(blame b) const noexcept;
  void refused(blame b, int& count, int streak, bool probe, steady_time now, rng& random);
  void opens(blame b, steady_time now, rng& random);
  void again(steady_time now, rng& random);
  void pause(steady_time now, rng& random);

  breaker_policy policy_;
  struct {
    int unreachable = 0, busy = 0, refusals = 0, probes = 0;
    int files = 0;  ///< refused one by one, before any was accepted
  } seen_;
  bool open_ = false, probing_ = false, accepted_ = false;
  steady_time retry_at_{};
  blame opened_for_ = blame::nobody;
  blame stopped_ = blame::nobody;
  blame standing_ = blame::nobody;
};

}  // namespace sluice::core
