#include "core/files/recognised_files.hpp"

#include <gtest/gtest.h>

namespace sluice::core {
namespace {

file_identity file(std::uint64_t inode) { return {1, inode, 100, 5, 6}; }

TEST(recognised_files, fingerprint_depends_on_all_that_tells_a_file_from_others) {
  const auto f = file(7);
  const auto print = fingerprint_of(3, f);
  EXPECT_EQ(fingerprint_of(3, f), print);
  EXPECT_NE(fingerprint_of(4, f), print);
  for (const auto change : {+[](file_identity& g) { ++g.device; }, +[](file_identity& g) { ++g.inode; },
                            +[](file_identity& g) { ++g.size; }, +[](file_identity& g) { ++g.mtime_ns; },
                            +[](file_identity& g) { ++g.ctime_ns; }}) {
    auto g = f;
    change(g);
    EXPECT_NE(fingerprint_of(3, g), print);
  }
}

TEST(recognised_files, has_what_was_added_and_nothing_else) {
  recognised_files r;
  EXPECT_FALSE(r.has(fingerprint_of(1, file(1))));
  constexpr std::uint64_t many = 20'000;
  for (std::uint64_t n = 0; n < many; ++n) r.add(fingerprint_of(n, file(n)), many);
  std::uint64_t there = 0;
  for (std::uint64_t n = 0; n < many; ++n) there += r.has(fingerprint_of(n, file(n))) ? 1 : 0;
  EXPECT_GT(there, many * 9 / 10);
  for (std::uint64_t n = many; n < 2 * many; ++n) EXPECT_FALSE(r.has(fingerprint_of(n, file(n))));
}

TEST(recognised_files, take_no_more_room_than_they_may) {
  recognised_files r;
  constexpr std::uint64_t many = 9'000'000;
  for (std::uint64_t n = 0; n < 1000; ++n) r.add(fingerprint_of(n, file(n)), many);
  EXPECT_EQ(r.slots() * sizeof(std::uint64_t), std::size_t{32} << 20);
}

}  // namespace
}  // namespace sluice::core
