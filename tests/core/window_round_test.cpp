#include "core/window/window_round.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace sluice::core {
namespace {

const steady_time start{std::chrono::hours{1}};

window_sample answer(int ms, std::uint64_t bytes, std::size_t in_flight = 4) {
  return {.begun = start + milliseconds{ms - 40},
          .now = start + milliseconds{ms},
          .bytes = bytes,
          .server_time = milliseconds{30},
          .in_flight = in_flight};
}

window_round of(std::size_t count, std::uint64_t bytes, std::uint64_t average) {
  window_round r;
  r.begin(start);
  r.add(answer(40, average), 4);  // the notion of average is kept from round to round
  r.begin(start);
  for (std::size_t i = 1; i <= count; ++i) r.add(answer(static_cast<int>(10 * i), bytes), 4);
  return r;
}

// 4 in flight for 40 ms each are 100 a second.
TEST(window_round, rates_by_littles_law) { EXPECT_NEAR(of(10, 1000, 1000).rate(), 100, 0.01); }

TEST(window_round, counts_half_for_files_and_half_for_bytes) {
  EXPECT_NEAR(of(1, 2000, 1000).rate(), 150, 1);
  EXPECT_NEAR(of(1, 0, 1000).rate(), 50, 1);
  EXPECT_NEAR(of(10, 0, 0).rate(), 100, 0.01) << "nothing but empty files";
}

TEST(window_round, tells_people_what_the_clock_says) {
  const auto r = of(10, 1000, 1000);
  EXPECT_NEAR(r.files_per_second(), 100, 0.01);
  EXPECT_NEAR(r.bytes_per_second(), 100'000, 10);
  EXPECT_NEAR(r.server_seconds(), 0.03, 1e-9);
}

TEST(window_round, of_nothing_is_nothing) {
  window_round r;
  r.begin(start);
  for (const double v :
       {r.rate(), r.exchange_seconds(), r.files_per_second(), r.bytes_per_second(), r.server_seconds()})
    EXPECT_EQ(v, 0);
}

/// Ten attempts in 100 ms; the thread is asked for its work with every second one.
window_round worked(double share) {
  window_round r;
  r.begin(start);
  for (int ms = 10; ms <= 100; ms += 10) {
    auto s = answer(ms, 1000);
    if (ms % 20 == 0) s.worked = std::chrono::microseconds{std::lround(1000 * share * ms)};
    r.add(s, 4);
  }
  return r;
}

TEST(window_round, is_limited_by_us_when_the_loop_hardly_rests) {
  EXPECT_TRUE(worked(0.9).limited_by_us());
  EXPECT_FALSE(worked(0.8).limited_by_us());
  EXPECT_FALSE(of(10, 1000, 1000).limited_by_us()) << "nobody asked";
}

TEST(window_round, counts_the_work_since_the_round_before_asked_for_it) {
  auto r = worked(0.9);
  r.begin(start + milliseconds{100});
  auto s = answer(120, 1000);
  s.worked = milliseconds{108};
  r.add(s, 4);
  EXPECT_TRUE(r.limited_by_us()) << "18 of 20 ms";
  s = answer(140, 1000), s.worked = milliseconds{110};
  r.add(s, 4);
  EXPECT_FALSE(r.limited_by_us()) << "20 of 40 ms";
}

TEST(window_round, of_a_moment_does_not_tell_who_is_the_limit) {
  window_round r;
  r.begin(start);
  for (const int ms : {40, 45}) {
    auto s = answer(ms, 1000);
    s.worked = milliseconds{ms};
    r.add(s, 4);
  }
  EXPECT_FALSE(r.limited_by_us());
}

TEST(window_round, with_many_new_connections_does_not_tell_who_is_the_limit) {
  auto r = worked(0.9);
  for (const bool limited : {true, false}) {
    auto s = answer(101, 1000);
    s.connecting = milliseconds{15};
    r.add(s, 4);
    EXPECT_EQ(r.limited_by_us(), limited) << r.count();
  }
}

TEST(window_round, is_limited_by_us_when_most_files_were_waited_for) {
  window_round r;
  r.begin(start);
  for (int i = 0; i < 10; ++i) {
    auto s = answer(10 * i, 1000);
    s.waited_for_file = i % 2 == 0;
    r.add(s, 4);
  }
  EXPECT_TRUE(r.limited_by_us());
}

TEST(window_round, leaves_connecting_out_of_an_exchange) {
  window_round r;
  r.begin(start);
  auto s = answer(40, 1000);
  s.connecting = milliseconds{15};
  r.add(s, 4);
  EXPECT_NEAR(r.exchange_seconds(), 0.025, 1e-9);
}

TEST(window_round, is_in_use_when_nearly_all_attempts_saw_it_full) {
  window_round r;
  r.begin(start);
  for (int i = 0; i < 9; ++i) r.add(answer(40, 1), 4);
  r.add(answer(40, 1, 3), 4);
  EXPECT_TRUE(r.in_use());
  r.add(answer(40, 1, 3), 4);
  EXPECT_FALSE(r.in_use());
}

TEST(window_round, takes_a_number_of_attempts_and_a_while) {
  EXPECT_FALSE(of(10, 1, 1).complete(11, 4));
  EXPECT_TRUE(of(10, 1, 1).complete(10, 4));
  EXPECT_FALSE(of(1, 1, 1).complete(1, 4)) << "10 ms";
}

TEST(window_round, of_a_slow_server_takes_fewer) {
  EXPECT_FALSE(of(199, 1, 1).complete(1000, 4));
  EXPECT_TRUE(of(200, 1, 1).complete(1000, 4));
  EXPECT_FALSE(of(200, 1, 1).complete(1000, 201)) << "not less than the window";
}

}  // namespace
}  // namespace sluice::core
