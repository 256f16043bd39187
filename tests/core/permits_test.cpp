#include "core/pacing/permits.hpp"

#include <gtest/gtest.h>

namespace sluice::core {
namespace {

int take_all(permits& p) {
  int taken = 0;
  while (p.try_take()) ++taken;
  return taken;
}

TEST(permits, are_given_up_to_the_limit) {
  permits p{3};
  EXPECT_EQ(take_all(p), 3);
  EXPECT_EQ(p.in_use(), 3u);
  EXPECT_FALSE(p.try_take());
  p.give_back();
  EXPECT_EQ(p.in_use(), 2u);
  EXPECT_TRUE(p.try_take());
  EXPECT_FALSE(p.try_take());
}

TEST(permits, follow_a_limit_that_grows) {
  permits p{1};
  take_all(p);
  p.set_limit(4);
  EXPECT_EQ(take_all(p), 3);
}

TEST(permits, are_over_until_enough_came_back_after_the_limit_shrank) {
  permits p{4};
  take_all(p);
  EXPECT_FALSE(p.over());
  p.set_limit(2);
  EXPECT_TRUE(p.over());
  p.give_back();
  EXPECT_TRUE(p.over());
  EXPECT_FALSE(p.try_take());
  p.give_back();
  EXPECT_FALSE(p.over());
  EXPECT_FALSE(p.try_take());
  p.give_back();
  EXPECT_TRUE(p.try_take());
}

TEST(permits, remember_the_limits_they_were_given) {
  permits p{8};
  EXPECT_EQ(p.min(), 8u);
  EXPECT_EQ(p.max(), 8u);
  p.set_limit(3);
  p.set_limit(20);
  p.set_limit(5);
  EXPECT_EQ(p.limit(), 5u);
  EXPECT_EQ(p.min(), 3u);
  EXPECT_EQ(p.max(), 20u);
}

}  // namespace
}  // namespace sluice::core
