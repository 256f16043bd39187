#include "core/utf8.hpp"

#include <sluice/text.hpp>

namespace sluice {
namespace {

bool is_control(char32_t c) noexcept { return c < 0x20 || (c >= 0x7f && c < 0xa0); }

void append_escaped(std::string& out, std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  for (const unsigned char byte : bytes) {
    out += "\\x";
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto c = core::first_character(text);
    const auto bytes = text.substr(0, c.length);
    if (!c.valid() || is_control(c.value))
      append_escaped(out, bytes);
    else if (c.value == '\\')
      out += "\\\\";
    else
      out += bytes;
    text.remove_prefix(c.length);
  }
  return out;
}

bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const auto c = core::first_character(text);
    if (!c.valid()) return false;
    text.remove_prefix(c.length);
  }
  return true;
}

}  // namespace sluice
