#include "core/pacing/endpoint_monitor.hpp"

#include <sluice/error.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::core {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace): of literals only
using testing::HasSubstr;

constexpr steady_time noon{12h};

judgement failure(blame b, errc e) {
  return {.verdict = verdict::transient, .blame = b, .error = e, .reason = "the reason", .retry_after = {}};
}
const judgement taken{verdict::accepted, blame::nobody, {}, {}, {}};

/// A monitor, and the attempts that it hears of: one after the other, a second each.
struct listened {
  void hear(const judgement& j, int times = 1) {
    while (times-- > 0) {
      const auto begun = now;
      m.begin_attempt(0, now);
      m.observe(j, begun, now += 1s);
    }
  }
  endpoint_state state(const endpoint_monitor::facts& known = {.has_work = true}) const {
    return m.find_condition(known, now).state;
  }
  endpoint_monitor m{noon};
  steady_time now = noon;
};

struct row {
  judgement j;
  int attempts;  ///< so many are trouble
  endpoint_state state;
  const char* why;
};
const row table[] = {
    {failure(blame::identity, errc::tls_identity), 1, endpoint_state::refused, "no trusted connection"},
    {failure(blame::refuses_us, errc::auth_refused), 3, endpoint_state::refused, "the endpoint refuses us"},
    {failure(blame::refuses_us, errc::redirected), 3, endpoint_state::refused, "the endpoint refuses us"},
    {failure(blame::unconfirmed, errc::unconfirmed), 3, endpoint_state::refused, "no reply meets"},
    {failure(blame::file, errc::refused_body), 3, endpoint_state::refused, "no reply meets"},
    {failure(blame::file, errc::corrupted), 3, endpoint_state::refused, "no reply meets"},
    {failure(blame::file, errc::refused_status), 100, endpoint_state::refused, "every file is refused"},
    {failure(blame::perhaps_file, errc::refused_status), 100, endpoint_state::refused,
     "every file is refused"},
    {failure(blame::unreachable, errc::connect_timeout), 3, endpoint_state::unreachable, "cannot be reached"},
    {failure(blame::busy, errc::reply_timeout), 3, endpoint_state::no_replies, "no reply comes to its end"},
    {failure(blame::busy, errc::stalled), 3, endpoint_state::no_replies, "no reply comes to its end"},
    {failure(blame::busy, errc::connection_lost), 3, endpoint_state::no_replies, "no reply comes to its end"},
    {failure(blame::busy, errc::reply_malformed), 3, endpoint_state::no_replies, "no reply comes to its end"},
};

// The soak: a second after an outage it was sending "for half a minute".
TEST(endpoint_monitor, sends_since_the_end_of_what_was_before) {
  const auto since = [](const listened& a) { return a.m.find_condition({.has_work = true}, a.now).since; };
  for (const auto& before :
       {failure(blame::unreachable, errc::connect_timeout), failure(blame::busy, errc::reply_timeout),
        failure(blame::refuses_us, errc::auth_refused), failure(blame::busy, errc::busy_status)}) {
    listened a;
    a.hear(taken);
    EXPECT_EQ(since(a), noon);
    a.hear(before, 10);
    a.hear(taken);
    EXPECT_EQ(a.state(), endpoint_state::sending);
    EXPECT_EQ(since(a), a.now) << before.error.message();
    const auto then = a.now;
    a.hear(before), a.hear(taken);
    EXPECT_EQ(since(a), then) << "one failure changes nothing";
  }
  listened p;
  p.hear(taken);
  p.m.set_paused(false, p.now);
  EXPECT_EQ(since(p), noon) << "it was not paused";
  p.m.set_paused(true, p.now);
  p.now += 5s;
  p.m.set_paused(false, p.now);
  EXPECT_EQ(since(p), p.now);
  auto wait = failure(blame::busy, errc::busy_status);
  wait.retry_after = 3s;
  p.hear(wait);
  const auto until = p.now + 3s;
  p.now += 10s;
  EXPECT_EQ(since(p), until);
}

