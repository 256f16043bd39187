#include "core/pacing/walk_schedule.hpp"

#include <gtest/gtest.h>

#include <map>
#include <ostream>
#include <random>
#include <string>
#include <vector>

namespace sluice::core {

using state = walk_schedule::state;

static const char* name_of(state s) {
  static const char* const names[] = {"resting",      "asked",
                                      "walking",      "walking_asked",
                                      "end_asked",    "walking_end_asked",
                                      "last_walking", "last_walking_asked",
                                      "over",         "ended"};
  return names[static_cast<std::size_t>(s)];
}
static void PrintTo(state s, std::ostream* out) { *out << name_of(s); }

namespace {

using namespace std::chrono_literals;
using turn = walk_schedule::turn;
using enum walk_schedule::state;

const steady_time schedule_start{100h};
constexpr milliseconds rest = 60s;

/// A letter is an event: `a`sked for, `l`ast one asked for, `b`egins, `e`nds, `c`loses, `t`orn.
walk_schedule after(const std::string& events, steady_time now = schedule_start) {
  walk_schedule s{rest};
  for (const char event : events) switch (event) {
      case 'a':
        s.ask_walk();
        break;
      case 'l':
        s.ask_last();
        break;
      case 'b':
        s.begin_walk();
        break;
      case 'e':
        s.end_walk(now);
        break;
      case 'c':
        s.end_following();
        break;
      case 't':
        s.tear_walk();
        break;
      default:
        ADD_FAILURE() << "no event: " << event;
    }
  return s;
}

/// The shortest way into each state.
const std::map<state, std::string> ways{
    {asked, ""},          {walking, "b"},
    {resting, "be"},      {walking_asked, "ba"},
    {end_asked, "l"},     {walking_end_asked, "bl"},
    {last_walking, "lb"}, {last_walking_asked, "lba"},
    {over, "lbe"},        {ended, "lbec"},
};

TEST(walk_schedule, every_state_is_reached) {
  for (const auto& [there, events] : ways) EXPECT_EQ(after(events).now_is(), there) << events;
  EXPECT_EQ(ways.size(), 10u);
}

TEST(walk_schedule, each_event_leads_to_one_state) {
  struct row {
    state here;
    char event;
    state there;
  };
  const row table[] = {
      {resting, 'a', asked},
      {resting, 'l', end_asked},
      {resting, 'b', walking},
      {asked, 'a', asked},
      {asked, 'l', end_asked},
      {asked, 'b', walking},
      {walking, 'a', walking_asked},
      {walking, 'l', walking_end_asked},
      {walking, 'e', resting},
      {walking_asked, 'a', walking_asked},
      {walking_asked, 'l', walking_end_asked},
      {walking_asked, 'e', asked},
      {end_asked, 'a', end_asked},
      {end_asked, 'l', end_asked},
      {end_asked, 'b', last_walking},
      {walking_end_asked, 'a', walking_end_asked},
      {walking_end_asked, 'l', walking_end_asked},
      {walking_end_asked, 'e', end_asked},
      {last_walking, 'a', last_walking_asked},
      {last_walking, 'l', last_walking_asked},
      {last_walking, 'e', over},
      {last_walking_asked, 'a', last_walking_asked},
      {last_walking_asked, 'l', last_walking_asked},
      {last_walking_asked, 'e', end_asked},
      {over, 'a', end_asked},
      {over, 'l', end_asked},
      {over, 'b', last_walking},
      {over, 'c', ended},
      {ended, 'a', ended},
      {ended, 'l', ended},
  };
  for (const auto& [here, event, there] : table)
    EXPECT_EQ(after(ways.at(here) + event).now_is(), there) << name_of(here) << ", " << event;
}

TEST(walk_schedule, each_state_has_its_turn) {
  struct row {
    state here;
    turn at_once, in_time;
    bool expected, finishing, last;
  };
  const row table[] = {
      {resting, turn::rest, turn::begin, false, false, false},
      {asked, turn::begin, turn::begin, true, false, false},
      {walking, turn::walk, turn::walk, true, false, false},
      {walking_asked, turn::walk, turn::walk, true, false, false},
      {end_asked, turn::begin, turn::begin, true, true, false},
      {walking_end_asked, turn::walk, turn::walk, true, true, false},
      {last_walking, turn::walk, turn::walk, true, true, true},
      {last_walking_asked, turn::walk, turn::walk, true, true, true},
      {over, turn::end, turn::end, false, true, false},
      {ended, turn::end, turn::end, false, true, false},
  };
  for (const auto& [here, at_once, in_time, expected, finishing, last] : table) {
    SCOPED_TRACE(name_of(here));
    const auto s = after(ways.at(here));
    EXPECT_EQ(s.turn_at(schedule_start), at_once);
    EXPECT_EQ(s.turn_at(schedule_start + rest), in_time);
    EXPECT_EQ(s.under_way(), at_once == turn::walk);
    EXPECT_EQ(s.is_expected(), expected);
    EXPECT_EQ(s.is_finishing(), finishing);
    EXPECT_EQ(s.is_last(), last);
    EXPECT_EQ(s.has_ended(), here == ended);
  }
}

TEST(walk_schedule, rests_from_the_end_of_a_walk) {
  auto s = after("be");
  EXPECT_EQ(s.next_at(), schedule_start + rest);
  EXPECT_EQ(s.turn_at(schedule_start + rest - 1ms), turn::rest);
  EXPECT_EQ(s.turn_at(schedule_start + rest), turn::begin);
  s.begin_walk();
  EXPECT_EQ(s.next_at(), steady_time::max()) << "while it walks there is no time for another";
  s.end_walk(schedule_start + 10h);
  EXPECT_EQ(s.next_at(), schedule_start + 10h + rest);
}

TEST(walk_schedule, begins_earlier_when_somebody_names_a_time) {
  auto s = after("be");
  s.walk_by(schedule_start + rest + 1s);
  EXPECT_EQ(s.next_at(), schedule_start + rest) << "the other time comes first";
  s.walk_by(schedule_start + 5s);
  EXPECT_EQ(s.turn_at(schedule_start + 5s - 1ms), turn::rest);
  EXPECT_EQ(s.turn_at(schedule_start + 5s), turn::begin);
  s.begin_walk();
  s.end_walk(schedule_start + 6s);
  EXPECT_EQ(s.next_at(), schedule_start + 6s + rest) << "the time held for one walk";
}

TEST(walk_schedule, a_time_within_a_walk_is_forgotten_at_its_end) {
  auto s = after("b");
  s.walk_by(schedule_start + 1s);
  EXPECT_EQ(s.turn_at(schedule_start + 2s), turn::walk);
  s.end_walk(schedule_start + 3s);
  EXPECT_EQ(s.next_at(), schedule_start + 3s + rest);
}

TEST(walk_schedule, a_time_after_the_last_walk_makes_one_more) {
  auto s = after("lbe");
  EXPECT_EQ(s.next_at(), steady_time::max());
  s.walk_by(schedule_start + 1s);
  EXPECT_EQ(s.turn_at(schedule_start), turn::end);
  EXPECT_EQ(s.turn_at(schedule_start + 1s), turn::begin);
}

TEST(walk_schedule, only_walks_before_the_first_end_are_first) {
  EXPECT_TRUE(after("").is_first());
  EXPECT_TRUE(after("b").is_first());
  EXPECT_TRUE(after("lb").is_first()) << "the first may be the last";
  EXPECT_FALSE(after("be").is_first());
  EXPECT_FALSE(after("baeb").is_first());
  EXPECT_FALSE(after("belb").is_first());
}

TEST(walk_schedule, a_walk_that_could_not_see_all_is_torn) {
  struct row {
    std::string before;
    bool whole;
  };
  const row table[] = {
      {"b", true},     {"bt", false},   {"bat", false},    {"tb", true},  // torn before it began
      {"bteab", true}, {"betb", true},  {"lbt", false},    {"btttt", false},
      {"btelb", true}, {"blteb", true}, {"bltebt", false},
  };
  for (const auto& [before, whole] : table)
    EXPECT_EQ(after(before).end_walk(schedule_start), whole) << before;
}

/// The walks come to an end once that was asked for, whatever is asked meanwhile.
TEST(walk_schedule, comes_to_its_end_after_the_last_walk_whatever_is_asked) {
  for (unsigned seed = 0; seed < 2000; ++seed) {
    std::mt19937 random{seed};
    walk_schedule s{rest};
    auto now = schedule_start;
    int begun = 0, last_begun = 0, walked = 0;
    for (int n = 0; n < 200; ++n, now += 1s) {
      switch (random() % 40) {
        case 0:
          s.ask_walk();
          break;
        case 1:
          s.ask_last();
          break;
        case 2:
          s.walk_by(now + 10s);
          break;
        default:
          break;
      }
      const bool finishing = s.is_finishing();
      const auto t = s.turn_at(now);
      if (t == turn::begin) {
        s.begin_walk(), ++begun, walked = 0;
        ASSERT_TRUE(s.under_way()) << seed;
        ASSERT_EQ(s.is_last(), finishing) << seed;
        last_begun += s.is_last();
      } else if (t == turn::walk) {
        if (++walked == 3) s.end_walk(now);
      } else if (t == turn::end) {
        ASSERT_TRUE(s.is_finishing()) << seed;
        ASSERT_GT(last_begun, 0) << seed;
        s.end_following();
        ASSERT_TRUE(s.has_ended()) << seed;
      }
      ASSERT_TRUE(!s.under_way() || s.is_expected()) << seed;
      ASSERT_TRUE(!s.is_last() || s.is_finishing()) << seed;
    }
    if (s.has_ended()) continue;
    s.ask_last();
    for (int n = 0; n < 20 && !s.has_ended(); ++n, now += 1s) {
      const auto t = s.turn_at(now);
      ASSERT_NE(t, turn::rest) << seed;
      if (t == turn::begin) s.begin_walk();
      if (t == turn::walk) s.end_walk(now);
      if (t == turn::end) s.end_following();
    }
    ASSERT_TRUE(s.has_ended()) << seed;
  }
}

/// The whole rest lies between two walks that nobody asks for.
TEST(walk_schedule, an_idle_source_is_walked_as_often_as_its_rest_says) {
  walk_schedule s{rest};
  int begun = 0;
  for (auto now = schedule_start; now < schedule_start + 1h; now += 100ms) {
    if (s.turn_at(now) != turn::begin) continue;
    s.begin_walk(), ++begun;
    s.end_walk(now);
  }
  EXPECT_EQ(begun, 60);
}

}  // namespace
}  // namespace sluice::core
