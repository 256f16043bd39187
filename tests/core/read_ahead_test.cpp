#include "core/pacing/read_ahead.hpp"

#include <gtest/gtest.h>

namespace sluice::core {
namespace {

constexpr std::uint64_t small = 32'000, large = std::uint64_t{1} << 30;

void send(read_ahead& r, std::uint64_t size, int times, bool late = false) {
  for (int i = 0; i < times; ++i) r.sent(size, late);
}

TEST(read_ahead, begins_with_twice_the_window) {
  EXPECT_EQ(read_ahead{1}.depth(), read_ahead::least);
  EXPECT_EQ(read_ahead{16}.depth(), 32u);
  EXPECT_EQ(read_ahead{1000}.depth(), read_ahead::most);
}

TEST(read_ahead, goes_with_a_window_that_grows) {
  read_ahead r{2};
  r.widen(10);
  EXPECT_EQ(r.depth(), 20u);
  r.widen(4);
  EXPECT_EQ(r.depth(), 20u) << "what was needed once is needed again";
  r.widen(1000);
  EXPECT_EQ(r.depth(), read_ahead::most);
}

TEST(read_ahead, stays_where_it_is_while_files_are_in_memory_in_time) {
  read_ahead r{4};
  send(r, small, 1000);
  EXPECT_EQ(r.depth(), 8u);
}

TEST(read_ahead, doubles_when_a_connection_had_to_wait_for_its_file) {
  read_ahead r{4};
  send(r, small, 1, true);
  EXPECT_EQ(r.depth(), 16u);
  send(r, small, 100, true);
  EXPECT_EQ(r.depth(), read_ahead::most);
}

TEST(read_ahead, opens_no_more_than_descriptors_allow) {
  read_ahead r{100, 16};
  EXPECT_EQ(r.depth(), 16u);
  r.widen(1000);
  send(r, small, 100, true);
  EXPECT_EQ(r.depth(), 16u);
  EXPECT_EQ((read_ahead{100, 0}.depth()), read_ahead::least);
  EXPECT_EQ((read_ahead{100, 1000}.depth()), read_ahead::most);
}

TEST(read_ahead, asks_for_no_more_than_a_few_large_files) {
  read_ahead r{100};
  send(r, large, 100, true);
  EXPECT_LE(r.depth() * read_ahead::of_a_file, read_ahead::of_all + read_ahead::of_a_file);
  EXPECT_GE(r.depth(), read_ahead::least);
  send(r, small, 100);
  EXPECT_EQ(r.depth(), read_ahead::most);
}

}  // namespace
}  // namespace sluice::core
