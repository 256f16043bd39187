// `ETag="{md5}"`: a field of a reply's head and the value it must have.
#pragma once

#include "core/http/field_template.hpp"
#include "core/http/finding.hpp"
#include "core/parsed.hpp"

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::core {

/// Names and values, in the order they came.
using reply_fields = std::vector<std::pair<std::string, std::string>>;

class header_rule {
 public:
  /// `NAME=VALUE`, where VALUE may hold templates. The problem shows a form that works, or is that of the
  /// template (field_template::parse()).
  static parsed<header_rule> parse(std::string_view text, std::span<const std::string> groups = {});

  /// The value of one such field, or an element of it where it is a list (RFC 9110 §5.6.1), is the rule's.
  /// Quotation marks around the one or the other do not count.
  finding ask(const reply_fields& fields, const template_values& values = {}) const;

  const std::string& text() const noexcept { return text_; }
  const std::string& name() const noexcept { return name_; }
  digest_set digests() const noexcept { return wanted_.digests(); }
  /// The name of a `{@NAME}` that `values` do not have; null: all are there.
  const std::string* missing_member(const template_values& values) const noexcept {
    return wanted_.missing_member(values);
  }
  /// Whether the rule asks for a proof of what is stored: a digest or the size.
  bool is_proof() const noexcept { return wanted_.is_of_content(); }

 private:
  bool is_met_by(std::string_view value, const template_values& values) const;

  std::string text_, name_;
  field_template wanted_;    ///< the value as written
  field_template unquoted_;  ///< the same without quotation marks around it
};

}  // namespace sluice::core