TEST(endpoint_monitor, finds_trouble_after_so_many_failures_in_a_row) {
  for (const auto& r : table) {
    SCOPED_TRACE(r.j.error.message());
    listened a;
    a.hear(taken);
    a.hear(r.j, r.attempts - 1);
    EXPECT_FALSE(a.m.find_trouble(false));
    EXPECT_EQ(a.state(), endpoint_state::sending);
    a.hear(r.j);
    const auto trouble = a.m.find_trouble(false);
    ASSERT_TRUE(trouble);
    EXPECT_EQ(trouble->state, r.state);
    EXPECT_EQ(trouble->since, noon + 2s) << "the first of the failures";
    EXPECT_THAT(trouble->why, HasSubstr(r.why));
    EXPECT_THAT(trouble->why, HasSubstr(": the reason"));
    EXPECT_EQ(a.state(), r.state);
    a.hear(taken);
    EXPECT_FALSE(a.m.find_trouble(false)) << "a file was accepted";
  }
}

TEST(endpoint_monitor, knows_a_rule_that_no_reply_meets) {
  listened a;
  a.hear(failure(blame::file, errc::refused_body), 3);
  EXPECT_TRUE(a.m.find_trouble(false)->is_of_rule);
  listened b;
  b.hear(failure(blame::refuses_us, errc::auth_refused), 3);
  EXPECT_FALSE(b.m.find_trouble(false)->is_of_rule);
}

TEST(endpoint_monitor, counts_connections_that_are_cut_together_once) {
  listened a;
  const auto lost = failure(blame::busy, errc::connection_lost);
  for (int n = 0; n < 16; ++n) a.m.observe(lost, noon, noon + 1s);
  EXPECT_FALSE(a.m.find_trouble(false));
  for (int n = 0; n < 16; ++n) a.m.observe(lost, noon + 1s, noon + 2s);
  EXPECT_FALSE(a.m.find_trouble(false));
  a.m.observe(lost, noon + 2s, noon + 3s);
  EXPECT_TRUE(a.m.find_trouble(false));
}

TEST(endpoint_monitor, counts_each_attempt_that_nobody_answered_in_time) {
  listened a;
  for (int n = 0; n < 3; ++n) a.m.observe(failure(blame::busy, errc::reply_timeout), noon, noon + 5min);
  EXPECT_EQ(a.m.find_trouble(false)->state, endpoint_state::no_replies);
}

TEST(endpoint_monitor, takes_a_server_that_hangs_for_one_trouble) {
  listened a;
  a.hear(failure(blame::busy, errc::reply_timeout), 2);
  a.hear(failure(blame::unreachable, errc::connect_timeout));
  EXPECT_EQ(a.state(), endpoint_state::unreachable);
  EXPECT_EQ(a.m.find_trouble(false)->since, noon + 1s);
  a.hear(failure(blame::busy, errc::reply_timeout));
  EXPECT_EQ(a.state(), endpoint_state::no_replies);
}

TEST(endpoint_monitor, hears_in_any_reply_that_the_silence_is_over) {
  for (const auto& j :
       {failure(blame::busy, errc::busy_status), failure(blame::file, errc::refused_status)}) {
    listened a;
    a.hear(failure(blame::unreachable, errc::connect_timeout), 5);
    a.hear(j);
    EXPECT_FALSE(a.m.find_trouble(false));
    a.hear(failure(blame::unreachable, errc::connect_timeout), 2);
    EXPECT_FALSE(a.m.find_trouble(false)) << "it is counted anew";
  }
}

TEST(endpoint_monitor, remembers_refusals_through_a_silence) {
  listened a;
  a.hear(failure(blame::refuses_us, errc::auth_refused), 2);
  a.hear(failure(blame::busy, errc::connection_lost));
  a.hear(failure(blame::refuses_us, errc::auth_refused));
  EXPECT_EQ(a.state(), endpoint_state::refused);
}

