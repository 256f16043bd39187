#include "io/net/content_coding.hpp"

#include <gtest/gtest.h>

using namespace std::string_literals;

namespace sluice::io {
namespace {

// `printf '{"code":0}' | gzip -n`, and what zlib makes of it (`zlib-flate -compress`).
const std::string gzipped =
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab\x56\x4a\xce\x4f\x49\x55\xb2\x32\xa8\x05\x00\x98\xae\x3c\x72"
    "\x0a\x00"
    "\x00\x00"s;
const std::string deflated = "\xab\x56\x4a\xce\x4f\x49\x55\xb2\x32\xa8\x05\x00"s;
const std::string text = R"({"code":0})";

std::string unpacked_text(std::string_view coding, std::string_view body) {
  const auto u = unpack(coding, body, 64 * 1024);
  return u ? u->text : "(nothing)";
}

TEST(content_coding, gzip_and_deflate_are_unpacked) {
  EXPECT_EQ(unpacked_text("gzip", gzipped), text);
  EXPECT_EQ(unpacked_text("X-GZip", gzipped), text);
  EXPECT_EQ(unpacked_text("deflate", "\x78\x9c" + deflated + "\x12\x8f\x03\x42"), text);
  EXPECT_EQ(unpacked_text("deflate", deflated), text) << "some senders leave zlib's head away";
}

TEST(content_coding, a_gzip_head_may_have_more_fields) {
  auto with = [](char flags, const std::string& more) {
    auto g = gzipped;
    g[3] = flags;
    return g.insert(10, more);
  };
  EXPECT_EQ(unpacked_text("gzip", with(8, "name\0"s)), text);
  EXPECT_EQ(unpacked_text("gzip", with(16, "comment\0"s)), text);
  EXPECT_EQ(unpacked_text("gzip", with(4, "\x02\x00xx"s)), text);
  EXPECT_EQ(unpacked_text("gzip", with(30, "\x02\x00xxname\0c\0hh"s)), text);
  EXPECT_EQ(unpacked_text("gzip", with(8, "")), "(nothing)");
}

TEST(content_coding, a_text_of_any_length_is_cut) {
  for (const std::size_t most : {0u, 1u, 9u}) {
    const auto u = unpack("gzip", gzipped, most);
    ASSERT_TRUE(u);
    EXPECT_TRUE(u->cut);
    EXPECT_EQ(u->text, text.substr(0, most));
  }
  EXPECT_FALSE(unpack("gzip", gzipped, text.size())->cut);
}

TEST(content_coding, a_damaged_or_unfinished_body_is_nothing) {
  for (std::size_t n = 0; n < gzipped.size(); ++n)
    EXPECT_FALSE(unpack("gzip", gzipped.substr(0, n), 1000)) << n;
  EXPECT_FALSE(unpack("gzip", gzipped + "x", 1000));
  for (std::size_t i = gzipped.size() - 8; i < gzipped.size(); ++i) {
    auto damaged = gzipped;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    EXPECT_FALSE(unpack("gzip", damaged, 1000)) << i;
  }
  EXPECT_FALSE(unpack("gzip", text, 1000));
}

TEST(content_coding, another_coding_is_left_alone) {
  for (const auto coding : {"br", "zstd", "compress", "gzip, gzip", "", "identity"})
    EXPECT_FALSE(unpack(coding, gzipped, 1000)) << coding;
}

}  // namespace
}  // namespace sluice::io
