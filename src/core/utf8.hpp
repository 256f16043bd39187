// UTF-8, one character at a time, for bytes that may be anything.
#pragma once

#include <cstddef>
#include <string_view>

namespace sluice::core {

struct utf8_character {
  char32_t value;  ///< the code point; of a byte that is not part of one: not_utf8 + byte
  std::size_t length;

  static constexpr char32_t not_utf8 = 0x11'0000;
  constexpr bool valid() const noexcept { return value < not_utf8; }
};

/// The first character of `text`, which is not empty (RFC 3629: no overlong forms, no surrogates). Total and
/// injective: a byte that begins no well-formed sequence is a character of its own.
constexpr utf8_character first_character(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const char32_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const utf8_character stray{utf8_character::not_utf8 + lead, 1};
  if (lead < 0xc2 || lead > 0xf4) return stray;

  const std::size_t length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (text.size() < length) return stray;
  char32_t value = lead & (0xffu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return stray;
    value = value << 6 | (byte(i) & 0x3fu);
  }
  const bool overlong = (length == 3 && value < 0x800) || (length == 4 && value < 0x1'0000);
  const bool surrogate = value >= 0xd800 && value < 0xe000;
  return overlong || surrogate || value > 0x10'ffff ? stray : utf8_character{value, length};
}

}  // namespace sluice::core
