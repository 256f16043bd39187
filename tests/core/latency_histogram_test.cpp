#include <sluice/latency_histogram.hpp>

#include <gtest/gtest.h>
#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace sluice {
namespace {

using std::chrono::microseconds;
using namespace std::chrono_literals;

/// Milliseconds.
double ms(const latency_histogram& h, double q) { return h.percentile(q).count() / 1000; }

TEST(latency_histogram, is_zero_when_empty) {
  const latency_histogram h;
  EXPECT_EQ(h.count(), 0u);
  for (const double q : {0.0, 0.5, 1.0}) EXPECT_EQ(h.percentile(q), 0us);
}

TEST(latency_histogram, is_exact_below_256_microseconds) {
  for (int v = 0; v < 256; ++v) {
    latency_histogram h;
    h.add(microseconds{v});
    h.add(1s);
    EXPECT_EQ(h.percentile(0.5), microseconds{v});
  }
}

/// Every value of a doubling's edge, and many between: off by half a step at most.
TEST(latency_histogram, knows_any_value_to_a_256th) {
  std::mt19937_64 random{1};
  std::vector<std::int64_t> values;
  for (int bits = 7; bits < 38; ++bits) {
    const auto edge = std::int64_t{1} << bits;
    for (const auto v : {edge - 1, edge, edge + 1}) values.push_back(v);
    for (int i = 0; i < 500; ++i)
      values.push_back(edge + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(edge)));
  }
  for (const auto v : values) {
    latency_histogram h;
    h.add(microseconds{v});
    h.add(microseconds{std::numeric_limits<std::int64_t>::max()});
    EXPECT_NEAR(h.percentile(0.5).count(), static_cast<double>(v), static_cast<double>(v) / 256) << v;
  }
}

