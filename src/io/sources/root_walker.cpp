#include "io/sources/root_walker.hpp"

#include <utility>

namespace sluice::io {

root_walker::root_walker(std::vector<std::shared_ptr<const directory>> roots, const core::selector& selector,
                         bool stat_all)
    : roots_{std::move(roots)}, selector_{selector}, stat_all_{stat_all} {}

std::optional<entry> root_walker::next_entry(core::wall_time now) {
  if (walker_ && !walker_->has_ended()) return walker_->next(now);
  if (next_root_ < roots_.size()) walker_.emplace(roots_[next_root_++], selector_, stat_all_);
  return std::nullopt;
}

}  // namespace sluice::io
