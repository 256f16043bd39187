// Which files are sent.
#pragma once

#include "core/parsed.hpp"
#include "core/time.hpp"

#include <sluice/source.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::core {

/// A glob of sluice::selection, compiled. Matching is linear in pattern × name: no exponential patterns.
class glob {
 public:
  static parsed<glob> parse(std::string_view pattern);
  /// `path` is relative to the root, without a leading `/`.
  bool matches(std::string_view path) const noexcept;

 private:
  std::vector<std::string> alternatives_;  ///< `{a,b}` multiplied out, at most 1024
  bool anchored_ = false;                  ///< had a `/`: matched against the whole path
};

/// The rules of sluice::selection, compiled: total functions of a name and what fstat says.
class selector {
 public:
  /// The problem names the bad glob or the contradiction (min over max).
  static parsed<selector> compile(const selection& rules);

  /// By name alone: what can be decided before the file is opened.
  bool wants_name(std::string_view path) const noexcept;
  /// Whether a directory can hold anything wanted: false for hidden ones, excluded ones (`dir/**`, `dir`), and
  /// those deeper than max_depth. `depth` is 1 for a directory right in the root.
  bool wants_directory(std::string_view path, unsigned depth) const noexcept;
  /// By size and age.
  bool wants_content(std::uint64_t size, std::int64_t mtime_ns, wall_time now) const noexcept;
  /// True when wants_content() can be false, so that a walker needs a stat.
  bool needs_stat() const noexcept;

 private:
  std::vector<glob> include_, exclude_;
  selection rules_;
};

}  // namespace sluice::core
