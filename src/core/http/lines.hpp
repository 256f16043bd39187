// Lines of a head (RFC 9112 §2.1), and the blanks around what they say.
#pragma once

#include <algorithm>
#include <string_view>

namespace sluice::core {

constexpr std::string_view trimmed(std::string_view text) noexcept {
  const auto begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

/// Takes a line off, without its end.
constexpr std::string_view take_line(std::string_view& text) noexcept {
  const auto line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(text.size(), line.size() + 1));
  return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
}

}  // namespace sluice::core
