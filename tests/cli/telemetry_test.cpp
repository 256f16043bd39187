#include "cli/status/telemetry.hpp"

#include <sluice/error.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::cli {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::chrono::system_clock::time_point today{std::chrono::hours{500'000}};
instant at(std::chrono::milliseconds since) {
  return {std::chrono::steady_clock::time_point{} + since, today + since};
}
file_record record(fate f, std::uint64_t size = 10, std::string path = "a", std::string error = {}) {
  file_record r;
  r.fate = f, r.size = size, r.path = std::move(path), r.error = std::move(error), r.time = today;
  return r;
}
attempt_record attempt(verdict v, int status = 200, boost::system::error_code ec = {}, unsigned nth = 1) {
  attempt_record a;
  a.verdict = v, a.status = status, a.error = ec, a.attempt = nth;
  return a;
}
attempt_record refused_attempt() { return attempt(verdict::transient, 401, errc::auth_refused); }

TEST(telemetry, counts_files_by_fate_and_bytes_of_those_the_server_has) {
  telemetry t;
  for (const auto f : {fate::accepted, fate::accepted, fate::undeletable, fate::rejected, fate::vanished})
    t.record(record(f));
  EXPECT_EQ(t.totals().files_with(fate::accepted), 2u);
  EXPECT_EQ(t.totals().files_with(fate::undeletable), 1u);
  EXPECT_EQ(t.totals().files_with(fate::rejected), 1u);
  EXPECT_EQ(t.totals().files_with(fate::vanished), 1u);
  EXPECT_EQ(t.totals().files_with(fate::deferred), 0u);
  EXPECT_EQ(t.totals().bytes, 30u);
}

TEST(telemetry, counts_attempts_by_verdict_and_repeats) {
  telemetry t;
  t.attempt(attempt(verdict::unknown, 0, errc::connection_lost));
  t.attempt(attempt(verdict::accepted, 200, {}, 2));
  EXPECT_EQ(t.totals().attempts_with(verdict::unknown), 1u);
  EXPECT_EQ(t.totals().attempts_with(verdict::accepted), 1u);
  EXPECT_EQ(t.totals().retries, 1u);
  EXPECT_EQ(t.totals().refusals, 0u);
}

TEST(telemetry, times_only_phases_that_happened) {
  telemetry t;
  auto a = attempt(verdict::accepted);
  a.wait = 3ms, a.total = 70s;
  t.attempt(a);
  const auto& phases = t.totals().phases;
  for (const std::size_t other : {0, 1, 2, 4})
    for (const auto n : phases[other].counts) EXPECT_EQ(n, 0u) << phase_names[other];
  EXPECT_EQ(phases[3].counts[2], 1u) << "above 2.5 ms, to 5 ms";
  EXPECT_DOUBLE_EQ(phases[3].sum, .003);
  EXPECT_EQ(phases[5].counts.back(), 1u) << "beyond the last bound";
}

TEST(telemetry, a_time_on_a_bound_is_below_it_as_prometheus_has_it) {
  phase_times p;
  p.add(1ms);
  EXPECT_EQ(p.counts[0], 1u);
}

TEST(telemetry, counters_of_a_new_drain_add_to_those_of_the_last) {
  telemetry t;
  progress p;
  p.sent_bytes = 100, p.connections = 3;
  t.sample(p, at(0s));
  p.sent_bytes = 150, p.connections = 4;
  t.sample(p, at(1s));
  p.sent_bytes = 10, p.connections = 1;
  t.sample(p, at(2s));
  EXPECT_EQ(t.totals().sent_bytes, 160u);
  EXPECT_EQ(t.totals().connections, 5u);
}

TEST(telemetry, rates_are_of_the_last_seconds) {
  telemetry t;
  progress p;
  for (int s = 0; s <= 100; ++s) {
    t.sample(p, at(std::chrono::seconds{s}));
    for (int i = 0; i < (s < 50 ? 100 : 4); ++i) t.record(record(fate::accepted));
    p.sent_bytes += 1000;
  }
  EXPECT_DOUBLE_EQ(t.files_per_second(), 4);
  EXPECT_DOUBLE_EQ(t.bytes_per_second(), 1000);
  EXPECT_DOUBLE_EQ(t.uptime_seconds(), 100);
}

TEST(telemetry, the_backlog_is_the_sources_where_it_is_followed_else_what_waits) {
  telemetry t;
  progress p;
  p.waiting = 3, p.backing_off = 2;
  t.sample(p, at(0s));
  EXPECT_EQ(t.backlog(), 5u);
  p.backlog = 70;
  t.sample(p, at(1s));
  EXPECT_EQ(t.backlog(), 70u);
}

TEST(telemetry, the_oldest_gets_older_and_none_is_younger_than_now) {
  telemetry t;
  progress p;
  p.oldest = today - 90s;
  t.sample(p, at(10s));
  EXPECT_DOUBLE_EQ(t.oldest_seconds(), 100);
  p.oldest = today + 24h;
  t.sample(p, at(11s));
  EXPECT_DOUBLE_EQ(t.oldest_seconds(), 0);
  p.oldest.reset();
  t.sample(p, at(12s));
  EXPECT_DOUBLE_EQ(t.oldest_seconds(), 0);
}

