// A regular expression over paths: what matches is selected, and its groups are values of templates.
#pragma once

#include "core/parsed.hpp"

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::core {

/// RE2: the time of a match is linear in the path's length, whatever the pattern, and its memory is bounded.
class path_pattern {
 public:
  /// The problem says where the pattern is wrong, or that a group has the name of a template.
  static parsed<path_pattern> parse(const std::string& pattern);

  /// Whether the pattern is found anywhere in `path`.
  bool matches(std::string_view path) const;
  /// The groups of a match, `{1}` first, as views of `path`; one that took no part is empty. Empty for no
  /// match, and for a pattern without groups.
  std::vector<std::string_view> groups_of(std::string_view path) const;
  /// The names of the groups, `{1}` first; empty for those without one.
  std::span<const std::string> group_names() const noexcept { return names_; }

 private:
  path_pattern() = default;

  struct impl;
  std::shared_ptr<const impl> impl_;
  std::vector<std::string> names_;
};

}  // namespace sluice::core
