#include "cli/bench/schedule.hpp"

#include <gtest/gtest.h>

namespace sluice::cli {
namespace {

using namespace std::chrono_literals;
using clock = schedule::clock;

constexpr clock::time_point schedule_start{1000s};

TEST(schedule, begins_at_once_and_goes_on_evenly) {
  const schedule s{schedule_start, 200};
  EXPECT_EQ(s.intended(0), schedule_start);
  EXPECT_EQ(s.intended(1), schedule_start + 5ms);
  EXPECT_EQ(s.intended(600), schedule_start + 3s);
}

TEST(schedule, nothing_is_due_before_the_start) {
  const schedule s{schedule_start, 10};
  EXPECT_EQ(s.due(schedule_start - 1ns), 0u);
  EXPECT_EQ(s.due(schedule_start), 1u);
}

TEST(schedule, what_is_due_is_what_was_intended_until_then) {
  for (const double rate : {1.0 / 3600, 0.3, 3.0, 7.0, 200.0, 999.9, 1e6}) {
    const schedule s{schedule_start, rate};
    for (const std::uint64_t k : {0u, 1u, 2u, 3u, 99u, 1000u, 54321u}) {
      const auto t = s.intended(k);
      EXPECT_EQ(s.due(t), k + 1) << rate;
      EXPECT_EQ(s.due(t - 1ns), k) << rate;
    }
  }
}

// Times are counted from the start, not from each other: no rounding adds up.
TEST(schedule, does_not_drift) {
  const schedule s{schedule_start, 3};
  EXPECT_EQ(s.intended(3 * 86'400), schedule_start + 24h);
}

}  // namespace
}  // namespace sluice::cli
