#include "core/pacing/rate_limit.hpp"

#include <gtest/gtest.h>
#include <random>

namespace sluice::core {
namespace {

using namespace std::chrono_literals;

const steady_time start{1h};

double seconds_until(steady_time t) { return std::chrono::duration<double>(t - start).count(); }

TEST(rate_limit, without_a_rate_never_waits) {
  for (const double none : {0.0, -1.0}) {
    rate_limit limit{none};
    EXPECT_TRUE(limit.unlimited());
    for (int i = 0; i < 1000; ++i) {
      EXPECT_EQ(limit.ready_at(start), start);
      limit.take(1e12, start);
    }
  }
}

TEST(rate_limit, begins_without_a_burst) {
  rate_limit limit{10};
  EXPECT_FALSE(limit.unlimited());
  EXPECT_EQ(limit.ready_at(start), start);
  limit.take(1, start);
  EXPECT_EQ(limit.ready_at(start), start + 100ms);
}

TEST(rate_limit, lets_one_take_go_into_debt_and_waits_until_it_is_paid) {
  rate_limit limit{1000};
  limit.take(65'536, start);
  for (const auto asked : {0s, 1s, 65s})
    EXPECT_NEAR(seconds_until(limit.ready_at(start + asked)), 65.536, 1e-8);
  EXPECT_EQ(limit.ready_at(start + 66s), start + 66s);
}

TEST(rate_limit, saves_up_a_tenth_of_a_second_at_most) {
  rate_limit limit{100};
  EXPECT_EQ(limit.ready_at(start), start);
  const auto later = start + 1h;
  int at_once = 0;
  for (; limit.ready_at(later) <= later; ++at_once) limit.take(1, later);
  EXPECT_EQ(at_once, 11);  // a tenth of a second's worth, and one into debt
}

TEST(rate_limit, changes_from_one_moment_to_the_next) {
  rate_limit limit{10};
  limit.take(1, start);
  limit.set(100, start);
  EXPECT_EQ(limit.ready_at(start), start + 10ms) << "a debt is paid back at the new rate";
  limit.set(0, start);
  EXPECT_TRUE(limit.unlimited());
  EXPECT_EQ(limit.ready_at(start), start);
  limit.take(1'000'000, start);
  limit.set(10, start + 1s);
  EXPECT_EQ(limit.ready_at(start + 1s), start + 1s) << "what went without a limit is no debt";
  limit.take(1, start + 1s);
  EXPECT_EQ(limit.ready_at(start + 1s), start + 1s + 100ms);
}

// No ten seconds have 3 % more than the rate allows, after a pause as well.
TEST(rate_limit, is_kept_within_3_percent_over_10_seconds) {
  for (const double rate : {5.0, 200.0, 20'000.0}) {
    rate_limit limit{rate};
    auto now = start + 1h;
    limit.take(1, start);
    double taken = 0;
    for (const auto end = now + 10s; limit.ready_at(now) < end; now = limit.ready_at(now)) {
      limit.take(1, now);
      ++taken;
    }
    EXPECT_NEAR(taken, 10 * rate, std::max(1.0, 0.03 * 10 * rate)) << rate;
  }
}

TEST(rate_limit, below_one_a_second_works) {
  rate_limit limit{0.25};
  limit.take(1, start);
  EXPECT_EQ(limit.ready_at(start), start + 4s);
  limit.take(1, start + 4s);
  EXPECT_EQ(limit.ready_at(start + 4s), start + 8s);
}

/// Not a nanosecond later, for want of a rounded bit: a timer set for that moment would have to be set again.
TEST(rate_limit, is_ready_at_the_moment_it_named) {
  const auto expect_kept = [](double rate, double amount, steady_time now) {
    rate_limit limit{rate};
    limit.take(amount, now);
    const auto ready = limit.ready_at(now);
    EXPECT_GE(ready, now);
    EXPECT_EQ(limit.ready_at(ready), ready) << rate << ' ' << amount;
  };
  for (int rate = 1; rate <= 100; ++rate)
    for (int amount = 0; amount < 200; ++amount) expect_kept(rate, amount, start);
  std::mt19937_64 random{11};
  for (int i = 0; i < 20'000; ++i)
    expect_kept(std::uniform_real_distribution{0.001, 1e10}(random),
                std::uniform_real_distribution{0.0, 1e6}(random),
                start + std::chrono::nanoseconds{random() % 1'000'000'000'000});
}

/// No stretch has more than the rate and a tenth of a second's burst; and no less, for a caller who takes
/// whenever he may.
TEST(rate_limit, keeps_to_the_rate_in_the_long_run) {
  for (const double rate : {0.5, 3.0, 1000.0, 1e6}) {
    std::mt19937_64 random{5};
    rate_limit limit{rate};
    auto now = start;
    double taken = 0;
    while (now < start + 1000s) {
      const double amount = std::uniform_real_distribution{0.0, rate}(random);
      limit.take(amount, now);
      taken += amount;
      now = limit.ready_at(now);
    }
    EXPECT_NEAR(taken / seconds_until(now), rate, rate * 0.001);
  }
}

TEST(rate_limit, is_not_confused_by_a_debt_beyond_measure_or_a_step_back_in_time) {
  rate_limit limit{1};
  limit.take(1e300, start);
  EXPECT_GT(limit.ready_at(start), start + 24h * 365);
  rate_limit other{1};
  other.take(2, start);
  EXPECT_EQ(other.ready_at(start - 10s), start - 8s);
  EXPECT_EQ(other.ready_at(start + 1s), start + 2s);
}

}  // namespace
}  // namespace sluice::core
