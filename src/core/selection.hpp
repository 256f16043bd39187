// Which files are sent.
#pragma once

#include "core/file_identity.hpp"
#include "core/glob.hpp"
#include "core/parsed.hpp"
#include "core/time.hpp"

#include <sluice/source.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::core {

/// Every bad glob and every contradiction (min over max), one line each.
std::vector<std::string> problems(const selection& rules);

/// The rules of sluice::selection, compiled: total functions of a name and what fstat says.
///
/// Paths are relative to the root; a leading `./` or `/` does not count.
class selector {
 public:
  /// The problem names the bad glob or the contradiction (min over max).
  static parsed<selector> compile(const selection& rules);

  /// By name alone: what can be decided before the file is opened. What is below an excluded directory is
  /// excluded.
  bool wants_name(std::string_view path) const noexcept;
  /// Whether a directory can hold anything wanted: false for hidden ones, excluded ones (`dir/**`, `dir`),
  /// those that no include pattern reaches, and those deeper than max_depth. `depth` is 1 for a directory
  /// right in the root. A hidden one is entered when an include pattern with a `/` writes out a component
  /// that begins with a dot.
  bool wants_directory(std::string_view path, unsigned depth) const noexcept;
  /// By size and age.
  bool wants_content(std::uint64_t size, std::int64_t mtime_ns, wall_time now) const noexcept;
  /// As above; a modification time in the future says nothing of an age, and the change time stands in for
  /// it.
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

  std::vector<glob> include_, exclude_;
  selection rules_;
};

}  // namespace sluice::core
