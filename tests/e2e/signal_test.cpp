// How a run ends before its end: signals, budgets, locks. What is in flight is let finish; nothing new
// starts.
#include "e2e/e2e.hpp"

#include <chrono>
#include <csignal>
#include <filesystem>

namespace e2e {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class signalled : public test, public testing::WithParamInterface<int> {};

TEST_P(signalled, lets_what_is_in_flight_end_and_starts_nothing_new) {
  files.add_many(50, 100);
  support::sink to{R"([{"delay_ms": 1000}])"};
  support::process p{send_command(to, {"--on-success", "delete", "--window", "8", "--joblog", room / "log"})};
  ASSERT_TRUE(p.wait_until([&] { return to.requests() == 8; })) << p.err();
  p.signal(GetParam());
  const auto o = outcome_of(p);
  EXPECT_EQ(o.code, 128 + GetParam()) << o.err;
  EXPECT_EQ(to.ledger().size(), 8u);
  EXPECT_EQ(o.count("accepted"), 8u);
  EXPECT_EQ(o.count("deleted"), 8u);
  EXPECT_EQ(o.summary.at("reason"), "cancelled");
  EXPECT_THAT(o.err, HasSubstr("finishing what is in flight"));
  EXPECT_THAT(files.left(), SizeIs(42));
  expect_nothing_lost(to);
  expect_adds_up(o);
}

INSTANTIATE_TEST_SUITE_P(signals, signalled, testing::Values(SIGTERM, SIGINT, SIGHUP), [](const auto& test) {
  return test.param == SIGTERM ? "term" : test.param == SIGINT ? "int" : "hup";
});

class signals : public test {};

TEST_F(signals, second_one_stops_at_once) {
  files.add_many(50, 100);
  support::sink to{R"([{"delay_ms": 30000}])"};
  support::process p{send_command(to, {"--on-success", "delete", "--window", "8"})};
  ASSERT_TRUE(p.wait_until([&] { return to.requests() == 8; })) << p.err();
  p.signal(SIGTERM);
  ASSERT_TRUE(p.wait_until([&] { return p.err().find("finishing") != std::string::npos; })) << p.err();
  const auto begun = steady_clock::now();
  p.signal(SIGINT);
  const auto o = outcome_of(p);
  EXPECT_LT(steady_clock::now() - begun, 3s);
  EXPECT_EQ(o.code, 128 + SIGINT) << o.err;
  EXPECT_THAT(o.err, HasSubstr("stopping at once"));
  EXPECT_EQ(o.count("deleted"), 0u);
  EXPECT_EQ(o.count("unknown_outcomes"), 8u) << "the server has them, and its replies were not awaited";
  expect_all_kept();
  expect_adds_up(o);
}

TEST_F(signals, grace_is_all_that_what_is_in_flight_gets) {
  files.add_many(20, 100);
  support::sink to{R"([{"delay_ms": 30000}])"};
  support::process p{send_command(to, {"--on-success", "delete", "--window", "4", "--grace", "300ms"})};
  ASSERT_TRUE(p.wait_until([&] { return to.requests() == 4; })) << p.err();
  const auto begun = steady_clock::now();
  p.signal(SIGTERM);
  EXPECT_EQ(outcome_of(p).code, 128 + SIGTERM);
  EXPECT_LT(steady_clock::now() - begun, 4s);
  expect_all_kept();
}

// Waiting for an unreachable endpoint, or in a Retry-After pause, is not "in flight".
TEST_F(signals, end_a_pause) {
  files.add_many(20, 100);
  support::sink to{R"([{"status": 503, "headers": {"Retry-After": "600"}}])"};
  support::process p{send_command(to, {"--window", "4"})};
  ASSERT_TRUE(p.wait_until([&] { return to.requests() == 4; })) << p.err();
  const auto begun = steady_clock::now();
  p.signal(SIGTERM);
  EXPECT_EQ(outcome_of(p).code, 128 + SIGTERM);
  EXPECT_LT(steady_clock::now() - begun, 3s);
}

TEST_F(signals, end_a_wait_for_names) {
  support::sink to;
  auto c = sluice({"send", files.root(), to.url(), "--cacert", to.ca(), "--files-from", room / "names"});
  const auto made = support::run({.arguments = {"/usr/bin/mkfifo", room / "names"}});
  ASSERT_EQ(made.code, 0) << made.err;
  c.arguments.insert(c.arguments.end(), {"--progress", "line", "--stats", "20ms"});
  support::process p{c};
  ASSERT_TRUE(p.wait_until([&] { return !p.err().empty(); }));
  p.signal(SIGTERM);
  EXPECT_EQ(p.wait(5s), 128 + SIGTERM) << p.err();
}

/// `c`, started by someone who ignores `names` (nohup, or `&` in a script).
support::command ignoring(const std::string& names, support::command c) {
  arguments all{"/bin/sh", "-c", "trap '' " + names + R"(; exec "$0" "$@")"};
  all.insert(all.end(), c.arguments.begin(), c.arguments.end());
  c.arguments = std::move(all);
  return c;
}

// nohup's SIGHUP ended the run, and so did the terminal's SIGINT that a script's `&` had been told to ignore.
TEST_F(signals, that_were_ignored_at_the_start_stay_ignored) {
  files.add_many(12, 100);
  support::sink to{R"([{"delay_ms": 300}])"};
  support::process p{ignoring("HUP INT", send_command(to, {"--on-success", "delete", "--window", "2"}))};
  ASSERT_TRUE(p.wait_until([&] { return to.requests() >= 2; })) << p.err();
  p.signal(SIGHUP), p.signal(SIGINT);
  const auto o = outcome_of(p);
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(o.count("deleted"), 12u);
  EXPECT_THAT(o.err, testing::Not(HasSubstr("finishing")));
}

TEST_F(signals, that_were_not_ignored_still_end_a_run_under_nohup) {
  files.add_many(50, 100);
  support::sink to{R"([{"delay_ms": 1000}])"};
  support::process p{ignoring("HUP", send_command(to, {"--on-success", "delete", "--window", "2"}))};
  ASSERT_TRUE(p.wait_until([&] { return to.requests() == 2; })) << p.err();
  p.signal(SIGHUP), p.signal(SIGTERM);
  const auto o = outcome_of(p);
  EXPECT_EQ(o.code, 128 + SIGTERM) << o.err;
  EXPECT_EQ(o.count("deleted"), 2u);
}

TEST_F(signals, that_were_ignored_stay_so_for_a_watch) {
  files.add("a", "1");
  support::sink to;
  const auto c = sluice({"watch", files.root(), to.url(), "--cacert", to.ca(), "--on-success", "delete",
                         "--token-command", "kill -HUP $$; echo 'x: y'"});
  support::process p{ignoring("HUP", c)};
  ASSERT_TRUE(p.wait_until([&] { return to.requests() == 1; })) << p.err();
  p.signal(SIGHUP);
  EXPECT_FALSE(p.wait_until([&] { return p.err().find("reloaded") != std::string::npos; }, 500ms));
  p.signal(SIGTERM);
  EXPECT_EQ(p.wait(), 128 + SIGTERM) << p.err();
}

TEST_F(signals, that_were_ignored_do_not_end_a_measurement) {
  support::sink to;
  support::process p{ignoring("HUP INT", sluice({"bench", to.url(), "--cacert", to.ca(), "--duration",
                                                 "500ms", "--warm-up", "100ms", "--window", "2"}))};
  ASSERT_TRUE(p.wait_until([&] { return to.requests() > 0; })) << p.err();
  p.signal(SIGHUP), p.signal(SIGINT);
  EXPECT_EQ(p.wait(), 0) << p.err();
}

class budget : public test {};

TEST_F(budget, of_time_ends_the_run) {
  files.add_many(60, 100);
  support::sink to{R"([{"delay_ms": 100}])"};
  const auto o = drain(to, {"--on-success", "delete", "--window", "2", "--max-duration", "700ms"});
  EXPECT_EQ(o.code, 10) << o.err;
  EXPECT_EQ(o.summary.at("reason"), "out_of_time");
  EXPECT_GE(o.count("accepted"), 2u);
  EXPECT_LT(o.count("accepted"), 20u);
  EXPECT_EQ(to.ledger().size(), o.count("accepted"));
  EXPECT_EQ(files.left().size(), 60 - o.count("accepted"));
  expect_nothing_lost(to);
  expect_adds_up(o);
}

TEST_F(budget, of_time_is_not_spent_by_a_short_run) {
  files.add_many(5, 100);
  support::sink to;
  const auto begun = steady_clock::now();
  EXPECT_EQ(drain(to, {"--max-duration", "1h"}).code, 0);
  EXPECT_LT(steady_clock::now() - begun, 5s);
}

TEST_F(budget, of_errors_ends_the_run) {
  files.add_many(200, 100);
  support::sink to{R"([{"status": 422}])"};
  const auto o = drain(to, {"--on-success", "delete", "--window", "4", "--max-errors", "10"});
  EXPECT_EQ(o.code, 1) << o.err;
  EXPECT_EQ(o.summary.at("reason"), "too_many_errors");
  EXPECT_GE(to.ledger().size(), 10u);
  EXPECT_LE(to.ledger().size(), 10u + 4u);
  expect_adds_up(o);
  expect_all_kept();
}

class rate : public test {};

TEST_F(rate, of_requests_is_kept_for_the_whole_pool) {
  files.add_many(30, 100);
  support::sink to;
  const auto begun = steady_clock::now();
  EXPECT_EQ(drain(to, {"--rate", "20/s"}).code, 0);
  EXPECT_GE(steady_clock::now() - begun, 1s);
}

TEST_F(rate, of_bytes_is_kept_for_the_whole_pool) {
  files.add_many(8, 250'000);
  support::sink to;
  const auto begun = steady_clock::now();
  EXPECT_EQ(drain(to, {"--limit-rate", "1M", "--on-success", "delete"}).code, 0);
  EXPECT_GE(steady_clock::now() - begun, 1200ms);
  expect_nothing_lost(to);
}

class lock : public test {
 protected:
  /// Runs `c` while `holder` holds its lock; it must give way at once.
  void expect_gives_way(const support::command& c) const {
    const auto begun = steady_clock::now();
    const auto o = run(c);
    EXPECT_LT(steady_clock::now() - begun, 2s);
    EXPECT_EQ(o.code, 11) << o.err;
    EXPECT_THAT(o.err, HasSubstr("another instance holds"));
    EXPECT_THAT(support::lines_of(o.err), SizeIs(1)) << o.err;
  }
};

TEST_F(lock, second_instance_gives_way) {
  files.add_many(4, 100);
  support::sink to{R"([{"delay_ms": 1500}])"}, second;
  support::process first{send_command(to, {"--on-success", "delete"})};
  ASSERT_TRUE(first.wait_until([&] { return to.requests() == 4; })) << first.err();
  expect_gives_way(send_command(second, {"--on-success", "delete"}));
  EXPECT_EQ(first.wait(), 0) << first.err();
  EXPECT_EQ(second.stop().at("connections"), 0);
  EXPECT_THAT(files.left(), IsEmpty());
}

TEST_F(lock, dies_with_its_holder) {
  files.add_many(4, 100);
  support::sink to{R"([{"delay_ms": 20000}])"}, second;
  support::process first{send_command(to, {"--on-success", "delete", "--window", "4"})};
  ASSERT_TRUE(first.wait_until([&] { return to.requests() == 4; })) << first.err();
  first.signal(SIGKILL);
  EXPECT_EQ(first.wait(), -SIGKILL);
  expect_all_kept();
  EXPECT_EQ(drain(second, {"--on-success", "delete"}).code, 0);
  EXPECT_THAT(files.left(), IsEmpty());
  const auto before = to.ledger(), after = second.ledger();
  std::set<std::string> keys;
  for (const auto& r : before) keys.insert(r.key);
  for (const auto& r : after) keys.insert(r.key);
  EXPECT_THAT(keys, SizeIs(4)) << "what is sent again after a crash has its first key";
}

TEST_F(lock, file_takes_the_place_of_the_source) {
  files.add_many(2, 100);
  support::spool other{room / "other"};
  other.add("x", "1");
  support::sink to{R"([{"delay_ms": 1500}])"}, second;
  support::process first{send_command(to, {"--lock", room / "lock"})};
  ASSERT_TRUE(first.wait_until([&] { return to.requests() == 2; })) << first.err();
  expect_gives_way(
      sluice({"send", other.root(), second.url(), "--cacert", second.ca(), "--lock", room / "lock"}));
  EXPECT_EQ(run(sluice({"send", other.root(), second.url(), "--cacert", second.ca()})).code, 0);
  EXPECT_EQ(first.wait(), 0);
}

TEST_F(lock, is_not_taken_by_a_dry_run) {
  files.add_many(2, 100);
  support::sink to{R"([{"delay_ms": 1000}])"};
  support::process first{send_command(to)};
  ASSERT_TRUE(first.wait_until([&] { return to.requests() == 2; })) << first.err();
  EXPECT_EQ(drain(to, {"-n"}).code, 0);
  EXPECT_EQ(first.wait(), 0);
}

}  // namespace
}  // namespace e2e