TEST(latency_histogram, has_an_exact_maximum) {
  latency_histogram h;
  for (const auto v : {1us, 123'457us, 99us}) h.add(v);
  EXPECT_EQ(h.percentile(1), 123'457us);
  EXPECT_EQ(h.percentile(7), 123'457us);
}

TEST(latency_histogram, never_says_more_than_the_maximum) {
  latency_histogram h;
  for (int i = 0; i < 10; ++i) h.add(1'000'000us);
  for (const double q : {0.0, 0.1, 0.5, 0.9, 1.0}) {
    EXPECT_LE(h.percentile(q), 1'000'000us);
    EXPECT_GE(h.percentile(q), 996'000us);
  }
}

TEST(latency_histogram, holds_what_is_out_of_range) {
  latency_histogram h;
  h.add(-5us);
  h.add(microseconds::max());
  h.add(std::chrono::hours{1000});
  EXPECT_EQ(h.count(), 3u);
  EXPECT_EQ(h.percentile(0), 0us);
  EXPECT_GE(h.percentile(0.5), std::chrono::hours{38});
  EXPECT_LE(h.percentile(0.5), std::chrono::hours{77});  // the last step
  EXPECT_EQ(h.percentile(1), microseconds::max());
}

TEST(latency_histogram, answers_any_question) {
  latency_histogram h;
  for (int v = 1; v <= 100; ++v) h.add(microseconds{v});
  EXPECT_EQ(h.percentile(-1), 1us);
  EXPECT_EQ(h.percentile(std::numeric_limits<double>::quiet_NaN()), 1us);
  EXPECT_EQ(h.percentile(std::numeric_limits<double>::infinity()), 100us);
  EXPECT_EQ(h.percentile(0.5), 50us);
  EXPECT_EQ(h.percentile(0.9), 90us);
  EXPECT_EQ(h.percentile(0.99), 99us);
}

TEST(latency_histogram, agrees_with_a_sorted_list) {
  std::mt19937_64 random{2};
  std::lognormal_distribution<double> latency{9, 1.5};
  latency_histogram h;
  std::vector<std::int64_t> all;
  for (int i = 0; i < 20'000; ++i) {
    all.push_back(static_cast<std::int64_t>(latency(random)));
    h.add(microseconds{all.back()});
  }
  std::ranges::sort(all);
  for (const double q : {0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999}) {
    const auto exact = static_cast<double>(all[static_cast<std::size_t>(std::ceil(q * 20'000)) - 1]);
    EXPECT_NEAR(h.percentile(q).count(), exact, exact / 256 + 1) << q;
  }
}

TEST(latency_histogram, empty_says_nothing) {
  const latency_histogram h;
  EXPECT_EQ(h.count(), 0u);
  EXPECT_EQ(ms(h, .5), 0);
  EXPECT_EQ(ms(h, 1), 0);
}

TEST(latency_histogram, one_value_is_all_percentiles) {
  latency_histogram h;
  h.add(37ms);
  EXPECT_EQ(h.count(), 1u);
  for (const double q : {.5, .9, .99, .999, 1.}) EXPECT_EQ(ms(h, q), 37);
}

TEST(latency_histogram, percentile_is_the_nearest_rank) {
  latency_histogram h;
  for (int us = 1; us <= 100; ++us) h.add(std::chrono::microseconds{us});
  EXPECT_EQ(ms(h, .5), .050);
  EXPECT_EQ(ms(h, .9), .090);
  EXPECT_EQ(ms(h, .99), .099);
  EXPECT_EQ(ms(h, .999), .100);
  EXPECT_EQ(ms(h, 0), .001);
  latency_histogram eight;
  for (int us = 1; us <= 8; ++us) eight.add(std::chrono::microseconds{us});
  EXPECT_EQ(ms(eight, .9), .008) << "seven are not nine tenths of eight";
}

TEST(latency_histogram, microseconds_are_exact_below_128_and_the_maximum_always) {
  for (const int us : {0, 1, 63, 127}) {
    latency_histogram h;
    h.add(std::chrono::microseconds{us});
    h.add(1h);
    EXPECT_EQ(ms(h, .5), us / 1000.0);
    EXPECT_EQ(ms(h, 1), 3'600'000);
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
    EXPECT_NEAR(ms(h, q), all[rank], all[rank] * .005) << q;
  }
}

TEST(latency_histogram, takes_what_no_clock_should_say) {
  latency_histogram h;
  h.add(-5ms);
  h.add(24h * 400);
  EXPECT_EQ(h.count(), 2u);
  EXPECT_EQ(ms(h, .5), 0);
  EXPECT_EQ(ms(h, 1), 400 * 86'400'000.0);
}

/// The histogram of some values, made of the steps of others.
latency_histogram merged(const std::vector<const latency_histogram*>& parts) {
  latency_histogram all;
  for (const auto* p : parts) {
    for (const auto& step : p->steps_used()) all.add(microseconds{step.from_us}, step.count);
    all.raise_max(microseconds{static_cast<std::int64_t>(p->percentile(1).count())});
  }
  return all;
}

TEST(latency_histogram, is_made_again_of_the_steps_of_its_parts) {
  std::mt19937_64 random{5};
  latency_histogram fast, slow, all;
  for (int n = 0; n < 20'000; ++n) {
    const microseconds quick{static_cast<std::int64_t>(random() % 5000)},
        late{static_cast<std::int64_t>(random() % 90'000'000)};
    fast.add(quick), all.add(quick);
    if (n % 100 == 0) slow.add(late), all.add(late);
  }
  const auto sum = merged({&fast, &slow});
  EXPECT_EQ(sum.count(), all.count());
  EXPECT_EQ(sum.steps_used(), all.steps_used());
  for (const double q : {0.0, 0.1, 0.5, 0.9, 0.99, 0.999, 1.0})
    EXPECT_EQ(sum.percentile(q), all.percentile(q)) << q;
  EXPECT_NE(ms(sum, 0.99), (ms(fast, 0.99) + ms(slow, 0.99)) / 2) << "no mean of percentiles";
}

TEST(latency_histogram, without_values_has_no_steps_and_no_maximum) {
  latency_histogram h;
  h.raise_max(1s);
  h.add(1s, 0);
  EXPECT_EQ(h.count(), 0u);
  EXPECT_EQ(h.percentile(1), 0us);
  EXPECT_TRUE(h.steps_used().empty());
}

TEST(latency_histogram, takes_many_like_values_at_once) {
  latency_histogram h;
  h.add(10us, 99);
  h.add(1s);
  EXPECT_EQ(h.count(), 100u);
  EXPECT_EQ(ms(h, 0.99), 0.01);
  EXPECT_EQ(ms(h, 1), 1000);
  using step = latency_histogram::step;
  EXPECT_EQ(h.steps_used().front(), (step{10, 99}));
}

}  // namespace
}  // namespace sluice
