// Rows 56 and 57: the clock jumps, the process sleeps, memory runs out, calls are interrupted.
#include "faults/faults.hpp"
#include "faults/inject.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <thread>

namespace e2e {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::Ge;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Le;
using testing::SizeIs;

TEST_F(faults, row_56_clock_that_jumps_ten_years_disturbs_no_run) {
  SKIP_UNDER_SANITIZER("nothing can be preloaded beside a sanitizer");
  if (const auto why = cannot_fake_clock(); !why.empty()) GTEST_SKIP() << why;
  for (const auto* jump : {"+10y", "-10y"}) {
    files.add_many(60, 100);
    fs::remove(room / "log");
    support::sink to{R"([{"match": {"name": "f-00005*"}, "status": [503, 200]}, {"delay_ms": 30}])",
                     {"--http"}};
    support::process p{with_clock(drain_command(to, {"--window", "4"}), replaced("clock", "+0"))};
    ASSERT_TRUE(p.wait_until([&] { return to.requests() > 8; })) << p.err();
    replaced("clock", jump);
    const auto o = outcome_of(p);
    EXPECT_EQ(o.code, 0) << o.err;
    EXPECT_EQ(o.count("accepted"), 60u);
    EXPECT_LT(o.summary.at("seconds"), 30) << "measured with another clock";
    EXPECT_TRUE(judged(to, o, room / "log").clean()) << judged(to, o, room / "log").text();
  }
}

TEST_F(faults, row_56_file_from_the_future_is_sent) {
  files.add("future", "1");
  fs::last_write_time(files / "future", fs::file_time_type::clock::now() + std::chrono::hours{24 * 3650});
  support::sink to;
  expect_delivered(drain_to(to), to);
}

// The file's age is counted from when it came to be so, else it would wait for ten years.
TEST_F(faults, row_56_file_from_the_future_gets_old_enough) {
  files.add("future", "1");
  fs::last_write_time(files / "future", fs::file_time_type::clock::now() + std::chrono::hours{24 * 3650});
  support::sink to;
  EXPECT_EQ(drain_to(to, {"--min-age", "1h"}).code, 0);
  EXPECT_THAT(to.ledger(), IsEmpty()) << "not yet an hour old";
  std::this_thread::sleep_for(2100ms);
  const auto o = drain_to(to, {"--min-age", "1s"});
  EXPECT_EQ(o.count("accepted"), 1u);
  expect_delivered(o, to);
}

// The server's replies come while it cannot look; its deadlines pass meanwhile.
TEST_F(faults, row_56_process_that_was_suspended_goes_on) {
  files.add_many(40, 100);
  support::sink to{R"([{"delay_ms": 50}])"};
  support::process p{drain_command(to, {"--window", "4", "--speed-time", "1s", "--reply-time", "1s"})};
  ASSERT_TRUE(p.wait_until([&] { return to.requests() > 4; })) << p.err();
  p.signal(SIGSTOP);
  std::this_thread::sleep_for(1500ms);
  p.signal(SIGCONT);
  expect_delivered(outcome_of(p), to);
}

TEST_F(faults, row_57_interrupted_calls_are_made_again) {
  if (const auto why = cannot_inject(); !why.empty()) GTEST_SKIP() << why;
  for (const auto* call :
       {"flock", "preadv2", "recvfrom", "sendto", "epoll_wait", "write", "poll", "connect"}) {
    files.add_many(10, 20'000);
    fs::remove(room / "log");
    support::sink to;
    const auto o = run(
        with_faults(drain_command(to), {std::string(call) + ":error=EINTR:when=1+3"}, "", room / "calls"));
    EXPECT_THAT(support::content_of(room / "calls"), HasSubstr("(INJECTED)")) << call;
    EXPECT_EQ(o.code, 0) << call << "\n" << o.err;
    EXPECT_THAT(files.left(), IsEmpty()) << call;
    EXPECT_TRUE(judged(to, o, room / "log").clean()) << call << "\n" << judged(to, o, room / "log").text();
  }
}

// Each of a sample of all calls of malloc fails once, from the first to the last.
TEST_F(faults, row_57_malloc_that_fails_ends_the_run_cleanly_at_worst) {
  SKIP_UNDER_SANITIZER("nothing can be preloaded beside a sanitizer");
  const auto starving = [&](const support::sink& to, unsigned long at) {
    auto c = drain_command(to, {"--window", at % 2 == 0 ? "4" : "auto"});
    c.environment = {"LD_PRELOAD=" FAILING_MALLOC, "FAIL_MALLOC_AT=" + std::to_string(at),
                     "FAIL_MALLOC_COUNT=" + (room / "count").string()};
    return c;
  };
  files.add_many(6, 5000);
  unsigned long calls = 0;
  {
    support::sink to;
    EXPECT_EQ(run(starving(to, 0)).code, 0);
    calls = std::stoul(support::content_of(room / "count"));
  }
  ASSERT_GT(calls, 1000u);
  unsigned told = 0;
  const auto step = std::max(1ul, calls / 60);
  for (unsigned long at = 1; at <= calls; at += step + at % 3) {
    files.add_many(6, 5000);
    fs::remove(room / "log");
    support::sink to;
    const auto o = run(starving(to, at));
    EXPECT_THAT(o.code, AllOf(Ge(0), Le(11))) << "call " << at << " of " << calls << "\n" << o.err;
    if (o.code != 0) ++told;
    if (o.summary.is_null()) {
      expect_nothing_lost(to);
      continue;
    }
    EXPECT_TRUE(judged(to, o).clean()) << "call " << at << "\n" << judged(to, o).text() << o.err;
  }
  EXPECT_GT(told, 0u) << "no call failed";
}

}  // namespace
}  // namespace e2e
