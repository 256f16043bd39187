#include "core/http/content_type.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

using namespace std::literals;
using namespace sluice::core;

namespace {

TEST(ContentType, IsGuessedFromTheLastExtension) {
  const std::pair<std::string_view, std::string_view> table[] = {
      {"a.jpg", "image/jpeg"},        {"a.JPG", "image/jpeg"},      {"a.jpeg", "image/jpeg"},
      {"a.b.png", "image/png"},       {"a.png.txt", "text/plain"},  {"x.mp4", "video/mp4"},
      {"x.wav", "audio/wav"},         {"x.pdf", "application/pdf"}, {"x.tar.gz", "application/gzip"},
      {"x.json", "application/json"}, {"\xff.csv", "text/csv"},
  };
  for (const auto& [name, type] : table) EXPECT_EQ(guess_content_type(name), type) << name;
}

TEST(ContentType, IsOctetStreamForAllElse) {
  for (const auto name : {"", "a", "a.", ".", "..", ".jpg", "a.unknown", "jpg", "a.jpg ", "a.jpgx", "a.jp"})
    EXPECT_EQ(guess_content_type(name), "application/octet-stream") << name;
}

TEST(ContentType, GuessesAreMediaTypes) {
  for (const auto extension : {"jpg", "svg", "ico", "mkv", "3gp", "opus", "docx", "7z", "none"})
    EXPECT_TRUE(is_media_type(guess_content_type("a."s + extension))) << extension;
}

TEST(ContentType, MediaTypesOfRfc9110) {
  for (const auto good :
       {"image/jpeg", "a/b", "text/html;charset=utf-8", "text/html; charset=\"utf-8\"",
        "text/plain ; a=b ; c=\"d\\\"e;\"", "application/vnd.x+json; v=1", "text/x; a=\"\""})
    EXPECT_TRUE(is_media_type(good)) << good;
}

TEST(ContentType, WhatIsNoMediaType) {
  for (const auto bad :
       {""sv, "image"sv, "image/"sv, "/jpeg"sv, " image/jpeg"sv, "image/jpeg "sv, "image/jpeg;"sv,
        "im age/jpeg"sv, "image/jpeg; a"sv, "image/jpeg; a="sv, "image/jpeg; =b"sv, "image/jpeg; a=\"b"sv,
        "image/jpeg; a=\"b\\"sv, "image/jpeg; a=\"b\"c"sv, "a/b/c"sv, "image/jpeg\r\nX: y"sv,
        "a/b; c=\"\r\n\""sv, "a/b; c=\"\\\n\""sv, "a/b\0"sv})
    EXPECT_FALSE(is_media_type(bad)) << bad;
}

TEST(ContentType, NoControlCharacterEverPasses) {
  std::mt19937_64 random{9110};
  const auto alphabet = "a/;=\" \\\r\n\t\0\x7f"sv;
  int accepted = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string text = "a/b";
    for (auto n = random() % 9; n > 0; --n) text += alphabet[random() % alphabet.size()];
    if (!is_media_type(text)) continue;
    ++accepted;
    for (const char c : text) ASSERT_TRUE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
  }
  EXPECT_GT(accepted, 100);
}

}  // namespace
