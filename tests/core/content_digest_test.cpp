#include "core/files/content_digest.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace sluice::core {
namespace {

std::uint64_t digest_of(const std::string& bytes) {
  content_digest d{bytes.size()};
  d.add(bytes);
  return d.value();
}

TEST(content_digest, is_the_same_however_the_bytes_are_cut) {
  std::mt19937 random{7};
  for (const std::size_t size : {0u, 1u, 240u, 241u, 4096u, 70'000u, 300'000u}) {
    std::string bytes(size, '\0');
    for (auto& b : bytes) b = static_cast<char>(random());
    const auto whole = digest_of(bytes);
    for (int n = 0; n < 20; ++n) {
      content_digest d{size};
      for (std::size_t at = 0; at < size;) {
        const auto piece = std::min<std::size_t>(size - at, 1 + random() % (size / 2 + 1));
        d.add(std::span{bytes}.subspan(at, piece));
        at += piece;
      }
      EXPECT_EQ(d.value(), whole) << size;
      EXPECT_EQ(d.size(), size);
    }
  }
}

TEST(content_digest, tells_one_changed_byte) {
  std::string bytes(100'000, 'x');
  const auto before = digest_of(bytes);
  for (const std::size_t at : {0u, 50'000u, 99'999u}) {
    bytes[at] = 'y';
    EXPECT_NE(digest_of(bytes), before) << at;
    bytes[at] = 'x';
  }
  EXPECT_NE(digest_of(bytes + "x"), before);
  EXPECT_NE(digest_of(bytes.substr(1)), before);
}

TEST(content_digest, begins_anew) {
  content_digest d{6};
  d.add(std::string_view{"abc"});
  d.clear();
  EXPECT_EQ(d.size(), 0u);
  d.add(std::string_view{"abcdef"});
  EXPECT_EQ(d.value(), digest_of("abcdef"));
}

TEST(content_digest, of_the_first_bytes_is_that_of_a_file_that_ends_there) {  // a request that was cut off
  content_digest part{1000};
  part.add(std::string_view{"abc"});
  EXPECT_EQ(part.value(), digest_of("abc"));
}

}  // namespace
}  // namespace sluice::core
