#include "core/window/auto_window.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <queue>
#include <vector>

namespace sluice::core {
namespace {

using kind = window_sample::kind;
using std::chrono::duration_cast;
using seconds_d = std::chrono::duration<double>;

/// A server and a client that always has work: what ends is fed to the window, what the window allows begins.
struct closed_loop {
  explicit closed_loop(std::size_t max, std::size_t workers, double service_ms, bool queues = true)
      : w{max}, free_at(workers == 0 ? 1000 : workers, now), service{service_ms}, queue{queues} {}

  struct running {
    steady_time begun, ends;
    kind what;
    bool operator>(const running& o) const { return ends > o.ends; }
  };

  steady_time::duration jittered() {
    return duration_cast<steady_time::duration>(
        seconds_d{service / 1000 * std::exp(std::normal_distribution<double>{0, 0.1}(random))});
  }
  void begin() {
    const auto first = std::ranges::min_element(free_at);
    if (*first > now && !queue)
      under_way.push({now, now + milliseconds{1}, kind::overload});
    else
      under_way.push({now, *first = std::max(*first, now) + jittered(), kind::answered});
  }
  void run(double secs) {
    const auto until = now + duration_cast<steady_time::duration>(seconds_d{secs});
    answered = overloads = 0;
    while (now < until) {
      while (under_way.size() < std::min(w.limit(), work)) begin();
      const auto r = under_way.top();
      now = r.ends;
      const auto before = w.limit();
      (r.what == kind::answered ? answered : overloads)++;
      const auto why =
          w.observe({.what = r.what,
                     .begun = r.begun,
                     .now = now,
                     .bytes = 1000,
                     .server_time = r.ends - r.begun,
                     .worked = worked += duration_cast<steady_time::duration>(seconds_d{own_ms / 1000}),
                     .waited_for_file = waits_for_files,
                     .in_flight = under_way.size()});
      under_way.pop();
      if (why) reasons.push_back(*why);
      largest = std::max(largest, w.limit()), smallest = std::min(smallest, w.limit());
      if (before != w.limit()) ++changes;
    }
  }
  void set_workers(std::size_t n) { free_at.resize(n, now); }
  bool told(window_reason why) const { return std::ranges::count(reasons, why) > 0; }

