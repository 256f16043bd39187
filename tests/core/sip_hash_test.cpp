#include "core/sip_hash.hpp"

#include <gtest/gtest.h>

#include <string>

namespace sluice::core {
namespace {

/// The key of the reference's vectors: the bytes 0 to 15.
constexpr sip_key counting{0x0706050403020100, 0x0f0e0d0c0b0a0908};

TEST(sip_hash, has_the_values_of_the_reference) {
  EXPECT_EQ(sip_hash(counting, {}, ""), (hash_value{0xe6a825ba047f81a3, 0x930255c71472f66d}));
  EXPECT_EQ(sip_hash(counting, {}, std::string(1, '\0')),
            (hash_value{0x44af996bd8c187da, 0x45fc229b11597634}));
}

TEST(sip_hash, words_are_their_bytes) {
  const std::string bytes{
      "\x07\x06\x05\x04\x03\x02\x01\x00"
      "path",
      12};
  EXPECT_EQ(sip_hash(counting, {0x0001020304050607}, "path"), sip_hash(counting, {}, bytes));
}

TEST(sip_hash, each_byte_the_length_and_the_key_count) {
  for (std::size_t n = 1; n < 40; ++n) {
    const std::string text(n, 'a');
    const auto value = sip_hash(counting, {}, text);
    EXPECT_NE(value, sip_hash(counting, {}, text.substr(1)));
    EXPECT_NE(value, sip_hash({1, 2}, {}, text));
    for (std::size_t i = 0; i < n; ++i) {
      auto other = text;
      other[i] = 'b';
      EXPECT_NE(value, sip_hash(counting, {}, other));
    }
  }
}

}  // namespace
}  // namespace sluice::core
