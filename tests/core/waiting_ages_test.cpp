#include "core/report/waiting_ages.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace sluice::core {
namespace {

constexpr std::int64_t second = 1'000'000'000;

TEST(waiting_ages, know_the_least_of_what_is_left) {
  waiting_ages a;
  EXPECT_EQ(a.least(), std::nullopt);
  for (const auto s : {30, 10, 20, 10}) a.add(s * second);
  EXPECT_EQ(a.least(), 10 * second);
  a.remove(10 * second);
  EXPECT_EQ(a.least(), 10 * second) << "there were two";
  a.remove(10 * second);
  EXPECT_EQ(a.least(), 20 * second);
  a.remove(99 * second);
  EXPECT_EQ(a.least(), 20 * second) << "of a file that was not counted";
  a.remove(20 * second), a.remove(30 * second);
  EXPECT_EQ(a.least(), std::nullopt);
  EXPECT_FALSE(a.is_used_up());
}

TEST(waiting_ages, are_never_wrong_by_a_second_however_many_there_are) {
  std::mt19937_64 random{7};
  waiting_ages a{64};
  std::multiset<std::int64_t> truth;
  for (int n = 0; n < 20'000; ++n) {
    const auto ns = static_cast<std::int64_t>(random() % (10 * second));
    a.add(ns), truth.insert(ns);
  }
  while (!truth.empty()) {
    ASSERT_TRUE(a.least());
    ASSERT_LE(*a.least(), *truth.begin());
    ASSERT_GT(*a.least(), *truth.begin() - second);
    auto at = truth.lower_bound(static_cast<std::int64_t>(random() % (10 * second)));
    if (at == truth.end()) at = truth.begin();
    a.remove(*at), truth.erase(at);
  }
  EXPECT_EQ(a.least(), std::nullopt);
}

TEST(waiting_ages, that_are_used_up_say_so_and_are_a_bound) {
  waiting_ages a{8};
  for (int s = 100; s > 0; --s) a.add(s * second);
  int s = 1;
  for (; !a.is_used_up(); ++s) {
    EXPECT_EQ(a.least(), s * second);
    a.remove(s * second);
  }
  EXPECT_GE(s, 7);
  ASSERT_TRUE(a.least());
  EXPECT_LE(*a.least(), s * second) << "none is older";
  for (; s <= 100; ++s) a.remove(s * second);
  EXPECT_EQ(a.least(), std::nullopt);
}

TEST(waiting_ages, of_times_before_1970_are_times_too) {
  waiting_ages a;
  a.add(-5 * second), a.add(0);
  EXPECT_EQ(a.least(), -5 * second);
}

}  // namespace
}  // namespace sluice::core
