#include "core/files/settling.hpp"

#include <algorithm>

namespace sluice::core {

using std::chrono::nanoseconds;

nanoseconds settling::remaining(const file_identity& f, std::optional<std::int64_t> clock, wall_time ours,
                                steady_time now) {
  auto left = by_clock(f, clock ? *clock : clock_of(f, ours, now));
  const inode at{f.device, f.inode};
  auto seen = looks_.find(at);
  if (left > nanoseconds::zero()) {
    if (seen == looks_.end()) {
      if (looks_.size() >= most_looks) looks_.clear();  // forgotten files wait once more
      seen = looks_.emplace(at, look{f, now}).first;
    } else if (seen->second.found != f && !only_names_removed(seen->second.found, f)) {
      seen->second = {f, now};
    }
    left = std::min(left, nanoseconds{time_} - (now - seen->second.since));
  }
  if (left > nanoseconds::zero()) return left;
  if (seen != looks_.end()) looks_.erase(seen);
  return nanoseconds::zero();
}

nanoseconds settling::by_clock(const file_identity& f, std::int64_t clock) const noexcept {
  const auto own = own_.find({f.device, f.inode});
  const bool moved_by_us = own != own_.end() && own->second.last == f.ctime_ns;
  // A modification time in the future was set by somebody, and says nothing of when.
  const auto changed =
      moved_by_us ? f.mtime_ns : std::max(f.mtime_ns <= clock ? f.mtime_ns : f.ctime_ns, f.ctime_ns);
  if (moved_by_us && changed > clock) return nanoseconds::zero();
  if (changed > clock) return time_;  // the clock was set back, or is another one
  return nanoseconds{time_} - between(changed, clock);
}

std::int64_t settling::clock_of(const file_identity& f, wall_time ours, steady_time now) {
  auto& r = clocks_[f.device];
  const auto since = r.at == steady_time{} ? nanoseconds{0} : nanoseconds{now - r.at};
  r.time += r.time == 0 ? 0 : since.count();
  r.at = now;
  if (f.ctime_ns <= nanoseconds{ours.time_since_epoch()}.count()) r.time = std::max(r.time, f.ctime_ns);
  return r.time;
}

void settling::name_removed(const file_identity& before, const file_identity& after) {
  if (own_.size() >= most_inodes) own_.clear();  // other names of forgotten files are looked at anew
  auto& times = own_[{after.device, after.inode}];
  if (times.last != before.ctime_ns) times.first = before.ctime_ns;
  times.last = after.ctime_ns;
}

bool settling::only_names_removed(const file_identity& then, const file_identity& now) const noexcept {
  if (!only_change_time_differs(then, now)) return false;
  const auto own = own_.find({now.device, now.inode});
  return own != own_.end() && own->second.last == now.ctime_ns && own->second.first <= then.ctime_ns &&
         then.ctime_ns <= now.ctime_ns;
}

}  // namespace sluice::core
