// A source that is followed: walks of it, and between them what the kernel tells.
#pragma once

#include "core/files/selection.hpp"
#include "core/files/told_queue.hpp"
#include "core/pacing/walk_schedule.hpp"
#include "core/time.hpp"
#include "io/loop_share.hpp"
#include "io/sources/directory_watches.hpp"
#include "io/sources/entry.hpp"
#include "io/sources/followed_roots.hpp"
#include "io/sources/parent_directory.hpp"
#include "io/sources/sorted_listing.hpp"
#include "io/sources/tree_walk.hpp"
#include "io/world/sources.hpp"

#include <sluice/source.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sluice::io {

/// The follower does what core::walk_schedule says, and looks at what core::told_queue holds. The kernel is
/// heard whatever there is room for.
/// Nothing here waits: the caller asks again when `news` was called, or at next_at().
class source_follower final : public followed_source {
 public:
  static constexpr std::size_t most_young = core::told_queue::most_young;
  /// Bytes of files that a listing holds, where there is an order.
  static constexpr std::size_t most_listed = 16 * 1024 * 1024;
  /// So often it is asked whether the roots still are where they were.
  static constexpr std::chrono::seconds look_every = followed_roots::look_every;

  /// `from` (its `follow` is set) and `selector` outlive it. `known`: the file is done with, and need not be
  /// found again.
  source_follower(asio::any_io_executor executor, const source& from,
                  std::vector<std::shared_ptr<const directory>> roots, const core::selector& selector,
                  std::function<void()> news, tree_walk::judge known = {},
                  std::size_t most_bytes_listed = most_listed);

  using step = follow_step;
  step next(core::steady_time now, core::wall_time wall, follow_room room) override;
  core::steady_time next_at(core::steady_time now, core::wall_time wall) const override;

  void rescan(bool of_all) noexcept override;
  void finish() noexcept override { schedule_.ask_last(); }
  bool finishing() const noexcept override { return schedule_.is_finishing(); }
  void walk_by(core::steady_time t) noexcept override { schedule_.walk_by(t); }
  bool walking() const noexcept override { return schedule_.is_expected(); }
  void look_again(const std::shared_ptr<const directory>& root, std::string path) override;
  bool put_off(const std::shared_ptr<const directory>& root, std::string path, core::wall_time t) override;
  void folder_removed(const directory& root, const std::string& path) override {
    if (const auto n = roots_.number_of(&root)) watches_.forget({*n, path});
  }

  bool only_rescans() const noexcept override { return watches_.missed_some(); }
  bool still_there(const directory& root) const override { return roots_.still_there(root); }
  const std::string& lost() const noexcept override { return roots_.lost_path(); }
  std::size_t too_young() const noexcept override { return queue_.young_files(); }

 private:
  using place = core::told_queue::place;
  struct look {
    std::optional<entry> what{};  ///< empty: no file that is wanted
    bool grows = false;           ///< true: too young yet
  };

  step hear_kernel(core::wall_time wall, follow_room room);
  step hear_file(place p, core::wall_time wall, follow_room room);
  bool may_take_told(follow_room room) const;
  step next_told(core::wall_time wall);
  look look_at(const place& p, core::wall_time wall);
  bool waits_to_grow(const place& p, const std::optional<core::file_identity>& f, core::wall_time wall);
  step next_in_new(core::wall_time wall, follow_room room);
  step begin_walk(core::steady_time now);
  step next_walked(core::steady_time now, core::wall_time wall);
  step read_some(tree_walk& walk, core::wall_time wall, entry::origin from);

  const source& from_;
  const core::selector& selector_;
  followed_roots roots_;
  directory_watches watches_;
  core::walk_schedule schedule_;
  core::told_queue queue_;
  parent_directory parent_;
  tree_walk new_walk_, walk_;
  std::optional<sorted_listing> listing_;  ///< the first files of a walk, or of what is left of it, in order
  loop_share share_;
};

}  // namespace sluice::io
