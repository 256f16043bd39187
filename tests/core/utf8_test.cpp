#include "core/utf8.hpp"

#include <gtest/gtest.h>

#include <string>

using sluice::core::first_character;
using sluice::core::utf8_character;

namespace {

std::string encode(char32_t c) {
  const auto byte = [](char32_t b) { return static_cast<char>(static_cast<unsigned char>(b)); };
  if (c < 0x80) return {byte(c)};
  if (c < 0x800) return {byte(0xc0 | c >> 6), byte(0x80 | (c & 63))};
  if (c < 0x10000) return {byte(0xe0 | c >> 12), byte(0x80 | (c >> 6 & 63)), byte(0x80 | (c & 63))};
  return {byte(0xf0 | c >> 18), byte(0x80 | (c >> 12 & 63)), byte(0x80 | (c >> 6 & 63)),
          byte(0x80 | (c & 63))};
}

TEST(Utf8, EveryCodePointIsReadBack) {
  for (char32_t c = 0; c <= 0x10ffff; ++c) {
    const auto bytes = encode(c);
    const auto read = first_character(bytes + "x");
    const bool surrogate = c >= 0xd800 && c < 0xe000;
    ASSERT_EQ(read.valid(), !surrogate) << std::hex << static_cast<unsigned>(c);
    if (surrogate) continue;
    ASSERT_EQ(read.value, c);
    ASSERT_EQ(read.length, bytes.size());
  }
}

TEST(Utf8, WhatIsNotUtf8IsOneByte) {
  for (const std::string bytes :
       {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc3", "\xc3(", "\xe0\x9f\xbf", "\xe2\x82", "\xed\xa0\x80",
        "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff"}) {
    const auto read = first_character(bytes);
    EXPECT_FALSE(read.valid());
    EXPECT_EQ(read.length, 1u);
    EXPECT_EQ(read.value, utf8_character::not_utf8 + static_cast<unsigned char>(bytes[0]));
  }
}

}  // namespace
