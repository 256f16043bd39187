#include "core/window/overload_memory.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace sluice::core {
namespace {

using namespace std::chrono_literals;

constexpr steady_time overload_start{100h};
constexpr auto answers = overload_memory::fine_per_overload;
constexpr auto long_after = overload_start + overload_memory::rested;

void answer(overload_memory& m, std::uint64_t times) {
  for (std::uint64_t n = 0; n < times; ++n) m.went_well();
}

TEST(overload_memory, begins_with_nothing_to_remember) {
  overload_memory m;
  answer(m, 1000);
  EXPECT_EQ(m.ceiling(), 0u);
  EXPECT_EQ(m.bursts_before(), 0u);
  EXPECT_FALSE(m.climb_due(long_after)) << "there is nothing to climb to";
}

TEST(overload_memory, a_burst_holds_all_that_began_before_the_window_gave_way) {
  overload_memory m;
  m.begin_burst(8, overload_start);
  EXPECT_TRUE(m.in_burst(overload_start - 1ms));
  EXPECT_FALSE(m.in_burst(overload_start));
}

TEST(overload_memory, bursts_are_in_a_row_without_a_window_of_answers_between) {
  struct row {
    std::uint64_t answers_between;
    unsigned bursts;
  };
  overload_memory m;
  answer(m, 8);
  m.begin_burst(8, overload_start);
  EXPECT_EQ(m.bursts_before(), 0u);
  for (const auto& [between, bursts] : {row{7, 1}, row{0, 2}, row{8, 0}, row{3, 1}, row{100, 0}}) {
    answer(m, between);
    m.begin_burst(8, overload_start);
    EXPECT_EQ(m.bursts_before(), bursts) << between;
  }
}

TEST(overload_memory, remembers_the_limit_that_met_it) {
  overload_memory m;
  m.met_held(9);
  EXPECT_EQ(m.ceiling(), 9u);
  m.met_probe(12);
  EXPECT_EQ(m.ceiling(), 12u);
  m.forget_ceiling();
  EXPECT_EQ(m.ceiling(), 0u);
}

TEST(overload_memory, a_climb_is_paid_for_with_answers) {
  overload_memory m;
  m.begin_burst(8, overload_start), m.met_held(8);
  answer(m, answers - 1);
  EXPECT_FALSE(m.climb_due(overload_start));
  m.went_well();
  EXPECT_TRUE(m.climb_due(overload_start));
}

TEST(overload_memory, a_larger_burst_makes_it_dearer) {
  overload_memory m;
  m.begin_burst(8, overload_start), m.met_held(8);
  m.goes_on(), m.goes_on();
  answer(m, 3 * answers - 1);
  EXPECT_FALSE(m.climb_due(long_after));
  m.went_well();
  EXPECT_TRUE(m.climb_due(overload_start));
}

TEST(overload_memory, each_climb_that_failed_doubles_the_price_or_costs_a_rest) {
  for (unsigned failed = 0; failed <= overload_memory::most_failed_climbs + 2; ++failed) {
    SCOPED_TRACE(failed);
    overload_memory m;
    m.begin_burst(8, overload_start), m.met_held(8);
    for (unsigned n = 0; n < failed; ++n) m.met_probe(8);
    const auto price = answers << std::min(failed, overload_memory::most_failed_climbs);
    answer(m, answers);
    EXPECT_EQ(m.climb_due(overload_start), failed == 0);
    EXPECT_TRUE(m.climb_due(long_after));
    m.look_up(long_after);
    EXPECT_EQ(m.climb_due(long_after), failed == 0);
    answer(m, price - answers);
    EXPECT_TRUE(m.climb_due(long_after));
    m.forgive_climbs();
    EXPECT_TRUE(m.climb_due(long_after));
  }
}

TEST(overload_memory, a_window_that_is_held_and_meets_it_forgives_the_climbs) {
  overload_memory m;
  m.begin_burst(8, overload_start), m.met_probe(8), m.met_held(8);
  answer(m, answers);
  EXPECT_TRUE(m.climb_due(overload_start));
}

}  // namespace
}  // namespace sluice::core
