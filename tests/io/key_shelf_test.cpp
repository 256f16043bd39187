#include "io/disk/key_shelf.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace sluice::io {
namespace {

TEST(key_shelf, is_a_sorted_set_however_it_is_filled) {
  std::mt19937_64 random{1};
  for (const std::uint64_t different : {1u, 3u, 100u, 5000u, 100'000u}) {
    key_shelf shelf;
    std::set<std::pair<std::uint64_t, std::uint64_t>> all;
    for (int n = 0; n < 30'000; ++n) {
      const packed_file f{random() % different, random() % 3};
      shelf.push(f), all.emplace(f.file, f.rest);
    }
    shelf.settle();
    EXPECT_EQ(shelf.size(), all.size()) << different;
    for (int n = 0; n < 3000; ++n) {
      const packed_file f{random() % different, 3 + random() % 2};
      shelf.insert(f), all.emplace(f.file, f.rest);
    }
    EXPECT_EQ(shelf.size(), all.size()) << different;
    for (const auto& [file, rest] : all) EXPECT_TRUE(shelf.has({file, rest}));
    EXPECT_FALSE(shelf.has({different, 0}));
    std::size_t alike = 0, expected = 0;
    for (const auto& [file, rest] : all) expected += file == 0 ? 1 : 0;
    alike = shelf.alike(0).size() + shelf.alike_waiting(0).size();
    EXPECT_EQ(alike, expected);
  }
}

// A file that was sent again and again took 20 bytes each time until the whole log was read.
TEST(key_shelf, what_is_repeated_takes_no_memory) {
  key_shelf shelf;
  for (int n = 0; n < 1'000'000; ++n) {
    shelf.push({42, 7});
    ASSERT_LE(shelf.size(), 17u);
  }
  shelf.settle();
  EXPECT_EQ(shelf.size(), 1u);
}

}  // namespace
}  // namespace sluice::io
