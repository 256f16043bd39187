#include "core/files/path_pattern.hpp"

#include "core/http/field_template.hpp"

#include <sluice/text.hpp>

#include <re2/re2.h>

#include <algorithm>

namespace sluice::core {

namespace {

/// A name may have line ends, which `.` stands for, too.
RE2::Options options_for(RE2::Options::Encoding encoding) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_dot_nl(true);
  options.set_encoding(encoding);
  return options;
}

re2::StringPiece piece_of(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

// RE2 steps over bytes that are no UTF-8: a group would have a part of the name, and two files one URL.
struct path_pattern::impl {
  explicit impl(const std::string& pattern)
      : of_characters{pattern, options_for(RE2::Options::EncodingUTF8)},
        of_bytes{pattern, options_for(RE2::Options::EncodingLatin1)} {}
  const RE2& for_path(std::string_view path) const { return is_utf8(path) ? of_characters : of_bytes; }

  RE2 of_characters, of_bytes;
};

parsed<path_pattern> path_pattern::parse(const std::string& pattern) {
  path_pattern result;
  auto compiled = std::make_shared<impl>(pattern);
  const auto& re = compiled->of_characters;
  if (!re.ok())
    return problem{"'" + printable(pattern) +
                   "' is not a regular expression (RE2): " + printable(re.error())};
  if (!compiled->of_bytes.ok())
    return problem{"'" + printable(pattern) +
                   "' is not a regular expression (RE2) of bytes: " + printable(compiled->of_bytes.error())};
  result.names_.resize(static_cast<std::size_t>(re.NumberOfCapturingGroups()));
  for (const auto& [number, name] : re.CapturingGroupNames()) {
    if (std::ranges::find(result.names_, name) != result.names_.end())
      return problem{"two groups have the name '" + printable(name) + "'; give each its own"};
    if (field_template::is_known(name))
      return problem{"the group '" + printable(name) + "' has the name of a template; give it another one"};
    result.names_[static_cast<std::size_t>(number) - 1] = name;
  }
  result.impl_ = std::move(compiled);
  return result;
}

bool path_pattern::matches(std::string_view path) const {
  return impl_->for_path(path).Match(piece_of(path), 0, path.size(), RE2::UNANCHORED, nullptr, 0);
}

std::vector<std::string_view> path_pattern::groups_of(std::string_view path) const {
  std::vector<re2::StringPiece> found(names_.size() + 1);
  if (!impl_->for_path(path).Match(piece_of(path), 0, path.size(), RE2::UNANCHORED, found.data(),
                                   static_cast<int>(found.size())))
    return {};
  std::vector<std::string_view> groups;
  groups.reserve(names_.size());
  for (std::size_t i = 1; i < found.size(); ++i) groups.emplace_back(found[i].data(), found[i].size());
  return groups;
}

}  // namespace sluice::core
