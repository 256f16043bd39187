#include "sink/json_text.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>

namespace sink {
namespace {

using nlohmann::json;

std::string as_json(std::string_view bytes) {
  std::string out;
  append_json(out, bytes);
  return out;
}

std::string base64(std::string_view bytes) {
  std::string out{"x"};
  append_base64(out, bytes);
  return out.substr(1);
}

TEST(json_text, escapes_what_json_cannot_hold) {
  EXPECT_EQ(as_json("plain"), R"("plain")");
  EXPECT_EQ(as_json("a\"b\\c/\r\n\t\x01\x7f"), "\"a\\\"b\\\\c/\\r\\n\\t\\u0001\\u007f\"");
  EXPECT_EQ(as_json(std::string_view{"\0", 1}), R"("\u0000")");
}

TEST(json_text, reads_back_as_it_was_when_it_is_utf8) {
  for (const std::string text : {"", "ä€😀", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
                                 "\xef\xbf\xbd", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "mixed ä\n\"€\""})
    EXPECT_EQ(json::parse(as_json(text)).get<std::string>(), text);
}

TEST(json_text, replaces_what_is_not_utf8_byte_by_byte) {
  const std::string mark = "\xef\xbf\xbd";
  EXPECT_EQ(json::parse(as_json("a\xff"
                                "b")),
            "a" + mark + "b");
  EXPECT_EQ(json::parse(as_json("\xc0\x80")), mark + mark) << "overlong";
  EXPECT_EQ(json::parse(as_json("\xed\xa0\x80")), mark + mark + mark) << "surrogate";
  EXPECT_EQ(json::parse(as_json("\xf4\x90\x80\x80")), mark + mark + mark + mark) << "over U+10FFFF";
  EXPECT_EQ(json::parse(as_json("\xe2\x82")), mark + mark) << "cut short";
  for (int byte = 0; byte < 256; ++byte)
    EXPECT_TRUE(json::accept(as_json(std::string{"\xe2"} + static_cast<char>(byte)))) << byte;
}

TEST(json_text, encodes_bytes) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo\xff"), "Zm9v/w==");
  std::string hex;
  append_hex(hex, std::string_view{"\x00\x1f\xff", 3});
  EXPECT_EQ(hex, "001fff");
}

}  // namespace
}  // namespace sink
