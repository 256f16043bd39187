#include "engine/dispatch/gate.hpp"

#include <gtest/gtest.h>

namespace sluice::engine {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace): of literals only
using core::blame;
using core::steady_time;

constexpr steady_time noon{12h};

/// A gate and its chance.
struct with_gate {
  explicit with_gate(double rate = 0, core::breaker_policy policy = {}) : g{rate, policy} {}
  void fail(int times, blame b, bool probe = false, steady_time at = noon) {
    while (times-- > 0) g.observe(b, probe, at, random);
  }
  gate g;
  core::rng random{1};
};

TEST(gate, lets_through_what_nothing_is_against) {
  with_gate a;
  for (int n = 0; n < 1000; ++n) {
    const auto answer = a.g.ask(noon);
    EXPECT_TRUE(answer.open);
    EXPECT_FALSE(answer.probe);
  }
}

TEST(gate, that_is_held_says_no_until_it_is_let_go) {
  with_gate a;
  a.g.hold(true);
  EXPECT_TRUE(a.g.held());
  EXPECT_FALSE(a.g.ask(noon).open);
  EXPECT_EQ(a.g.ask(noon).ask_again, steady_time::max()) << "no time opens it";
  a.g.hold(false);
  EXPECT_TRUE(a.g.ask(noon).open);
}

TEST(gate, waits_for_the_longest_pause) {
  with_gate a;
  a.g.pause_until(noon + 5s);
  a.g.pause_until(noon + 2s);
  EXPECT_EQ(a.g.paused_until(), noon + 5s);
  const auto early = a.g.ask(noon + 4s);
  EXPECT_FALSE(early.open);
  EXPECT_EQ(early.ask_again, noon + 5s);
  EXPECT_TRUE(a.g.ask(noon + 5s).open);
}

TEST(gate, keeps_its_rate_for_whoever_asks_when_told) {
  for (const double rate : {0.5, 3.0, 10.0, 250.0}) {
    with_gate a{rate};
    int passed = 0;
    for (auto t = noon; t < noon + 60s;) {
      const auto answer = a.g.ask(t);
      passed += answer.open ? 1 : 0;
      if (!answer.open) {
        ASSERT_GT(answer.ask_again, t) << "or it would be asked for ever";
        t = answer.ask_again;
      }
    }
    EXPECT_NEAR(passed, rate * 60, rate / 10 + 1.5) << rate << " a second";
  }
}

TEST(gate, obeys_a_new_rate_from_then_on) {
  with_gate a{0.001};
  EXPECT_TRUE(a.g.ask(noon).open);
  EXPECT_FALSE(a.g.ask(noon + 1s).open);
  a.g.set_rate(0, noon + 1s);
  EXPECT_TRUE(a.g.ask(noon + 1s).open);
}

TEST(gate, sends_one_probe_to_an_endpoint_that_cannot_be_reached) {
  with_gate a;
  a.fail(3, blame::unreachable);
  EXPECT_TRUE(a.g.unreachable());
  const auto wait = a.g.ask(noon);
  ASSERT_FALSE(wait.open);
  const auto later = wait.ask_again;
  ASSERT_LT(later, steady_time::max());
  const auto probe = a.g.ask(later);
  EXPECT_TRUE(probe.open);
  EXPECT_TRUE(probe.probe);
  const auto second = a.g.ask(later);
  EXPECT_FALSE(second.open);
  EXPECT_EQ(second.ask_again, steady_time::max()) << "the probe's end asks again";

  a.g.withdraw(false);
  EXPECT_FALSE(a.g.ask(later).open) << "another attempt's end is not the probe's";
  a.g.withdraw(true);
  EXPECT_TRUE(a.g.ask(later).probe);
  a.fail(1, blame::nobody, true, later);
  EXPECT_FALSE(a.g.unreachable());
  EXPECT_FALSE(a.g.ask(later).probe);
}

TEST(gate, spends_nothing_of_the_rate_while_it_is_shut) {
  with_gate a{0.001};
  a.fail(3, blame::unreachable);
  const auto later = a.g.ask(noon).ask_again;
  EXPECT_TRUE(a.g.ask(later).open);
}

TEST(gate, stops_for_good_until_it_is_reset) {
  with_gate a;
  a.fail(3, blame::refuses_us);
  EXPECT_EQ(a.g.stopped(), blame::refuses_us);
  EXPECT_EQ(a.g.standing(), blame::refuses_us);
  EXPECT_FALSE(a.g.ask(noon + 1h).open);
  EXPECT_EQ(a.g.ask(noon + 1h).ask_again, steady_time::max());
  a.g.reset();
  EXPECT_EQ(a.g.stopped(), blame::nobody);
  EXPECT_TRUE(a.g.ask(noon).open);
}

TEST(gate, that_never_stops_sends_probes_instead_and_a_reset_keeps_that) {
  with_gate a;
  a.g.never_stop(true);
  for (const bool reset : {false, true}) {
    if (reset) a.g.reset();
    a.fail(3, blame::refuses_us);
    EXPECT_EQ(a.g.stopped(), blame::nobody);
    const auto wait = a.g.ask(noon);
    EXPECT_FALSE(wait.open);
    EXPECT_TRUE(a.g.ask(wait.ask_again).probe);
  }
  a.g.never_stop(false), a.g.reset();
  a.fail(3, blame::refuses_us);
  EXPECT_EQ(a.g.stopped(), blame::refuses_us);
}

}  // namespace
}  // namespace sluice::engine
