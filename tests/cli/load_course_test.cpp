#include "cli/bench/load_course.hpp"

#include <gtest/gtest.h>

namespace sluice::cli {
namespace {

using namespace std::chrono_literals;

constexpr load_course::time course_start{1000s};
const load_plan for_ten_seconds{.warm_up = 1s, .duration = 10s, .grace = 3s};
const load_plan for_three_requests{.warm_up = 1s, .duration = 10s, .grace = 3s, .count = 3};
const load_plan two_a_second{.warm_up = 1s, .duration = 10s, .grace = 3s, .rate = 2};

TEST(load_course, measures_after_the_warm_up_for_as_long_as_it_was_told) {
  const load_course c{for_ten_seconds, course_start};
  EXPECT_EQ(c.started(), course_start);
  EXPECT_EQ(c.begins(), course_start + 1s);
  EXPECT_EQ(c.ends(), course_start + 11s);
  EXPECT_EQ(c.patience_ends(course_start + 11s), course_start + 14s);
  EXPECT_FALSE(c.is_open_loop());
  EXPECT_EQ(load_course(for_three_requests, course_start).ends(), load_course::time::max());
}

TEST(load_course, in_a_closed_loop_a_request_begins_at_any_time_before_the_end) {
  load_course c{for_ten_seconds, course_start};
  struct row {
    std::chrono::milliseconds at;
    bool may_begin, measured;
  };
  for (const auto& [at, may_begin, measured] :
       {row{0s, true, false}, row{999ms, true, false}, row{1s, true, true}, row{10'999ms, true, true}}) {
    EXPECT_EQ(c.may_begin(course_start + at), may_begin) << at.count();
    const auto t = c.begin_one(course_start + at);
    EXPECT_EQ(t.intended, course_start + at);
    EXPECT_EQ(t.measured, measured) << at.count();
  }
  EXPECT_FALSE(c.may_begin(course_start + 11s));
  EXPECT_FALSE(c.next_wake()) << "there is no time to wait for";
  EXPECT_EQ(c.never_begun(course_start + 11s), 0u);
}

TEST(load_course, requests_are_numbered_from_one) {
  load_course c{for_ten_seconds, course_start};
  for (std::uint64_t n = 1; n < 5; ++n) EXPECT_EQ(c.begin_one(course_start).number, n);
}

TEST(load_course, ends_after_so_many_that_are_measured) {
  load_course c{for_three_requests, course_start};
  for (int n = 0; n < 100; ++n) c.begin_one(course_start);  // warm-up: none of them counts
  for (int n = 0; n < 3; ++n) {
    ASSERT_TRUE(c.may_begin(course_start + 100h));
    EXPECT_TRUE(c.begin_one(course_start + 2s).measured);
  }
  EXPECT_FALSE(c.may_begin(course_start + 2s));
}

TEST(load_course, in_an_open_loop_each_request_has_its_time) {
  load_course c{two_a_second, course_start};
  EXPECT_TRUE(c.is_open_loop());
  auto now = course_start;
  for (int n = 0; n < 22; ++n, now += 500ms) {
    EXPECT_FALSE(c.may_begin(now - 1ns)) << n;
    EXPECT_TRUE(c.may_begin(now)) << n;
    const auto t = c.begin_one(now + 5s);  // there was no room before
    EXPECT_EQ(t.intended, now);
    EXPECT_EQ(t.measured, n >= 2) << n;
  }
  EXPECT_FALSE(c.may_begin(now + 100h)) << "the next is intended for the end";
}

TEST(load_course, wakes_once_for_each_request_that_is_due_later) {
  load_course c{two_a_second, course_start};
  c.begin_one(course_start);
  EXPECT_EQ(c.next_wake(), course_start + 500ms);
  EXPECT_FALSE(c.next_wake()) << "somebody waits for that already";
  c.begin_one(course_start + 500ms);
  EXPECT_EQ(c.next_wake(), course_start + 1s);
  for (int n = 2; n < 22; ++n) c.begin_one(course_start + 11s);
  EXPECT_FALSE(c.next_wake());
}

TEST(load_course, requests_that_had_no_room_to_the_end_are_counted) {
  struct row {
    int begun;
    std::chrono::milliseconds until;
    std::uint64_t never;
  };
  const row table[] = {
      {0, 1s, 0},  // the measured time has not begun
      {0, 1001ms, 1}, {0, 1500ms, 1}, {0, 1501ms, 2}, {0, 11s, 20}, {2, 11s, 20}, {5, 11s, 17}, {22, 11s, 0},
  };
  for (const auto& [begun, until, never] : table) {
    load_course c{two_a_second, course_start};
    for (int n = 0; n < begun; ++n) c.begin_one(course_start);
    EXPECT_EQ(c.never_begun(course_start + until), never) << begun << ", " << until.count();
  }
}

}  // namespace
}  // namespace sluice::cli
