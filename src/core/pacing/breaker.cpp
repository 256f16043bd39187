#include "core/pacing/breaker.hpp"

#include <algorithm>

namespace sluice::core {
namespace {

/// The endpoint answers, and takes nothing as we send it.
bool is_about_us(blame b) noexcept {
  return b == blame::refuses_us || b == blame::identity || is_of_one_upload(b);
}

}  // namespace

breaker::admission breaker::admit(steady_time now) {
  if (stopped_ != blame::nobody) return {gate::stop, now};
  if (!open_) return {gate::pass, now};
  if (probing_) return {gate::wait, steady_time::max()};
  if (now < retry_at_) return {gate::wait, retry_at_};
  probing_ = true;
  return {gate::probe, now};
}

// The events that reach this fork, and their effect on {closed, open}:
//
//   nobody         an upload was accepted    everything begins anew; closes
//   file, perhaps_file, unconfirmed          the same; but so many, before any was accepted, stop
//   refuses_us     a reply, about us         reached: closes; the third in a row stops
//   busy           429, 5xx, lost            counted / a probe's: pause again or stop, a late one's: nothing
//   unreachable    no connection             the same, with a shorter streak
//   identity       not whom we trust         stops
//
// One that never stops: refuses_us opens where it would stop, and identity at once; then a probe's pauses
// again, and a late one's says nothing new.
void breaker::observe(blame b, bool probe, steady_time now, rng& random) {
  if (probe) probing_ = false;
  if (stopped_ != blame::nobody) return;
  switch (b) {
    case blame::nobody:
    case blame::file:
    case blame::perhaps_file:
    case blame::unconfirmed:
      seen_.refusals = 0;
      standing_ = blame::nobody;
      accepted_ = accepted_ || b == blame::nobody;
      if (accepted_)
        close();
      else
        refused(b, seen_.files, streak_for(b), probe, now, random);
      if (!accepted_ && b != blame::file && seen_.files >= policy_.costly_streak) standing_ = b;
      return;
    case blame::refuses_us:
      standing_ = std::max(standing_, b);
      refused(b, seen_.refusals, policy_.refusal_streak, probe, now, random);
      return;
    case blame::identity:
      standing_ = b;
      if (policy_.stops)
        stopped_ = b;
      else if (!open_)
        opens(b, now, random);
      else if (probe)
        again(now, random);
      return;
    case blame::busy:
    case blame::unreachable:
      failed(b, probe, now, random);
      return;
  }
}

int breaker::streak_for(blame b) const noexcept {
  const bool costly = b == blame::unconfirmed || (b == blame::file && policy_.moves_refused);
  return costly ? policy_.costly_streak : policy_.kept_streak;
}

/// The endpoint is reached, and says no; `count` of them are in a row with this one.
void breaker::refused(blame b, int& count, int streak, bool probe, steady_time now, rng& random) {
  const bool known = is_of_one_upload(b) ? is_of_one_upload(opened_for_) : is_about_us(opened_for_);
  if (open_ && !policy_.stops && known) {
    if (probe) again(now, random);
    return;
  }
  close();
  if (++count < streak) return;
  if (policy_.stops)
    stopped_ = b;
  else
    opens(b, now, random);
}

// `probing_` stays: should it open again before an earlier opening's probe is reported, there is still only
// one.
void breaker::close() noexcept {
  open_ = false;
  seen_.unreachable = seen_.busy = seen_.probes = 0;
}

void breaker::failed(blame b, bool probe, steady_time now, rng& random) {
  if (open_ && !probe) return;
  standing_ = std::max(standing_, b);
  if (b == blame::busy) seen_.refusals = 0;  // another reply, or as much as one
  if (open_) {
    again(now, random);
    return;
  }
  ++seen_.busy;
  seen_.unreachable = b == blame::unreachable ? seen_.unreachable + 1 : 0;
  if (seen_.unreachable < policy_.unreachable_streak && seen_.busy < policy_.busy_streak) return;
  opens(b, now, random);
}

void breaker::opens(blame b, steady_time now, rng& random) {
  open_ = true;
  opened_for_ = b;
  pause(now, random);
}

/// A probe failed.
void breaker::again(steady_time now, rng& random) {
  ++seen_.probes;
  if (policy_.stops && policy_.max_probes > 0 && seen_.probes >= policy_.max_probes)
    stopped_ = opened_for_;
  else
    pause(now, random);
}

void breaker::pause(steady_time now, rng& random) {
  const auto cap = is_about_us(opened_for_) ? policy_.refusal_cap : policy_.cap;
  milliseconds most = std::min(policy_.base, cap);
  for (int i = 0; i < seen_.probes && most < cap; ++i) most = std::min(most * 2, cap);
  const milliseconds least = std::min(policy_.base / 2, most);
  std::uniform_int_distribution<milliseconds::rep> delay{least.count(), most.count()};
  retry_at_ = now + milliseconds{delay(random)};
}

}  // namespace sluice::core