TEST(endpoint_monitor, holds_back_for_an_endpoint_that_is_busy_for_a_while) {
  listened a;
  a.hear(failure(blame::busy, errc::busy_status), 5);
  EXPECT_EQ(a.state(), endpoint_state::sending);
  a.hear(failure(blame::busy, errc::busy_status));
  EXPECT_EQ(a.state(), endpoint_state::held_back);
  EXPECT_FALSE(a.m.find_trouble(false)) << "it passes";
  EXPECT_EQ(a.m.find_trouble(true)->state, endpoint_state::unreachable) << "but the breaker says otherwise";
}

TEST(endpoint_monitor, holds_back_as_long_as_the_server_asks) {
  listened a;
  auto later = failure(blame::busy, errc::busy_status);
  later.retry_after = 30s;
  a.hear(later);
  const auto c = a.m.find_condition({.pausing = true}, a.now + 10s);
  EXPECT_EQ(c.state, endpoint_state::held_back);
  EXPECT_EQ(c.since, noon + 1s);
  EXPECT_THAT(c.why, HasSubstr("Retry-After"));
}

TEST(endpoint_monitor, forgets_refusals_of_old_credentials) {
  listened a;
  a.hear(failure(blame::refuses_us, errc::auth_refused), 4);
  a.m.forget_refusals();
  EXPECT_FALSE(a.m.find_trouble(false));
}

TEST(endpoint_monitor, tells_the_gravest_of_what_holds) {
  listened a;
  a.hear(failure(blame::unreachable, errc::connect_timeout), 3);
  endpoint_monitor::facts known{.pausing = true, .has_work = true};
  EXPECT_EQ(a.state(known), endpoint_state::unreachable);
  a.m.set_renewing(true, a.now);
  EXPECT_EQ(a.state(known), endpoint_state::renewing);
  a.m.set_paused(true, a.now + 1s);
  a.m.set_paused(true, a.now + 9s);
  EXPECT_EQ(a.state(known), endpoint_state::paused);
  EXPECT_EQ(a.m.find_condition(known, a.now + 10s).since, a.now + 1s) << "asked for twice";
  a.m.set_paused(false, a.now);
  EXPECT_EQ(a.state(known), endpoint_state::renewing);
  a.m.set_renewing(false, a.now);
  EXPECT_EQ(a.state(known), endpoint_state::unreachable);
}

TEST(endpoint_monitor, takes_a_trickle_for_work_and_a_rest_for_idleness) {
  listened a;
  EXPECT_EQ(a.state({}), endpoint_state::sending) << "it has just begun";
  a.now += 1min;
  EXPECT_EQ(a.state({}), endpoint_state::idle);
  a.hear(taken);
  EXPECT_EQ(a.state({}), endpoint_state::sending);
  EXPECT_EQ(a.m.find_condition({}, a.now).since, noon + 1min);
  a.now += 800ms;
  a.hear(taken);
  EXPECT_EQ(a.m.find_condition({}, a.now).since, noon + 1min) << "as one piece";
  a.now += 1s;
  EXPECT_EQ(a.state({}), endpoint_state::idle);
  EXPECT_EQ(a.m.find_condition({}, a.now).since, noon + 62s + 800ms);
  EXPECT_EQ(a.state(), endpoint_state::sending) << "a file waits";
}

TEST(endpoint_monitor, has_an_own_word_for_each_state) {
  for (const auto s : all_endpoint_states) {
    EXPECT_FALSE(to_string(s).empty());
    for (const auto t : all_endpoint_states) EXPECT_EQ(s == t, to_string(s) == to_string(t));
  }
  EXPECT_EQ(to_string(endpoint_state::held_back), "held back");
  EXPECT_EQ(to_string(endpoint_state::no_replies), "no replies");
  EXPECT_FALSE(is_healthy(endpoint_state::paused));
  EXPECT_TRUE(is_endpoint_up(endpoint_state::paused));
  EXPECT_TRUE(is_healthy(endpoint_state::renewing));
}

}  // namespace
}  // namespace sluice::core
