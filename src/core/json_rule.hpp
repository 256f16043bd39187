// `/code=0`: a JSON pointer and the JSON value it must lead to.
#pragma once

#include "core/parsed.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace sluice::core {

class json_rule {
 public:
  /// `POINTER=VALUE`, split at the first `=` that has a pointer before it and a JSON value behind it. The
  /// problem shows a form that works.
  static parsed<json_rule> parse(std::string_view text);

  /// False as well when `body` is not JSON or has nothing at the pointer. Never throws.
  bool holds(std::string_view body) const noexcept;

  /// As it was written.
  const std::string& text() const noexcept { return text_; }

 private:
  json_rule() = default;

  struct impl;
  std::shared_ptr<const impl> impl_;
  std::string text_;
};

}  // namespace sluice::core
