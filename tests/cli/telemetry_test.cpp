#include "cli/monitor/telemetry.hpp"

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
  r.fate = f, r.size = size, r.path = std::move(path), r.reason = std::move(error), r.time = today;
  return r;
}
attempt_record attempt(verdict v, int status = 200, boost::system::error_code ec = {}, unsigned nth = 1) {
  attempt_record a;
  a.verdict = v, a.status = status, a.error = ec, a.attempt = nth;
  return a;
}

TEST(telemetry, counts_files_by_fate_and_bytes_of_those_the_server_has) {
  telemetry t;
  for (const auto f : {fate::accepted, fate::accepted, fate::undeletable, fate::rejected, fate::vanished})
    t.record(record(f));
  EXPECT_EQ(t.totals().files.only(fate::accepted), 2u);
  EXPECT_EQ(t.totals().files.only(fate::undeletable), 1u);
  EXPECT_EQ(t.totals().files.only(fate::rejected), 1u);
  EXPECT_EQ(t.totals().files.only(fate::vanished), 1u);
  EXPECT_EQ(t.totals().files.only(fate::deferred), 0u);
  EXPECT_EQ(t.totals().bytes, 30u);
}

TEST(telemetry, counts_attempts_by_verdict_and_repeats) {
  telemetry t;
  t.attempt(attempt(verdict::transient, 503, errc::busy_status));
  t.attempt(attempt(verdict::accepted, 200, {}, 2));
  EXPECT_EQ(t.totals().attempts_with(verdict::transient), 1u);
  EXPECT_EQ(t.totals().attempts_with(verdict::accepted), 1u);
  EXPECT_EQ(t.totals().retries, 1u);
  EXPECT_EQ(t.totals().refusals, 0u);
}

// The soak: after a restart of the server `ctl` said one, and the metrics none.
TEST(telemetry, counts_unknown_outcomes_that_nobody_was_told_of_and_none_twice) {
  telemetry t;
  progress p;
  t.attempt(attempt(verdict::unknown, 0, errc::connection_lost));
  p.unknown_outcomes = 2;
  t.sample(p, at(0s));
  EXPECT_EQ(t.totals().attempts_with(verdict::unknown), 2u);
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

TEST(telemetry, the_backlog_is_the_sources_and_nothing_before_it_was_counted) {
  telemetry t;
  progress p;
  p.waiting = 3, p.backing_off = 2;
  t.sample(p, at(0s));
  EXPECT_EQ(t.backlog(), std::nullopt);
  EXPECT_EQ(t.oldest_seconds(), std::nullopt);
  p.backlog = 70;
  t.sample(p, at(1s));
  EXPECT_EQ(t.backlog(), 70u);
}

TEST(telemetry, the_oldest_gets_older_and_none_is_younger_than_now) {
  telemetry t;
  progress p;
  p.backlog = 1, p.oldest = today - 90s;
  t.sample(p, at(10s));
  EXPECT_EQ(t.oldest_seconds(), 100);
  p.oldest = today + 24h;
  t.sample(p, at(11s));
  EXPECT_EQ(t.oldest_seconds(), 0);
  p.oldest.reset();
  t.sample(p, at(12s));
  EXPECT_EQ(t.oldest_seconds(), 0);
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

TEST(telemetry, shows_the_state_of_the_endpoint) {
  telemetry t;
  EXPECT_EQ(t.state(), endpoint_state::starting);
  EXPECT_THAT(t.reason(), HasSubstr("nothing has been looked at"));
  progress p;
  p.endpoint = {endpoint_state::no_replies, at(0s).wall, "no reply comes to its end: out of time"};
  t.sample(p, at(41s));
  EXPECT_EQ(t.state(), endpoint_state::no_replies);
  EXPECT_EQ(t.reason(), p.endpoint.why);
  EXPECT_EQ(t.state_seconds(), 41);
  p.endpoint = {endpoint_state::held_back, at(50s).wall, "the server asked to wait"};
  p.pause = 1500ms;
  t.sample(p, at(49s));
  EXPECT_EQ(t.reason(), "the server asked to wait; everything waits 2 s more");
  EXPECT_EQ(t.state_seconds(), 0) << "a clock that was set back";
}

}  // namespace
}  // namespace sluice::cli
