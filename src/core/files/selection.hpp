// The selection says which files are sent.
#pragma once

#include "core/files/file_identity.hpp"
#include "core/files/glob.hpp"
#include "core/files/path_pattern.hpp"
#include "core/files/shard_range.hpp"
#include "core/files/sidecar_name.hpp"
#include "core/parsed.hpp"
#include "core/time.hpp"

#include <sluice/source.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::core {

/// Every bad glob and every contradiction (min over max), one line each.
std::vector<sluice::problem> problems(const selection& rules);

/// The rules of sluice::selection, compiled: total functions of a name and what fstat says.
///
/// Paths are relative to the root; a leading `./` or `/` does not count.
class selector {
 public:
  /// The problem names the bad glob or the contradiction (min over max).
  static parsed<selector> compile(const selection& rules);
  /// Only paths that `p` matches are wanted from now on.
  void add_pattern(path_pattern p) { pattern_ = std::move(p); }

  /// Whether the file, or whatever else has that path, belongs to the part of the source that is asked for.
  bool is_ours(std::string_view path) const noexcept {
    return !rules_.shard || part_.contains(place_of_path(path));
  }
  /// Files whose name a side-car may have are not wanted.
  void leave_out(sidecar_name sidecar) { sidecar_ = std::move(sidecar); }

  /// Judges by the name alone, before the file is opened. What is below an excluded directory is excluded.
  bool wants_name(std::string_view path) const noexcept;
  /// Whether a directory can hold anything wanted: false for hidden ones, excluded ones (`dir/**`, `dir`),
  /// those that no include pattern reaches, and those deeper than max_depth. `depth` is 1 for a directory
  /// right in the root. A hidden one is entered when an include pattern with a `/` writes out a component
  /// that begins with a dot.
  bool wants_directory(std::string_view path, unsigned depth) const noexcept;
  /// Judges by size and age.
  bool wants_content(std::uint64_t size, std::int64_t mtime_ns, wall_time now) const noexcept;
  /// Does the same; a modification time in the future says nothing of an age, and the change time stands in
  /// for it.
  bool wants_content(const file_identity& f, wall_time now) const noexcept {
    const auto now_ns = std::chrono::nanoseconds{now.time_since_epoch()}.count();
    return wants_content(f.size, f.mtime_ns > now_ns ? f.ctime_ns : f.mtime_ns, now);
  }
  /// When a file that is too young for min_age, and that no other rule leaves out, is old enough.
  std::optional<wall_time> old_enough_at(const file_identity& f, wall_time now) const noexcept;
  /// True when wants_content() can be false, so that a walker needs a stat.
  bool needs_stat() const noexcept;

 private:
  bool excludes(std::string_view path) const noexcept;
  bool fits_pattern(std::string_view path) const noexcept;

  std::vector<glob> include_, exclude_;
  std::optional<path_pattern> pattern_;
  selection rules_;
  shard_range part_ = all_places;
  std::optional<sidecar_name> sidecar_;
};

}  // namespace sluice::core
