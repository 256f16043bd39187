#include "core/histogram.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace sluice::core {
namespace {

using std::chrono::microseconds;
using namespace std::chrono_literals;

TEST(histogram, is_zero_when_empty) {
  const histogram h;
  EXPECT_EQ(h.count(), 0u);
  for (const double q : {0.0, 0.5, 1.0}) EXPECT_EQ(h.percentile(q), 0us);
}

TEST(histogram, is_exact_below_128_microseconds) {
  for (int v = 0; v < 128; ++v) {
    histogram h;
    h.add(microseconds{v});
    h.add(1s);
    EXPECT_EQ(h.percentile(0.5), microseconds{v});
  }
}

/// Every value of a doubling's edge, and many between: off by half a step at most.
TEST(histogram, knows_any_value_to_a_128th) {
  std::mt19937_64 random{1};
  std::vector<std::int64_t> values;
  for (int bits = 7; bits < 37; ++bits) {
    const auto edge = std::int64_t{1} << bits;
    for (const auto v : {edge - 1, edge, edge + 1}) values.push_back(v);
    for (int i = 0; i < 500; ++i)
      values.push_back(edge + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(edge)));
  }
  for (const auto v : values) {
    histogram h;
    h.add(microseconds{v});
    h.add(microseconds{std::numeric_limits<std::int64_t>::max()});
    EXPECT_NEAR(static_cast<double>(h.percentile(0.5).count()), static_cast<double>(v),
                static_cast<double>(v) / 128)
        << v;
  }
}

TEST(histogram, has_an_exact_maximum) {
  histogram h;
  for (const auto v : {1us, 123'457us, 99us}) h.add(v);
  EXPECT_EQ(h.percentile(1), 123'457us);
  EXPECT_EQ(h.percentile(7), 123'457us);
}

TEST(histogram, never_says_more_than_the_maximum) {
  histogram h;
  for (int i = 0; i < 10; ++i) h.add(1'000'000us);
  for (const double q : {0.0, 0.1, 0.5, 0.9, 1.0}) {
    EXPECT_LE(h.percentile(q), 1'000'000us);
    EXPECT_GE(h.percentile(q), 984'000us);
  }
}

TEST(histogram, holds_what_is_out_of_range) {
  histogram h;
  h.add(-5us);
  h.add(microseconds::max());
  h.add(std::chrono::hours{1000});
  EXPECT_EQ(h.count(), 3u);
  EXPECT_EQ(h.percentile(0), 0us);
  EXPECT_GE(h.percentile(0.5), std::chrono::hours{19});
  EXPECT_LE(h.percentile(0.5), std::chrono::hours{39});  // the last step
  EXPECT_EQ(h.percentile(1), microseconds::max());
}

TEST(histogram, answers_any_question) {
  histogram h;
  for (int v = 1; v <= 100; ++v) h.add(microseconds{v});
  EXPECT_EQ(h.percentile(-1), 1us);
  EXPECT_EQ(h.percentile(std::numeric_limits<double>::quiet_NaN()), 1us);
  EXPECT_EQ(h.percentile(std::numeric_limits<double>::infinity()), 100us);
  EXPECT_EQ(h.percentile(0.5), 50us);
  EXPECT_EQ(h.percentile(0.9), 90us);
  EXPECT_EQ(h.percentile(0.99), 99us);
}

TEST(histogram, agrees_with_a_sorted_list) {
  std::mt19937_64 random{2};
  std::lognormal_distribution<double> latency{9, 1.5};
  histogram h;
  std::vector<std::int64_t> all;
  for (int i = 0; i < 20'000; ++i) {
    all.push_back(static_cast<std::int64_t>(latency(random)));
    h.add(microseconds{all.back()});
  }
  std::ranges::sort(all);
  for (const double q : {0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999}) {
    const auto exact = static_cast<double>(all[static_cast<std::size_t>(std::ceil(q * 20'000)) - 1]);
    EXPECT_NEAR(static_cast<double>(h.percentile(q).count()), exact, exact / 128 + 1) << q;
  }
}

}  // namespace
}  // namespace sluice::core
