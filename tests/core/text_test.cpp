#include <sluice/text.hpp>

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>

using namespace std::literals;
using sluice::is_utf8;
using sluice::printable;

namespace {

TEST(Text, PlainTextStaysAsItIs) {
  for (const auto text : {""sv, "IMG_0001.jpg"sv, "naïve 日本 🙂"sv, "%22;\"'"sv})
    EXPECT_EQ(printable(text), text);
}

TEST(Text, WhatATerminalWouldObeyIsEscaped) {
  EXPECT_EQ(printable("\x1b[2J"), "\\x1b[2J");
  EXPECT_EQ(printable("a\r\nb\tc"), "a\\x0d\\x0ab\\x09c");
  EXPECT_EQ(printable("\0"sv), "\\x00");
  EXPECT_EQ(printable("\x7f"), "\\x7f");
  EXPECT_EQ(printable("\xc2\x80\xc2\x9f\xc2\xa0"), "\\xc2\\x80\\xc2\\x9f\xc2\xa0") << "C1 ends at U+009F";
}

TEST(Text, BytesThatAreNotUtf8AreEscapedOneByOne) {
  EXPECT_EQ(printable("\xff\xfe.jpg"), "\\xff\\xfe.jpg");
  EXPECT_EQ(printable("\xe2\x82"), "\\xe2\\x82");
  EXPECT_EQ(printable("\xc0\xaf"), "\\xc0\\xaf") << "overlong";
}

TEST(Text, ABackslashCannotPoseAsAnEscape) {
  EXPECT_EQ(printable("\\x1b"), "\\\\x1b");
  EXPECT_NE(printable("\\x1b"), printable("\x1b"));
}

TEST(Text, Utf8IsToldFromTheRest) {
  EXPECT_TRUE(is_utf8(""));
  EXPECT_TRUE(is_utf8("日本\0🙂"sv));
  EXPECT_FALSE(is_utf8("ok\xff"));
  EXPECT_FALSE(is_utf8("\xed\xa0\x80")) << "a surrogate";
}

TEST(Text, AnyBytesBecomeSafeTextAndNoTwoTheSame) {
  std::mt19937_64 random{20'240'601};
  const auto alphabet = "\\x1bc2\x1b\xc2\x80\xff\xe2\x82\xac\n\0a"sv;
  std::set<std::string> raw, shown;
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes(random() % 8, '\0');
    for (char& c : bytes)
      c = random() % 4 ? alphabet[random() % alphabet.size()] : static_cast<char>(random());
    const auto text = printable(bytes);
    ASSERT_TRUE(is_utf8(text));
    for (std::size_t at = 0; at < text.size(); ++at) {
      const auto c = static_cast<unsigned char>(text[at]);
      ASSERT_TRUE(c >= 0x20 && c != 0x7f);
      if (c == 0xc2) {
        ASSERT_GE(static_cast<unsigned char>(text[at + 1]), 0xa0);
      }
    }
    raw.insert(bytes), shown.insert(text);
  }
  EXPECT_EQ(raw.size(), shown.size());
}

}  // namespace