TEST(telemetry, keeps_the_last_errors_of_files_that_were_not_accepted) {
  telemetry t;
  t.record(record(fate::accepted));
  t.record(record(fate::skipped));
  EXPECT_TRUE(t.errors().empty());
  for (int i = 0; i < 50; ++i) t.record(record(fate::rejected, 1, "file" + std::to_string(i), "no"));
  ASSERT_EQ(t.errors().size(), telemetry::most_errors);
  EXPECT_EQ(t.errors().front().path, "file49");
  EXPECT_EQ(t.errors().front().error, "no");
  EXPECT_EQ(t.errors_seen(), 50u);
}

TEST(telemetry, names_are_made_printable_and_keep_their_ends) {
  telemetry t;
  t.record(record(fate::rejected, 1, "a\n\x1b[2J\xff"));
  EXPECT_EQ(t.errors().front().path, "a\\x0a\\x1b[2J\\xff");
  std::string longest;
  for (int i = 0; i < 2000; ++i) longest += "ä";
  t.record(record(fate::rejected, 1, longest + "/end.jpg", longest));
  const auto& e = t.errors().front();
  EXPECT_THAT(e.path, StartsWith("…ä"));
  EXPECT_THAT(e.path, HasSubstr("/end.jpg"));
  EXPECT_LT(e.path.size(), 200u);
  EXPECT_THAT(e.error, testing::EndsWith("ä…"));
  EXPECT_LT(e.error.size(), 200u);
}

struct stand {
  const char* name;
  void (*make)(progress& p, telemetry& t);
  cli::standing expected;
  bool healthy;
  friend void PrintTo(const stand& s, std::ostream* out) { *out << s.name; }
};
class standing_test : public testing::TestWithParam<stand> {};

TEST_P(standing_test, is_the_gravest_there_is) {
  telemetry t;
  progress p;
  GetParam().make(p, t);
  t.sample(p, at(0s));
  EXPECT_EQ(to_string(t.standing()), to_string(GetParam().expected));
  EXPECT_EQ(is_healthy(t.standing()), GetParam().healthy);
}

INSTANTIATE_TEST_SUITE_P(
    states, standing_test,
    testing::Values(
        stand{"idle", [](progress&, telemetry&) {}, standing::idle, true},
        stand{"working", [](progress& p, telemetry&) { p.in_flight = 1; }, standing::working, true},
        stand{"files_wait", [](progress& p, telemetry&) { p.backlog = 1; }, standing::working, true},
        stand{"retry_after", [](progress& p, telemetry&) { p.pause = 1ms, p.in_flight = 1; },
              standing::waiting, true},
        stand{"paused", [](progress& p, telemetry&) { p.paused = true, p.pause = 1s; }, standing::paused,
              false},
        stand{"unreachable", [](progress& p, telemetry&) { p.unreachable = p.paused = true; },
              standing::unreachable, false},
        stand{"refused",
              [](progress& p, telemetry& told) {
                for (int i = 0; i < 3; ++i) told.attempt(refused_attempt());
                p.unreachable = true;
              },
              standing::refused, false},
        stand{"refused_now_and_then",
              [](progress&, telemetry& told) {
                for (int i = 0; i < 9; ++i)
                  told.attempt(refused_attempt()), told.attempt(refused_attempt()),
                      told.attempt(attempt(verdict::rejected, 400));
              },
              standing::idle, true},
        stand{"refused_then_silent",
              [](progress&, telemetry& told) {
                for (int i = 0; i < 3; ++i) told.attempt(refused_attempt());
                told.attempt(attempt(verdict::unknown, 0, errc::connection_lost));
              },
              standing::refused, false},
        stand{"forgiven",
              [](progress&, telemetry& told) {
                for (int i = 0; i < 3; ++i) told.attempt(refused_attempt());
                told.attempt(attempt(verdict::accepted));
              },
              standing::idle, true}),
    [](const auto& each) { return each.param.name; });

// At sixty files a second, most looks find none in flight: the page said "idle" beside the rate.
TEST(telemetry, slow_trickle_is_work) {
  telemetry t;
  const progress p;
  t.sample(p, at(0s));
  file_record r;
  r.fate = fate::accepted;
  for (int i = 0; i < 60; ++i) t.record(r);
  t.sample(p, at(1s));
  EXPECT_EQ(to_string(t.standing()), "working");
  for (int i = 2; i < 20; ++i) t.sample(p, at(std::chrono::seconds{i}));
  EXPECT_EQ(to_string(t.standing()), "idle");
}

TEST(telemetry, says_why) {
  telemetry t;
  EXPECT_EQ(t.standing(), standing::starting);
  EXPECT_FALSE(is_healthy(t.standing()));
  progress p;
  p.unreachable = true;
  t.attempt(attempt(verdict::transient, 0, errc::connect_timeout));
  t.sample(p, at(0s));
  EXPECT_THAT(t.reason(), HasSubstr(make_error_code(errc::connect_timeout).message()));
  EXPECT_FALSE(t.endpoint_up());
  p = {};
  p.pause = 1500ms;
  t.sample(p, at(1s));
  EXPECT_THAT(t.reason(), HasSubstr("2 s"));
  EXPECT_TRUE(t.endpoint_up());
}

}  // namespace
}  // namespace sluice::cli
