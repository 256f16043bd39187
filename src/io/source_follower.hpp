// A source that is followed: walks of it, and between them what the kernel tells.
#pragma once

#include "core/selection.hpp"
#include "core/time.hpp"
#include "io/directory_walker.hpp"
#include "io/entry.hpp"
#include "io/inotify_watcher.hpp"

#include <sluice/source.hpp>

#include <sys/stat.h>

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace sluice::io {

/// What it holds: one watch and one path for each directory, at most `most_told` names that the kernel told
/// of, `most_young` that are too young, `most_new` new directories. What does not fit is found by a walk.
/// Nothing here waits: the caller asks again when `news` was called, or at next_at().
class source_follower {
 public:
  static constexpr std::size_t most_told = 4096, most_young = 4096, most_new = 1024;
  /// So often it is asked whether the roots still are where they were.
  static constexpr std::chrono::seconds look_every{1};

  /// `from` (its `follow` is set) and `selector` outlive it.
  source_follower(asio::any_io_executor executor, const source& from,
                  std::vector<std::shared_ptr<const directory>> roots, const core::selector& selector,
                  std::function<void()> news);
  ~source_follower();
  source_follower(const source_follower&) = delete;

  struct step {
    enum class kind {
      found,         ///< `what`
      more,          ///< nothing yet: ask again soon
      nothing,       ///< until `news`, or next_at()
      walk_begins,   ///< of the whole source
      walk_ends,     ///< it saw all that is there
      walk_is_torn,  ///< it ended, and could not see all
      lost,          ///< `lost()` no longer is what was opened
      ended,         ///< after finish(): nothing comes any more
    };
    kind is = kind::nothing;
    std::optional<entry> what{};
  };
  /// `stat`: entries of walks have an identity. Roots are looked for whatever there is room for.
  step next(core::steady_time now, core::wall_time wall, follow_room room, bool stat);
  core::steady_time next_at(core::steady_time now, core::wall_time wall) const;

  void rescan() noexcept { walk_again_ = true; }
  /// One more walk, and the end. What the kernel tells from its beginning on is not heard.
  void finish() noexcept { finishing_ = walk_again_ = true; }
  bool finishing() const noexcept { return finishing_; }
  /// A walk begins at `t`, if none does before.
  void walk_by(core::steady_time t) noexcept { walk_at_ = std::min(walk_at_, t); }
  bool walking() const noexcept { return walking_ || walk_again_; }
  /// As if the kernel had told of it.
  void look_again(const std::shared_ptr<const directory>& root, std::string path);

  /// Some directories could not be watched, as far as the last walk found.
  bool only_rescans() const noexcept { return unwatched_; }
  /// The root's path leads to it.
  bool still_there(const directory& root) const;
  /// The path of a root that is not there any more; empty.
  const std::string& lost() const noexcept { return lost_; }
  std::size_t too_young() const noexcept { return young_.size(); }

 private:
  struct place {
    std::size_t root;
    std::string path;
    auto operator<=>(const place&) const = default;
  };
  bool told_goes_first() const noexcept;
  bool hear();
  void grown_up(core::wall_time wall);
  bool look_for_roots(core::steady_time now);
  step next_told(core::wall_time wall);
  bool find(const place& p, struct stat& st);
  std::optional<entry> look_at(const place& p, core::wall_time wall);
  step next_walked(core::steady_time now, core::wall_time wall, bool stat);
  step next_of(directory_walker& w, std::size_t root, core::wall_time wall, bool told, bool& ended);
  step next_sorted();
  step begin_walk(core::steady_time now);
  step end_walk(core::steady_time now);
  directory_walker walker_at(std::size_t root, const std::string& below, bool stat);
  bool wait_to_grow(place p, const std::optional<core::file_identity>& f, core::wall_time wall);
  void watch(const directory& dir, std::size_t root, const std::string& path);

  const source& from_;
  std::vector<std::shared_ptr<const directory>> roots_;
  std::vector<std::filesystem::path> where_;  ///< absolute
  const core::selector& selector_;
  std::shared_ptr<inotify_watcher> watcher_;

  std::deque<place> told_;
  std::set<std::pair<core::wall_time, place>> young_;  ///< by when they are old enough
  std::deque<place> new_;                              ///< directories
  std::optional<directory_walker> new_walk_;
  std::size_t new_walk_root_ = 0;

  bool walking_ = false, first_walk_ = true, whole_ = true;
  bool walk_again_ = true, finishing_ = false, last_walk_ = false, ended_ = false;
  core::steady_time walk_at_ = core::steady_time::max(), look_at_{};
  std::size_t next_root_ = 0;
  std::optional<directory_walker> walk_;
  std::deque<entry> listing_;  ///< with an order: all of it, sorted once it is whole
  bool listed_ = false;
  bool unwatched_ = false, unwatched_now_ = false;
  std::string lost_;

  std::shared_ptr<const directory> last_parent_;  ///< most of what is told lies beside the one before
  place last_parent_at_{};
};

}  // namespace sluice::io
