#include "cli/bench/latency_histogram.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace sluice::cli {
namespace {

using namespace std::chrono_literals;

TEST(latency_histogram, empty_says_nothing) {
  const latency_histogram h;
  const auto s = h.summary();
  EXPECT_EQ(s.count, 0u);
  EXPECT_EQ(s.p50, 0);
  EXPECT_EQ(s.max, 0);
}

TEST(latency_histogram, one_value_is_all_percentiles) {
  latency_histogram h;
  h.add(37ms);
  const auto s = h.summary();
  EXPECT_EQ(s.count, 1u);
  for (const double v : {s.p50, s.p90, s.p99, s.p999, s.max}) EXPECT_EQ(v, 37);
}

TEST(latency_histogram, percentile_is_the_nearest_rank) {
  latency_histogram h;
  for (int us = 1; us <= 100; ++us) h.add(std::chrono::microseconds{us});
  EXPECT_EQ(h.milliseconds(.5), .050);
  EXPECT_EQ(h.milliseconds(.9), .090);
  EXPECT_EQ(h.milliseconds(.99), .099);
  EXPECT_EQ(h.milliseconds(.999), .100);
  EXPECT_EQ(h.milliseconds(0), .001);
  latency_histogram eight;
  for (int us = 1; us <= 8; ++us) eight.add(std::chrono::microseconds{us});
  EXPECT_EQ(eight.milliseconds(.9), .008) << "seven are not nine tenths of eight";
}

TEST(latency_histogram, microseconds_are_exact_below_128_and_the_maximum_always) {
  for (const int us : {0, 1, 63, 127}) {
    latency_histogram h;
    h.add(std::chrono::microseconds{us});
    h.add(1h);
    EXPECT_EQ(h.milliseconds(.5), us / 1000.0);
    EXPECT_EQ(h.milliseconds(1), 3'600'000);
  }
}

TEST(latency_histogram, is_right_to_within_half_a_percent) {
  std::mt19937_64 random{1};
  std::lognormal_distribution<double> draw{std::log(5000.0), 2};
  latency_histogram h;
  std::vector<double> all;
  for (int i = 0; i < 20'000; ++i) {
    const auto us = std::round(draw(random));
    h.add(std::chrono::microseconds{static_cast<std::int64_t>(us)});
    all.push_back(us / 1000);
  }
  std::ranges::sort(all);
  for (const double q : {.01, .5, .9, .99, .999}) {
    const auto rank = static_cast<std::size_t>(std::ceil(q * 20'000)) - 1;
    EXPECT_NEAR(h.milliseconds(q), all[rank], all[rank] * .005) << q;
  }
}

TEST(latency_histogram, takes_what_no_clock_should_say) {
  latency_histogram h;
  h.add(-5ms);
  h.add(24h * 400);
  EXPECT_EQ(h.count(), 2u);
  EXPECT_EQ(h.milliseconds(.5), 0);
  EXPECT_EQ(h.milliseconds(1), 400 * 86'400'000.0);
}

}  // namespace
}  // namespace sluice::cli
