#include "core/pacing/breaker.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <array>

namespace sluice::core {
namespace {

using gate = breaker::gate;
using std::chrono::hours;

class breaker_of : public testing::Test {
 protected:
  void see(blame b, int times = 1) {
    for (int i = 0; i < times; ++i) it.observe(b, false, now, random);
  }

  gate ask() { return it.admit(now).what; }

  /// Opens it with three attempts that could not connect.
  void open() {
    see(blame::unreachable, 3);
    ASSERT_TRUE(it.open());
  }

  /// Waits as long as it says and lets the probe through; how long that was.
  milliseconds wait_for_probe() {
    const auto from = now;
    const auto waiting = it.admit(now);
    if (waiting.what == gate::wait) {
      EXPECT_EQ(it.admit(waiting.at - std::chrono::nanoseconds{1}).what, gate::wait);
      now = waiting.at;
      EXPECT_EQ(it.admit(now).what, gate::probe);
    }
    return std::chrono::duration_cast<milliseconds>(now - from);
  }

  void probe_says(blame b) {
    wait_for_probe();
    it.observe(b, true, now, random);
  }

  rng random{20261123};
  steady_time now{hours{1}};
  breaker it;
};

TEST_F(breaker_of, an_unreachable_endpoint_opens_at_the_third_in_a_row) {
  see(blame::nobody, 1000);
  see(blame::file, 1000);
  see(blame::unreachable, 2);
  EXPECT_EQ(ask(), gate::pass);
  see(blame::unreachable);
  EXPECT_EQ(ask(), gate::wait);
  EXPECT_EQ(it.stopped(), blame::nobody);
}

TEST_F(breaker_of, a_busy_endpoint_opens_at_the_hundredth_in_a_row) {
  see(blame::busy, 99);
  EXPECT_EQ(ask(), gate::pass);
  see(blame::busy);
  EXPECT_EQ(ask(), gate::wait);
}

TEST_F(breaker_of, any_answer_about_a_file_begins_every_count_anew) {
  for (const blame good : {blame::nobody, blame::file})
    for (const auto& [failure, one_too_few] :
         {std::pair{blame::unreachable, 2}, {blame::busy, 99}, {blame::refuses_us, 2}})
      for (int i = 0; i < 3; ++i) {
        see(failure, one_too_few);
        ASSERT_EQ(ask(), gate::pass);
        see(good);
      }
}

TEST_F(breaker_of, busy_means_that_a_connection_could_be_made) {
  for (int i = 0; i < 30; ++i) {
    see(blame::unreachable, 2);
    see(blame::busy);
  }
  EXPECT_EQ(ask(), gate::pass);
}

TEST_F(breaker_of, attempts_without_a_connection_count_among_the_hundred_as_well) {
  for (int i = 0; i < 33; ++i) {
    see(blame::busy, 2);
    see(blame::unreachable);
  }
  EXPECT_EQ(ask(), gate::pass);
  see(blame::busy);
  EXPECT_EQ(ask(), gate::wait);
}

TEST_F(breaker_of, three_refusals_of_us_in_a_row_stop) {  // I8, rows 47, 48
  see(blame::refuses_us, 2);
  EXPECT_EQ(ask(), gate::pass);
  see(blame::refuses_us);
  EXPECT_EQ(ask(), gate::stop);
  EXPECT_EQ(it.stopped(), blame::refuses_us);
}

TEST_F(breaker_of, refusals_with_another_reply_between_are_not_in_a_row) {
  for (const blame between : {blame::nobody, blame::file, blame::busy})
    for (int i = 0; i < 3; ++i) {
      see(blame::refuses_us, 2);
      see(between);
    }
  EXPECT_EQ(ask(), gate::pass);
  see(blame::refuses_us, 2);
  see(blame::unreachable);  // no reply
  see(blame::refuses_us);
  EXPECT_EQ(it.stopped(), blame::refuses_us);
}

TEST_F(breaker_of, a_refusal_shows_that_it_was_reached) {
  see(blame::unreachable, 2);
  see(blame::refuses_us);
  see(blame::unreachable, 2);
  EXPECT_EQ(ask(), gate::pass);
}

TEST_F(breaker_of, a_wrong_identity_stops_at_once_and_for_good) {  // row 28
  see(blame::identity);
  EXPECT_EQ(ask(), gate::stop);
  see(blame::nobody, 10);
  see(blame::refuses_us, 10);
  EXPECT_EQ(it.stopped(), blame::identity);
  EXPECT_EQ(it.standing(), blame::identity);
  EXPECT_EQ(it.admit(now + hours{1}).what, gate::stop);
}

TEST_F(breaker_of, open_lets_one_probe_through_at_a_time) {  // row 27
  open();
  wait_for_probe();
  now += hours{1};
  EXPECT_EQ(ask(), gate::wait);
  EXPECT_EQ(it.admit(now).at, steady_time::max());
}

TEST_F(breaker_of, a_probe_given_back_can_be_taken_again) {
  open();
  wait_for_probe();
  it.withdraw_probe();
  EXPECT_EQ(ask(), gate::probe);
  EXPECT_EQ(ask(), gate::wait);
}

TEST_F(breaker_of, a_probe_with_any_reply_but_busy_closes_it) {
  for (const blame reply : {blame::nobody, blame::file, blame::refuses_us}) {
    open();
    probe_says(reply);
    EXPECT_FALSE(it.open());
    EXPECT_EQ(ask(), gate::pass);
    see(blame::unreachable, 2);  // the count began anew
    EXPECT_EQ(ask(), gate::pass);
    see(blame::nobody);
  }
}

TEST_F(breaker_of, five_failed_probes_stop_with_what_opened_it) {
  open();
  for (int i = 0; i < 4; ++i) probe_says(blame::busy);
  EXPECT_EQ(it.stopped(), blame::nobody);
  probe_says(blame::busy);
  EXPECT_EQ(it.stopped(), blame::unreachable);
  EXPECT_EQ(ask(), gate::stop);
}

TEST_F(breaker_of, failed_probes_count_from_the_last_answer) {
  for (int i = 0; i < 5; ++i) {
    open();
    for (int probe = 0; probe < 4; ++probe) probe_says(blame::unreachable);
    probe_says(blame::file);
  }
  EXPECT_EQ(ask(), gate::pass);
}

TEST_F(breaker_of, a_busy_endpoint_stops_as_busy) {
  see(blame::busy, 100);
  for (int i = 0; i < 5; ++i) probe_says(blame::unreachable);
  EXPECT_EQ(it.stopped(), blame::busy);
}

TEST_F(breaker_of, without_a_limit_of_probes_never_stops_and_waits_up_to_the_cap) {
  it = breaker{{.max_probes = 0}};
  open();
  milliseconds longest{0};
  for (int i = 0; i < 1000; ++i) {
    const auto waited = wait_for_probe();
    longest = std::max(longest, waited);
    it.observe(blame::unreachable, true, now, random);
  }
  EXPECT_EQ(it.stopped(), blame::nobody);
  EXPECT_LE(longest, milliseconds{30'000});
  EXPECT_GT(longest, milliseconds{29'000});
}

/// Probe n comes between base/2 and base·2ⁿ after the one before, for many seeds, and the range is used.
TEST_F(breaker_of, probes_come_with_full_jitter_and_a_doubling_bound) {
  std::array<milliseconds, 5> least, most;
  least.fill(hours{1});
  most.fill(milliseconds{0});
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    random.seed(seed);
    it = breaker{};
    open();
    for (std::size_t i = 0; i < 5; ++i) {
      const auto waited = wait_for_probe();
      least[i] = std::min(least[i], waited);
      most[i] = std::max(most[i], waited);
      it.observe(blame::unreachable, true, now, random);
    }
  }
  for (std::size_t i = 0; i < 5; ++i) {
    const milliseconds bound{250 << i};
    EXPECT_GE(least[i], milliseconds{125});
    EXPECT_LE(least[i], milliseconds{125} + bound / 10);
    EXPECT_LE(most[i], bound);
    EXPECT_GE(most[i], bound - bound / 10);
  }
}

TEST_F(breaker_of, a_cap_below_the_base_is_the_delay) {
  it = breaker{{.base = milliseconds{250}, .cap = milliseconds{10}}};
  open();
  EXPECT_EQ(wait_for_probe(), milliseconds{10});
}

TEST_F(breaker_of, late_failures_change_nothing_while_it_is_open) {
  open();
  const auto due = it.admit(now).at;
  see(blame::unreachable, 500);
  see(blame::busy, 500);
  EXPECT_EQ(it.admit(now).at, due);
  wait_for_probe();
  see(blame::unreachable, 500);
  EXPECT_EQ(it.admit(now).at, steady_time::max());  // the probe is still under way
  EXPECT_EQ(it.stopped(), blame::nobody);
}

TEST_F(breaker_of, a_late_answer_closes_it) {
  for (const blame reply : {blame::nobody, blame::file, blame::refuses_us}) {
    open();
    see(reply);
    EXPECT_EQ(ask(), gate::pass);
    see(blame::nobody);
  }
}

TEST_F(breaker_of, an_old_probe_keeps_its_place_when_it_opens_again) {
  open();
  wait_for_probe();
  see(blame::nobody);  // closed by a late answer, the probe is still under way
  EXPECT_EQ(ask(), gate::pass);
  open();
  now += hours{1};
  EXPECT_EQ(ask(), gate::wait);
  it.observe(blame::unreachable, true, now, random);
  now += hours{1};
  EXPECT_EQ(ask(), gate::probe);
}

// An endpoint that takes nothing is not set up as it was meant to be, whatever it says of each file.
TEST_F(breaker_of, the_same_refusal_of_every_upload_stops) {
  struct {
    blame of;
    bool moves;
    int streak;
  } const table[] = {{blame::file, true, 5},           {blame::file, false, 100},
                     {blame::perhaps_file, true, 100}, {blame::perhaps_file, false, 100},
                     {blame::unconfirmed, true, 5},    {blame::unconfirmed, false, 5}};
  for (const auto& row : table) {
    it = breaker{{.moves_refused = row.moves}};
    see(row.of, row.streak - 1);
    EXPECT_EQ(ask(), gate::pass);
    see(row.of);
    EXPECT_EQ(ask(), gate::stop);
    EXPECT_EQ(it.stopped(), row.of);
    it = breaker{{.moves_refused = row.moves}};
    see(row.of, row.streak - 1);
    see(blame::nobody);
    see(row.of, 1000);
    EXPECT_EQ(ask(), gate::pass) << "one was accepted: it is about the files";
    EXPECT_EQ(it.standing(), blame::nobody);
  }
}

TEST_F(breaker_of, a_short_run_of_refusals_that_may_be_of_us_is_remembered) {
  for (const blame b : {blame::perhaps_file, blame::unconfirmed}) {
    it = breaker{};
    see(b, 4);
    EXPECT_EQ(it.standing(), blame::nobody);
    see(b);
    EXPECT_EQ(it.standing(), b);
  }
  it = breaker{};
  see(blame::file, 50);
  EXPECT_EQ(it.standing(), blame::nobody);
}

TEST_F(breaker_of, standing_is_the_gravest_blame_since_the_last_good_answer) {
  EXPECT_EQ(it.standing(), blame::nobody);
  see(blame::busy);
  EXPECT_EQ(it.standing(), blame::busy);
  see(blame::unreachable);
  see(blame::busy);
  EXPECT_EQ(it.standing(), blame::unreachable);
  see(blame::refuses_us);
  see(blame::unreachable);
  EXPECT_EQ(it.standing(), blame::refuses_us);
  see(blame::file);
  EXPECT_EQ(it.standing(), blame::nobody);
}

/// No history has two probes at a time, and the breaker finds out a wall of any one kind.
TEST_F(breaker_of, any_history_keeps_to_one_probe) {
  it = breaker{{.refusal_streak = 1'000'000, .max_probes = 0}};
  constexpr std::array kinds{blame::nobody, blame::file, blame::busy, blame::unreachable, blame::refuses_us};
  bool probing = false;
  for (int i = 0; i < 100'000; ++i) {
    const auto admitted = it.admit(now);
    if (admitted.what == gate::probe) {
      ASSERT_FALSE(probing);
      probing = true;
    }
    ASSERT_TRUE(admitted.what != gate::wait || probing || admitted.at <= now + milliseconds{30'000});
    now += milliseconds{random() % 200};
    const blame b = random() % 8 ? blame::unreachable : kinds[random() % kinds.size()];
    const bool is_probe = probing && random() % 4 == 0;
    if (is_probe) probing = false;
    it.observe(b, is_probe, now, random);
  }
}

class breaker_that_never_stops : public breaker_of {
 protected:
  breaker_that_never_stops() { it = breaker{breaker_policy{}.that_never_stops()}; }
};

TEST_F(breaker_that_never_stops, probes_an_unreachable_endpoint_for_days) {
  open();
  milliseconds longest{0};
  for (int probe = 0; probe < 10'000; ++probe) {
    longest = std::max(longest, wait_for_probe());
    it.observe(blame::unreachable, true, now, random);
  }
  EXPECT_EQ(it.stopped(), blame::nobody);
  EXPECT_LE(longest, milliseconds{30'000});
  EXPECT_GT(longest, milliseconds{25'000});
  EXPECT_TRUE(it.open());
  probe_says(blame::nobody);
  EXPECT_EQ(ask(), gate::pass);
}

TEST_F(breaker_that_never_stops, opens_where_another_stops) {
  struct {
    blame what;
    int times;
  } const cases[] = {{blame::refuses_us, 3}, {blame::identity, 1}};
  for (const auto& c : cases) {
    it = breaker{breaker_policy{}.that_never_stops()};
    see(c.what, c.times - 1);
    EXPECT_EQ(ask(), gate::pass);
    see(c.what);
    EXPECT_EQ(it.stopped(), blame::nobody);
    EXPECT_EQ(it.standing(), c.what);
    EXPECT_EQ(ask(), gate::wait);
    milliseconds longest{0};
    for (int probe = 0; probe < 1000; ++probe) {
      longest = std::max(longest, wait_for_probe());
      see(c.what, 5);  // late ones say nothing new
      it.observe(c.what, true, now, random);
      EXPECT_EQ(ask(), gate::wait);
    }
    EXPECT_LE(longest, milliseconds{60'000});
    EXPECT_GT(longest, milliseconds{50'000});
    probe_says(blame::file);
    EXPECT_FALSE(it.open());
    EXPECT_EQ(it.standing(), blame::nobody);
  }
}

TEST_F(breaker_that_never_stops, a_refusal_shows_that_it_can_be_reached) {
  open();
  probe_says(blame::refuses_us);
  EXPECT_FALSE(it.open());
  see(blame::refuses_us, 2);
  EXPECT_TRUE(it.open());
}

TEST_F(breaker_that_never_stops, stops_once_it_is_told_to) {
  open();
  for (int probe = 0; probe < 20; ++probe) probe_says(blame::unreachable);
  it.obey(breaker_policy{});
  EXPECT_EQ(it.stopped(), blame::nobody);
  probe_says(blame::unreachable);
  EXPECT_EQ(it.stopped(), blame::unreachable);
}

}  // namespace
}  // namespace sluice::core
