#include "core/breaker.hpp"

#include <algorithm>

namespace sluice::core {
namespace {

bool is_about_us(blame b) noexcept { return b == blame::refuses_us || b == blame::identity; }

}  // namespace

breaker::admission breaker::admit(steady_time now) {
  if (stopped_ != blame::nobody) return {gate::stop, now};
  if (!open_) return {gate::pass, now};
  if (probing_) return {gate::wait, steady_time::max()};
  if (now < retry_at_) return {gate::wait, retry_at_};
  probing_ = true;
  return {gate::probe, now};
}

// What reaches this fork, and what it does to {closed, open}:
//
//   nobody, file   a reply about a file      everything begins anew; closes
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
      close();
      refusals_ = 0;
      standing_ = blame::nobody;
      return;
    case blame::refuses_us:
      standing_ = std::max(standing_, b);
      if (open_ && !policy_.stops && is_about_us(opened_for_)) {
        if (probe) again(now, random);
        return;
      }
      close();
      if (++refusals_ < policy_.refusal_streak) return;
      if (policy_.stops)
        stopped_ = b;
      else
        opens(b, now, random);
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

// `probing_` stays: should it open again before an earlier opening's probe is reported, there is still only
// one.
void breaker::close() noexcept {
  open_ = false;
  unreachable_ = busy_ = probes_ = 0;
}

void breaker::failed(blame b, bool probe, steady_time now, rng& random) {
  if (open_ && !probe) return;
  standing_ = std::max(standing_, b);
  if (b == blame::busy) refusals_ = 0;  // another reply, or as much as one
  if (open_) {
    again(now, random);
    return;
  }
  ++busy_;
  unreachable_ = b == blame::unreachable ? unreachable_ + 1 : 0;
  if (unreachable_ < policy_.unreachable_streak && busy_ < policy_.busy_streak) return;
  opens(b, now, random);
}

void breaker::opens(blame b, steady_time now, rng& random) {
  open_ = true;
  opened_for_ = b;
  pause(now, random);
}

/// A probe failed.
void breaker::again(steady_time now, rng& random) {
  ++probes_;
  if (policy_.stops && policy_.max_probes > 0 && probes_ >= policy_.max_probes)
    stopped_ = opened_for_;
  else
    pause(now, random);
}

void breaker::pause(steady_time now, rng& random) {
  const auto cap = is_about_us(opened_for_) ? policy_.refusal_cap : policy_.cap;
  milliseconds most = std::min(policy_.base, cap);
  for (int i = 0; i < probes_ && most < cap; ++i) most = std::min(most * 2, cap);
  const milliseconds least = std::min(policy_.base / 2, most);
  std::uniform_int_distribution<milliseconds::rep> delay{least.count(), most.count()};
  retry_at_ = now + milliseconds{delay(random)};
}

}  // namespace sluice::core
