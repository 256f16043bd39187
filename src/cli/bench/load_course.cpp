#include "load_course.hpp"

#include <algorithm>
#include <limits>

namespace sluice::cli {

load_course::load_course(const load_plan& plan, time started)
    : counted_{plan.count > 0},
      started_{started},
      begin_{started + plan.warm_up},
      end_{counted_ ? time::max() : begin_ + plan.duration},
      grace_{plan.grace},
      to_measure_{counted_ ? plan.count : std::numeric_limits<std::uint64_t>::max()} {
  if (plan.rate > 0) schedule_.emplace(started_, plan.rate);
}

bool load_course::may_begin(time now) const {
  if (to_measure_ == 0) return false;
  if (!schedule_) return now < end_;
  const auto intended = schedule_->intended(begun_);
  return intended <= now && intended < end_;
}

load_course::turn load_course::begin_one(time now) {
  const auto intended = schedule_ ? schedule_->intended(begun_) : now;
  const bool measured = intended >= begin_;
  if (measured) --to_measure_;
  return {++begun_, intended, measured};
}

std::optional<load_course::time> load_course::next_wake() {
  if (!schedule_ || to_measure_ == 0) return std::nullopt;
  const auto next = schedule_->intended(begun_);
  if (next >= end_ || next == wake_at_) return std::nullopt;
  wake_at_ = next;
  return next;
}

std::uint64_t load_course::never_begun(time now) const {
  if (!schedule_ || counted_ || now <= begin_) return 0;
  constexpr time::duration tick{1};
  const auto first = std::max(begun_, schedule_->due(begin_ - tick)), due = schedule_->due(now - tick);
  return due > first ? due - first : 0;
}

}  // namespace sluice::cli
