// `/code=0`: a JSON pointer and the JSON value it must lead to.
#pragma once

#include "core/http/field_template.hpp"
#include "core/http/finding.hpp"
#include "core/parsed.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sluice::core {

class json_rule {
 public:
  /// `POINTER=VALUE`, split at the first `=` that has a pointer before it and a JSON value behind it. A
  /// string may hold templates, and one template may stand without quotes: `/sha256="{sha256}"`,
  /// `/size={size}`. The problem shows a form that works, or is that of the template
  /// (field_template::parse()).
  static parsed<json_rule> parse(std::string_view text, std::span<const std::string> groups = {});

  /// A value with templates is compared with a string, or with the digits of a number. Never throws; a lack
  /// of memory is `inapplicable`.
  finding ask(std::string_view body, const template_values& values = {}) const noexcept;

  /// The text as it was written.
  const std::string& text() const noexcept { return text_; }
  digest_set digests() const noexcept;
  /// The name of a `{@NAME}` that `values` do not have; null: all are there.
  const std::string* missing_member(const template_values& values) const noexcept;
  /// Whether the rule asks for a proof of what is stored: a digest or the size.
  bool is_proof() const noexcept;

 private:
  json_rule() = default;

  struct impl;
  std::shared_ptr<const impl> impl_;
  std::string text_;
};

/// Where `body` stops being JSON, bytes from 0; its size where it ends too early, nothing where it is JSON.
std::optional<std::size_t> end_of_json(std::string_view body);

}  // namespace sluice::core
