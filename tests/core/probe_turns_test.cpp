#include "core/window/probe_turns.hpp"

#include <gtest/gtest.h>

namespace sluice::core {
namespace {

using namespace std::chrono_literals;

const steady_time turns_start{100h};

/// The rounds until a look downward is due, which is then taken.
std::size_t rounds_until_low(probe_turns& t) {
  std::size_t n = 0;
  for (; !t.low_due(); ++n) t.round_ended();
  t.look_down();
  return n;
}
/// The same for a look upward; no time passes.
std::size_t rounds_until_high(probe_turns& t) {
  std::size_t n = 0;
  for (; !t.high_due(turns_start); ++n) t.round_ended();
  t.look_up(turns_start);
  return n;
}

TEST(probe_turns, begin_after_one_round_and_downward) {
  probe_turns t;
  EXPECT_FALSE(t.low_due());
  t.round_ended();
  EXPECT_TRUE(t.low_due());
  EXPECT_TRUE(t.high_due(turns_start));
  EXPECT_TRUE(t.prefers_low());
}

TEST(probe_turns, alternate) {
  probe_turns t;
  t.look_down();
  EXPECT_FALSE(t.prefers_low());
  t.look_up(turns_start);
  EXPECT_TRUE(t.prefers_low());
  t.prefer_low(false);
  EXPECT_FALSE(t.prefers_low());
}

TEST(probe_turns, come_half_as_often_each_time_one_did_not_pay) {
  probe_turns t;
  for (const std::size_t n : {1u, 2u, 4u, 8u, 16u, 32u, 32u}) {
    EXPECT_EQ(rounds_until_low(t), n);
    t.low_cost();
  }
  probe_turns up;
  up.look_up(turns_start);
  for (const std::size_t n : {1u, 2u, 4u, 8u, 16u, 16u}) {
    EXPECT_EQ(rounds_until_high(up), n);
    up.high_cost();
  }
}

TEST(probe_turns, go_on_at_once_where_fewer_were_as_fast) {
  probe_turns t;
  for (int n = 0; n < 3; ++n) rounds_until_low(t), t.low_cost();
  t.prefer_low(false);
  t.low_paid();
  EXPECT_TRUE(t.low_due());
  EXPECT_TRUE(t.prefers_low());
  t.look_down();
  EXPECT_EQ(rounds_until_low(t), 4u) << "and twice as often as before";
  for (int n = 0; n < 10; ++n) t.low_paid();
  t.look_down();
  EXPECT_EQ(rounds_until_low(t), 1u) << "never more often than each round";
}

TEST(probe_turns, upward_come_after_two_rounds_when_enough_time_has_passed) {
  probe_turns t;
  t.look_up(turns_start);
  for (int n = 0; n < 5; ++n) t.high_cost();
  t.round_ended();
  EXPECT_FALSE(t.high_due(turns_start + 1h)) << "one round is not enough";
  t.round_ended();
  EXPECT_FALSE(t.high_due(turns_start + probe_turns::rested - 1ms));
  EXPECT_TRUE(t.high_due(turns_start + probe_turns::rested));
}

TEST(probe_turns, begin_anew_where_conditions_are_others) {
  probe_turns t;
  t.look_up(turns_start);
  for (int n = 0; n < 5; ++n) t.low_cost(), t.high_cost();
  t.begin_anew();
  t.round_ended();
  EXPECT_TRUE(t.low_due());
  EXPECT_TRUE(t.high_due(turns_start));
}

}  // namespace
}  // namespace sluice::core