  auto_window w;
  steady_time now{std::chrono::hours{1}};
  std::vector<steady_time> free_at;
  double service;
  bool queue;
  double own_ms = 0;  ///< processor time that an attempt takes of our loop
  steady_time::duration worked{};
  bool waits_for_files = false;
  std::size_t work = 100'000;  ///< files that could be in flight
  rng random{7};
  std::priority_queue<running, std::vector<running>, std::greater<>> under_way;
  std::uint64_t answered = 0, overloads = 0;
  std::size_t largest = 0, smallest = 100'000, changes = 0;
  std::vector<window_reason> reasons;
};

window_sample overload(steady_time begun, steady_time now, std::size_t in_flight) {
  return {.what = kind::overload, .begun = begun, .now = now, .in_flight = in_flight};
}

TEST(auto_window, begins_small) {
  EXPECT_EQ(auto_window{100}.limit(), auto_window::start);
  EXPECT_EQ(auto_window{1}.limit(), 1u);
  EXPECT_EQ(auto_window{0}.limit(), 1u) << "nothing would ever be sent";
}

TEST(auto_window, grows_to_its_maximum_while_more_are_faster) {
  closed_loop l{300, 0, 100};
  l.run(2);
  EXPECT_GE(l.largest, 300u);
  EXPECT_LE(l.largest, 300u);
  l.run(20);
  EXPECT_GT(static_cast<double>(l.answered) / 20, 0.97 * 3000);
}

struct server {
  std::size_t workers;
  double service_ms;
};
class any_server : public testing::TestWithParam<server> {};

TEST_P(any_server, that_queues_gets_about_as_many_as_it_works_on) {
  const auto [workers, ms] = GetParam();
  closed_loop l{512, workers, ms};
  l.run(5 + static_cast<double>(2000 / workers) * ms / 1000);
  l.largest = 0, l.smallest = 1000;
  l.run(5 + static_cast<double>(2000 / workers) * ms / 1000);
  EXPECT_LE(l.largest, 2 * workers + 2);
  EXPECT_GE(2 * l.smallest, workers);
}

TEST_P(any_server, that_refuses_beyond_its_capacity_is_kept_busy_without_storms) {
  const auto [workers, ms] = GetParam();
  closed_loop l{512, workers, ms, false};
  const auto seconds = 5 + static_cast<double>(2000 / workers) * ms / 1000;
  l.run(seconds);
  l.run(seconds);
  EXPECT_LT(static_cast<double>(l.overloads), 0.02 * static_cast<double>(l.answered + l.overloads));
  EXPECT_GT(static_cast<double>(l.answered), 0.94 * seconds * static_cast<double>(workers) * 1000 / ms);
}

INSTANTIATE_TEST_SUITE_P(all, any_server,
                         testing::Values(server{1, 5}, server{1, 50}, server{8, 5}, server{8, 50},
                                         server{64, 20}, server{64, 200}),
                         [](const auto& i) {
                           return std::to_string(i.param.workers) + "_workers_of_" +
                                  std::to_string(static_cast<int>(i.param.service_ms)) + "_ms";
                         });

TEST(auto_window, seldom_tries_fewer_where_goodput_goes_with_the_window) {
  closed_loop l{200, 0, 50};
  l.run(1);
  ASSERT_EQ(l.largest, 200u);
  l.run(4);
  EXPECT_GE(std::ranges::count(l.reasons, window_reason::probing), 2);
  EXPECT_LE(std::ranges::count(l.reasons, window_reason::probing), 4);
}

TEST(auto_window, follows_a_capacity_that_doubles) {
  for (const bool queues : {true, false}) {
    closed_loop l{512, 16, 50, queues};
    l.run(10);
    l.set_workers(32);
    l.run(5);
    EXPECT_GE(l.w.limit(), 28u) << queues;
  }
}

TEST(auto_window, follows_a_capacity_that_halves) {
  for (const bool queues : {true, false}) {
    closed_loop l{512, 32, 50, queues};
    l.run(10);
    l.set_workers(16);
    l.run(10);
    EXPECT_LE(l.w.limit(), 26u) << queues;
    l.run(5);
    EXPECT_GT(static_cast<double>(l.answered) / 5, 0.9 * 16 / 0.05) << queues;
  }
}

TEST(auto_window, that_is_not_used_does_not_grow) {
  closed_loop l{512, 0, 50};
  l.work = 10;
  l.run(30);
  EXPECT_LE(l.largest, 16u) << "the doubling that was under way, no more";
  l.work = 1000;
  l.run(10);
  EXPECT_GE(l.largest, 500u) << "and then it is used";
}

TEST(auto_window, gives_way_once_in_a_burst) {
  closed_loop l{512, 0, 50};
  l.work = 64;
  l.run(5);
  const auto before = l.w.limit();
  const auto begun = l.now - milliseconds{50};
  EXPECT_EQ(l.w.observe(overload(begun, l.now, 64)), window_reason::overload);
  const auto after = l.w.limit();
  EXPECT_LT(after, before);
  for (std::size_t i = 0; i < 30; ++i)
    EXPECT_FALSE(l.w.observe(overload(begun, l.now + milliseconds{1}, 60 - i)));
  EXPECT_EQ(l.w.limit(), after);
}

TEST(auto_window, gives_way_further_when_bursts_follow_each_other) {
  closed_loop l{512, 0, 50};
  l.run(5);
  for (int i = 0; i < 40; ++i) {
    l.now += milliseconds{10};
    l.w.observe(overload(l.now - milliseconds{5}, l.now, l.w.limit()));
  }
  EXPECT_EQ(l.w.limit(), 1u);
  l.run(20);
  EXPECT_GE(l.w.limit(), 100u) << "and comes back";
}

TEST(auto_window, is_not_moved_by_what_says_nothing) {
  auto_window w{100};
  for (int i = 0; i < 1000; ++i)
    EXPECT_FALSE(w.observe({.what = kind::other,
                            .begun = steady_time{},
                            .now = steady_time{} + milliseconds{i},
                            .in_flight = 2}));
  EXPECT_EQ(w.limit(), auto_window::start);
}

TEST(auto_window, survives_a_stall) {
  closed_loop l{512, 0, 20};
  l.run(5);
  const auto well = l.w.limit();
  for (auto& at : l.free_at) at += std::chrono::seconds{60};
  l.run(61);
  l.run(10);
  EXPECT_GE(l.w.limit(), well / 2);
}

TEST(auto_window, does_not_take_large_files_for_a_slow_server) {
  auto_window w{512};
  auto now = steady_time{std::chrono::hours{1}};
  // A full link: files a second fall to a tenth where files are ten times as long, bytes stay.
  for (int i = 0; i < 20'000; ++i) {
    const bool large = i / 500 % 2 == 1;
    const auto per_file = std::chrono::microseconds{large ? 10'000 : 1000};
    now += per_file;
    w.observe({.what = kind::answered,
               .begun = now - per_file * static_cast<int>(w.limit()),
               .now = now,
               .bytes = large ? 1'000'000u : 100'000u,
               .in_flight = w.limit()});
    EXPECT_LE(w.limit(), 64u);
  }
  EXPECT_LE(w.limit(), 16u);
}

TEST(auto_window, measures_what_it_tells) {
  closed_loop l{64, 8, 50};
  l.run(10);
  EXPECT_NEAR(l.w.files_per_second(), 160, 25);
  EXPECT_NEAR(l.w.bytes_per_second(), 160'000, 25'000);
  EXPECT_GT(l.w.server_seconds(), 0.04);
}

TEST(auto_window, tells_why) {
  closed_loop queueing{512, 8, 20};
  queueing.run(20);
  for (const auto why : {window_reason::growing, window_reason::saturated, window_reason::probing,
                         window_reason::as_fast, window_reason::no_gain})
    EXPECT_TRUE(queueing.told(why)) << to_string(why);
  closed_loop refusing{512, 8, 20, false};
  refusing.run(20);
  EXPECT_TRUE(refusing.told(window_reason::overload));
  closed_loop far{64, 0, 20};
  far.run(1);
  EXPECT_EQ(far.reasons.front(), window_reason::growing);
}

// The window stays between 1 and its maximum, whatever it is fed and in whatever order of times.
TEST(auto_window, stays_within_its_bounds_whatever_happens) {
  rng random{3};
  for (int n = 0; n < 200; ++n) {
    const std::size_t max = 1 + random() % 40;
    auto_window w{max};
    auto now = steady_time{std::chrono::hours{1}};
    for (int i = 0; i < 3000; ++i) {
      now += std::chrono::microseconds{random() % 3 == 0 ? 0 : random() % 20'000};
      const auto what = static_cast<kind>(random() % 20 == 0 ? random() % 3 : 0);
      w.observe({.what = what,
                 .begun = now - std::chrono::microseconds{random() % 100'000},
                 .now = now,
                 .bytes = random() % 2 == 0 ? 0 : random() % 1'000'000,
                 .in_flight = random() % 4 == 0 ? 1 + random() % 50 : w.limit()});
      ASSERT_GE(w.limit(), 1u);
      ASSERT_LE(w.limit(), max);
    }
  }
}

TEST(auto_window, takes_few_steps_to_a_server_that_is_far_away) {
  closed_loop l{1000, 0, 50};
  l.run(0.4);
  EXPECT_EQ(l.largest, 1000u)
      << "2, 4, 16, 64, 256, 1000: a step takes about 50 ms, and a doubling each would take 9";
}

TEST(auto_window, compares_over_longer_rounds_where_short_ones_differ_by_chance) {
  closed_loop l{1000, 16, 1};
  const auto run = [&] {
    for (int n = 0; n < 1000; ++n) {  // the machine has other things to do now and then
      l.service = n % 2 == 0 ? 0.8 : 1.25;
      l.run(0.013);
    }
  };
  run();
  l.changes = l.largest = 0;
  run();
  EXPECT_LT(l.changes, 200u) << "with rounds of 20 ms there are 400";
  EXPECT_LE(l.largest, 32u);
}

TEST(auto_window, keeps_a_busy_loop_busy_and_does_not_climb) {
  closed_loop l{1000, 1, 0.03};  // the one worker is our loop
  l.own_ms = 0.027;
  l.run(3);
  EXPECT_GE(l.w.limit(), auto_window::own_least);
  l.smallest = 1000, l.largest = 0;
  l.run(20);
  EXPECT_GE(l.smallest, auto_window::own_least);
  EXPECT_LE(l.largest, 2 * auto_window::own_least);
}

TEST(auto_window, does_not_climb_while_the_disk_is_the_limit) {
  closed_loop l{1000, 1, 0.5};
  l.waits_for_files = true;
  l.run(30);
  EXPECT_LE(l.largest, 4 * auto_window::own_least);
  EXPECT_GE(l.w.limit(), auto_window::own_least);
}

TEST(auto_window, comes_back_down_when_the_loop_becomes_the_limit) {
  closed_loop l{1000, 200, 20};
  l.run(20);
  ASSERT_GT(l.w.limit(), 100u);
  l.set_workers(1), l.service = 0.03, l.own_ms = 0.027;
  l.run(20);
  EXPECT_LE(l.w.limit(), 2 * auto_window::own_least);
}

TEST(auto_window, stays_below_what_a_server_refused_though_the_loop_is_busy) {
  for (const std::size_t workers : {1, 2, 8}) {
    closed_loop l{1000, workers, 0.2, false};
    l.own_ms = 0.16;
    l.run(5);
    l.run(20);
    EXPECT_LT(l.overloads, l.answered / 20) << workers;
    EXPECT_LE(l.w.limit(), workers + 1);
  }
}

}  // namespace
}  // namespace sluice::core
