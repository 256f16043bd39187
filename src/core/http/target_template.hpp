// The path and query of a URL that holds templates.
#pragma once

#include "core/http/field_template.hpp"
#include "core/parsed.hpp"

#include <span>
#include <string>
#include <string_view>

namespace sluice::core {

/// Each value is percent-encoded (RFC 3986 §2.1), all of it but letters, digits and `-._~`. A `/` stays where
/// a path is what stands there: in {path}, {dir}, groups and members, before the query.
class target_template {
 public:
  /// `target` begins with `/`. The problem is that of field_template::parse(), or that a template's value
  /// could not be told from what is written around it.
  static parsed<target_template> parse(std::string_view target, std::span<const std::string> groups = {});

  /// The target of one file. The problem: a value makes an empty segment, `.` or `..`, which servers read as
  /// another path.
  parsed<std::string> render(const template_values& values) const;

  bool is_fixed() const noexcept { return text_.is_fixed(); }
  digest_set digests() const noexcept { return text_.digests(); }
  const std::string* missing_member(const template_values& values) const noexcept {
    return text_.missing_member(values);
  }

 private:
  field_template text_;
  std::string fixed_;  ///< the target of any file; empty: each file has another one
};

}  // namespace sluice::core
