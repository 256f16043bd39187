// Rows 52 to 57 in watch mode: it is killed, stopped or started twice, the clock jumps, memory runs out,
// calls are interrupted.
#include "faults/inject.hpp"
#include "faults/watched.hpp"

#include <csignal>
#include <filesystem>
#include <optional>
#include <random>
#include <thread>

namespace e2e {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::Ge;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Le;
using testing::SizeIs;

constexpr unsigned watch_window = 4;
const arguments with_four{"--window", "4"};

TEST_F(watched, row_52_in_watch_mode_killed_and_started_again_loses_nothing) {
  constexpr std::uint64_t kills = 8;
  std::minstd_rand random{52};
  support::sink to{R"([{"delay_ms": 3}])", {"--http"}};
  for (std::uint64_t i = 0; i < kills; ++i) {
    files.add_many(60, 500, "f" + std::to_string(i));
    const auto before = to.requests();
    support::process p{following(to, with_four)};
    files.add_many(20, 500, "g" + std::to_string(i));
    const auto at = before + 5 + random() % 50;
    ASSERT_TRUE(p.wait_until([&] { return to.requests() >= at; })) << p.err();
    p.signal(SIGKILL);
    EXPECT_EQ(p.wait(), -SIGKILL);
  }
  evidence_.in_flight_at_kills = kills * watch_window;
  support::process p{following(to, with_four)};
  expect_delivered_at_last(p, to);
}

// The calls of which a single run has none or few: watches, events, the control socket.
TEST_F(watched, row_52_in_watch_mode_kill_at_calls_of_a_watch_loses_nothing) {
  if (const auto why = cannot_inject(); !why.empty()) GTEST_SKIP() << why;
  support::sink to{"[]", {"--http"}};
  std::uint64_t kills = 0;
  for (const auto* point :
       {"inotify_init1:when=1", "inotify_add_watch:when=1", "inotify_add_watch:when=3", "newfstatat:when=40",
        "openat:when=80", "unlinkat:when=5", "accept:when=1", "bind:when=1"}) {
    SCOPED_TRACE(point);
    const std::string text = point;
    const auto colon = text.find(':');
    files.add_many(12, 500, "f" + std::to_string(kills));
    support::process p{with_faults(following(to, with_four),
                                   {text.substr(0, colon) + ":signal=SIGKILL" + text.substr(colon)})};
    unsigned n = 0;
    p.wait_until([&] {  // the wait ends with the process
      if (n++ % 20 == 0) files.add("new" + std::to_string(n) + "/file", point + std::to_string(n));
      if (fs::exists(control_)) raw_client{control_}.send("\n");
      return false;
    });
    EXPECT_NE(p.wait(), 0) << "not reached";
    ++kills;
    support::process next{following(to, with_four)};
    ASSERT_TRUE(all_gone(next)) << next.err();
    EXPECT_EQ(drained(next).code, 0);
  }
  evidence_.in_flight_at_kills = kills * watch_window;
  evidence_.originals = files.originals(), evidence_.spool = files.left(), evidence_.ledger = to.ledger();
  evidence_.job_log = support::read_job_log(room / "log");
  EXPECT_TRUE(support::judge(evidence_).clean()) << support::judge(evidence_).text();
}

// Idle, sending, in a handshake that stalls, and with an endpoint that is not there.
TEST_F(watched, row_54_in_watch_mode_signal_at_any_moment_ends_it) {
  std::minstd_rand random{54};
  for (const auto* server :
       {R"([{"delay_ms": 30}])", R"([{"handshake": "stall"}])", R"([{"status": 503}])"}) {
    for (const int signal : {SIGTERM, SIGINT}) {
      SCOPED_TRACE(server);
      another();
      files.add_many(200, 100);
      support::sink to{server};
      support::process p{following(to, {"-w", "4", "--grace", "500ms"})};
      ASSERT_TRUE(p.wait_until([&] { return fs::exists(room / "log"); })) << p.err();
      std::this_thread::sleep_for(std::chrono::milliseconds{20 + random() % 200});
      p.signal(SIGHUP);  // a reload, which is no end
      p.signal(signal);
      const auto o = outcome_of(p);
      EXPECT_EQ(o.code, 128 + signal) << o.err;
      expect_clean(o, to);
    }
  }
}

// The second process sends nothing, be it a watch or a single run; a lock dies with its holder.
TEST_F(watched, row_55_in_watch_mode_one_holds_the_source) {
  support::sink to;
  std::optional<support::process> first{std::in_place, following(to)};
  ASSERT_TRUE(ready(*first)) << first->err();
  support::sink never;
  arguments elsewhere{"watch", files.root(), never.url(), "--cacert", never.ca(), "--on-success", "delete"};
  const auto watch = support::run(sluice(elsewhere));
  EXPECT_EQ(watch.code, 11) << watch.err;
  EXPECT_THAT(watch.err, HasSubstr("another instance holds"));
  elsewhere.front() = "send";
  EXPECT_EQ(support::run(sluice(elsewhere)).code, 11);
  const auto same_control = support::run(following(never));
  EXPECT_EQ(same_control.code, 11) << same_control.err;
  EXPECT_EQ(never.stop().at("connections"), 0);
  first->signal(SIGKILL);
  EXPECT_EQ(first->wait(), -SIGKILL);
  files.add_many(5, 100);
  support::process next{following(to)};
  expect_delivered_at_last(next, to);
}

TEST_F(watched, row_56_in_watch_mode_clock_that_jumps_ten_years_disturbs_nothing) {
  SKIP_UNDER_SANITIZER("nothing can be preloaded beside a sanitizer");
  if (const auto why = cannot_fake_clock(); !why.empty()) GTEST_SKIP() << why;
  support::sink to{R"([{"match": {"name": "f-00005*"}, "status": [503, 200]}, {"delay_ms": 10}])",
                   {"--http"}};
  support::process p{with_clock(following(to, with_four), replaced("clock", "+0"))};
  ASSERT_TRUE(ready(p)) << p.err();
  files.add_many(40, 100);
  for (const auto* jump : {"+10y", "-10y", "+0"}) {
    ASSERT_TRUE(p.wait_until([&] { return files.left().size() < 35; })) << p.err();
    replaced("clock", jump);
    files.add_many(40, 100, jump);
    ASSERT_TRUE(all_gone(p)) << p.err();
    files.add_many(30, 100, "again" + std::string{jump});
  }
  expect_delivered_at_last(p, to);
}

TEST_F(watched, row_57_in_watch_mode_interrupted_calls_are_made_again) {
  if (const auto why = cannot_inject(); !why.empty()) GTEST_SKIP() << why;
  for (const auto* call : {"inotify_add_watch", "epoll_wait", "accept", "recvfrom", "openat2"}) {
    SCOPED_TRACE(call);
    another();
    support::sink to;
    support::process p{
        with_faults(following(to), {std::string(call) + ":error=EINTR:when=2+3"}, "", room / "calls")};
    ASSERT_TRUE(ready(p)) << p.err();
    files.add_many(5, 1000);
    for (int i = 0; i < 4; ++i) files.add("new" + std::to_string(i) + "/file", std::to_string(i));
    expect_delivered_at_last(p, to);
    EXPECT_THAT(support::content_of(room / "calls"), HasSubstr("(INJECTED)"));
  }
}

// A sample of all calls of malloc: the one that fails costs a file its turn, or ends the watch with a code.
TEST_F(watched, row_57_in_watch_mode_malloc_that_fails_loses_nothing) {
  SKIP_UNDER_SANITIZER("nothing can be preloaded beside a sanitizer");
  const auto starving = [&](const support::sink& to, unsigned long at) {
    another();
    auto c = following(to, with_four);
    c.environment = {"LD_PRELOAD=" FAILING_MALLOC, "FAIL_MALLOC_AT=" + std::to_string(at),
                     "FAIL_MALLOC_COUNT=" + (room / "count").string()};
    support::process p{c};
    files.add_many(6, 5000);
    files.add("new/directory", "1");
    if (p.wait_until([&] { return files.left().empty() && fs::exists(control_); }))
      for (int tries = 0; tries < 5 && ctl({"drain"}).code != 0; ++tries) {
      }  // the one that finds no memory is not heard
    return outcome_of(p);
  };
  support::sink to{"[]", {"--http"}};
  EXPECT_EQ(starving(to, 0).code, 0);
  const auto calls = std::stoul(support::content_of(room / "count"));
  ASSERT_GT(calls, 1000u);
  const auto step = std::max(1ul, calls / 30);
  for (unsigned long at = step; at <= calls; at += step + at % 3) {
    const auto o = starving(to, at);
    EXPECT_THAT(o.code, AllOf(Ge(0), Le(11))) << "call " << at << " of " << calls << "\n" << o.err;
    expect_nothing_lost(to);
  }
}

}  // namespace
}  // namespace e2e
