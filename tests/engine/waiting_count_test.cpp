#include "engine/run/waiting_count.hpp"

#include <gtest/gtest.h>

namespace sluice::engine {
namespace {

constexpr std::int64_t second = 1'000'000'000, now = 1000 * second;

core::file_identity file(std::int64_t seconds) { return {1, 1, 1, seconds * second, seconds * second}; }
bool on_no_way(std::uint64_t) { return false; }

/// Counts files 1, 2, 3 …, each as many seconds old as its number says.
waiting_count counted(std::uint64_t files) {
  waiting_count c;
  c.begin(100 * now);
  for (std::uint64_t n = 1; n <= files; ++n) c.saw(n, file(static_cast<std::int64_t>(n)));
  c.end(on_no_way);
  return c;
}

TEST(waiting_count, is_not_known_before_the_first_walk_has_ended) {
  waiting_count c;
  EXPECT_FALSE(c.known());
  c.begin(now);
  EXPECT_TRUE(c.counting());
  c.saw(1, file(1));
  EXPECT_FALSE(c.known());
  c.give_up();
  EXPECT_FALSE(c.counting());
  EXPECT_FALSE(c.known());
  c.begin(now), c.end(on_no_way);
  EXPECT_TRUE(c.known());
  EXPECT_EQ(c.files(), 0u);
  EXPECT_EQ(c.oldest(), std::nullopt);
}

TEST(waiting_count, is_what_the_walk_found_and_what_came_and_went_since) {
  auto c = counted(10);
  EXPECT_EQ(c.files(), 10u);
  EXPECT_EQ(c.oldest(), second);
  c.taken(1, file(1), false);
  EXPECT_EQ(c.files(), 10u) << "a file on its way waits";
  EXPECT_EQ(c.oldest(), second);
  c.went(1);
  EXPECT_EQ(c.files(), 9u);
  EXPECT_EQ(c.oldest(), 2 * second);
  c.came(11, file(0));
  EXPECT_EQ(c.files(), 10u);
  EXPECT_EQ(c.oldest(), 0);
  c.taken(11, file(0), false), c.went(11);
  EXPECT_EQ(c.files(), 9u);
  EXPECT_EQ(c.oldest(), 2 * second);
}

TEST(waiting_count, counts_a_file_once_however_often_it_is_told_of) {
  auto c = counted(0);
  c.came(1, file(5)), c.came(1, file(9));
  EXPECT_EQ(c.files(), 1u);
  EXPECT_EQ(c.oldest(), 9 * second) << "and it was written anew";
  c.begin(now);
  c.saw(1, file(9));
  c.end(on_no_way);
  EXPECT_EQ(c.files(), 1u);
  c.went(1), c.went(1);
  EXPECT_EQ(c.files(), 0u);
}

TEST(waiting_count, of_a_file_that_changed_lately_waits_for_the_kernel_to_tell) {
  waiting_count c;
  c.begin(now);
  c.saw(1, file(1000)), c.came(1, file(1000));
  c.saw(2, file(999)), c.came(2, file(999));
  c.end(on_no_way);
  EXPECT_EQ(c.files(), 2u);
}

TEST(waiting_count, holds_while_files_go_before_and_behind_the_walk) {
  auto c = counted(10);
  c.begin(now);
  for (std::uint64_t n = 1; n <= 5; ++n) c.saw(n, file(static_cast<std::int64_t>(n)));
  c.taken(2, file(2), true), c.went(2);
  c.taken(8, file(8), false), c.went(8);
  c.taken(9, file(9), false);
  EXPECT_EQ(c.files(), 8u);
  for (const std::uint64_t n : {6, 7, 9, 10}) c.saw(n, file(static_cast<std::int64_t>(n)));
  c.end([](std::uint64_t place) { return place == 9; });
  EXPECT_EQ(c.files(), 8u);
}

TEST(waiting_count, forgets_what_a_walk_does_not_find) {
  auto c = counted(0);
  c.came(1, file(1)), c.came(2, file(2)), c.came(3, file(3));
  c.begin(now);
  c.saw(2, file(2)), c.came(4, file(4));
  c.end([](std::uint64_t place) { return place == 3; });
  EXPECT_EQ(c.files(), 3u) << "1 was taken away by others";
  EXPECT_EQ(c.oldest(), 2 * second);
}

TEST(waiting_count, is_right_with_more_files_than_are_known_one_by_one) {
  auto c = counted(0);
  constexpr std::uint64_t many = waiting_count::most_known + 1000;
  for (std::uint64_t n = 0; n < many; ++n) c.came(n, file(2000));
  EXPECT_EQ(c.files(), many);
  c.begin(now);
  for (std::uint64_t n = 0; n < many; ++n) c.saw(n, file(900));
  c.end(on_no_way);
  EXPECT_EQ(c.files(), many);
  for (std::uint64_t n = 0; n < many; ++n) c.taken(n, file(900), false), c.went(n);
  EXPECT_EQ(c.files(), 0u);
  EXPECT_EQ(c.oldest(), std::nullopt);
}

TEST(waiting_count, is_never_below_nothing) {
  auto c = counted(1);
  for (std::uint64_t n = 5; n < 9; ++n) c.taken(n, file(1), true), c.went(n);
  EXPECT_EQ(c.files(), 0u);
}

TEST(waiting_count, wants_another_count_when_its_oldest_files_are_used_up) {
  auto c = counted(20'000);
  EXPECT_FALSE(c.wants_another());
  for (std::uint64_t n = 1; !c.wants_another(); ++n) {
    ASSERT_LT(n, 20'000u);
    ASSERT_EQ(c.oldest(), static_cast<std::int64_t>(n) * second);
    c.taken(n, file(static_cast<std::int64_t>(n)), false), c.went(n);
  }
  EXPECT_TRUE(c.oldest());
}

}  // namespace
}  // namespace sluice::engine
