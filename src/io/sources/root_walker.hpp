// Walks the trees of several roots, one after the other.
#pragma once

#include "io/sources/directory_walker.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

namespace sluice::io {

class root_walker {
 public:
  /// `selector` outlives it. `stat_all`: fill in entry::identity for files.
  root_walker(std::vector<std::shared_ptr<const directory>> roots, const core::selector& selector,
              bool stat_all);

  /// The next entry, or nothing: there is none yet, or has_ended(). `now` is for the age rules.
  std::optional<entry> next_entry(core::wall_time now);
  bool has_ended() const noexcept {
    return next_root_ == roots_.size() && (!walker_ || walker_->has_ended());
  }

 private:
  std::vector<std::shared_ptr<const directory>> roots_;
  const core::selector& selector_;
  bool stat_all_;
  std::size_t next_root_ = 0;
  std::optional<directory_walker> walker_;
};

}  // namespace sluice::io
