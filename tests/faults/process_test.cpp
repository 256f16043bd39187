// Rows 52 to 56: the process is killed, stopped or started twice, the power fails, the clock jumps.
#include "faults/faults.hpp"
#include "faults/inject.hpp"

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <memory>
#include <random>
#include <thread>

namespace e2e {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using std::chrono::steady_clock;
using testing::AnyOf;
using testing::IsEmpty;
using testing::SizeIs;

constexpr unsigned window = 4;
const arguments four_at_once{"--window", std::to_string(window)};

// Each kind of call has its own count. The sweep over every single one is too long for each change; here are
// some, from the first file to the last.
TEST_F(faults, row_52_kill_at_any_system_call_loses_nothing) {
  if (const auto why = cannot_inject(); !why.empty()) GTEST_SKIP() << why;
  std::vector<std::string> points;
  for (const auto* call :
       {"openat", "preadv2", "sendto", "recvfrom", "newfstatat", "write", "unlinkat", "close"})
    for (const auto* when : {"3", "8", "12"})
      points.push_back(std::string(call) + ":signal=SIGKILL:when=" + when);
  for (const auto& point : points) {
    files.add_many(12, 2000);
    fs::remove(room / "log");
    support::sink to{"[]", {"--http"}};
    const auto killed = run(with_faults(drain_command(to, four_at_once), {point}));
    EXPECT_NE(killed.code, 0) << point << " was not reached";
    const auto o = drain_to(to, four_at_once);
    EXPECT_EQ(o.code, 0) << o.err;
    EXPECT_THAT(files.left(), IsEmpty());
    const auto found = support::judge({.originals = files.originals(),
                                       .spool = files.left(),
                                       .ledger = to.ledger(),
                                       .job_log = support::read_job_log(room / "log"),
                                       .in_flight_at_kills = window});
    EXPECT_TRUE(found.clean()) << point << "\n" << found.text();
  }
}

// The disk as it was when the power failed: what was removed since its last commit is there again.
TEST_F(faults, row_53_names_that_come_back_after_a_power_failure_are_sent_again_with_their_keys) {
  mounts made;
  const auto disk = room / "disk", copy = room / "copy";
  support::write_file(disk, "");
  fs::resize_file(disk, 16 << 20);
  const auto formatted = support::run({.arguments = {"/sbin/mkfs.ext4", "-q", "-F", disk}});
  ASSERT_EQ(formatted.code, 0) << formatted.err;
  if (!made.image(disk, files.root(), "commit=600")) GTEST_SKIP() << made.refused();
  files.add_many(8, 3000);
  ASSERT_EQ(support::run({.arguments = {"/bin/sync", "-f", files.root()}}).code, 0);
  support::sink to;
  EXPECT_EQ(drain(to, {"--on-success", "delete"}).code, 0);
  EXPECT_THAT(files.left(), testing::Not(testing::Contains(testing::Key("f-00001.bin"))));
  fs::copy_file(disk, copy);
  made.unmount(files.root());

  ASSERT_TRUE(made.image(copy, files.root())) << made.refused();
  fs::remove_all(files / "lost+found");
  const auto back = files.left();
  EXPECT_EQ(back, files.originals()) << "nothing had been committed";
  EXPECT_EQ(drain(to, {"--on-success", "delete"}).code, 0);
  EXPECT_THAT(to.ledger(), SizeIs(16));
  const auto found = support::judge({.originals = files.originals(),
                                     .spool = files.left(),
                                     .ledger = to.ledger(),
                                     .in_flight_at_kills = back.size()});
  EXPECT_TRUE(found.clean()) << found.text();
  made.unmount(files.root());
}

// Whenever it comes: what is in flight ends, within the grace period; nothing is lost or sent twice.
TEST_F(faults, row_54_signal_at_any_moment_ends_the_run_in_time) {
  std::minstd_rand random{54};
  for (const auto* server : {R"([{"delay_ms": 30}])", R"([{"handshake": "stall"}])",
                             R"([{"ignore_close_notify": true, "close": true, "delay_ms": 30}])"}) {
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGTERM}) {
      files.add_many(200, 100);
      fs::remove(room / "log");
      support::sink to{server};
      support::process p{drain_command(to, {"--window", "4", "--grace", "500ms"})};
      ASSERT_TRUE(p.wait_until([&] { return fs::exists(room / "log"); })) << p.err();
      std::this_thread::sleep_for(std::chrono::milliseconds{20 + random() % 300});
      const auto o = stopped_by(signal, p);
      EXPECT_TRUE(judged(to, o, room / "log").clean()) << judged(to, o, room / "log").text();
    }
  }
}

TEST_F(faults, row_54_second_signal_ends_it_at_once) {
  files.add_many(20, 100);
  support::sink to{R"([{"delay_ms": 30000}])"};
  support::process p{drain_command(to, four_at_once)};
  ASSERT_TRUE(p.wait_until([&] { return to.requests() == window; })) << p.err();
  p.signal(SIGTERM);
  ASSERT_TRUE(p.wait_until([&] { return p.err().find("finishing") != std::string::npos; })) << p.err();
  p.signal(SIGTERM);
  const auto o = outcome_of(p);
  EXPECT_EQ(o.code, 128 + SIGTERM) << o.err;
  EXPECT_EQ(o.count("unknown_outcomes"), window) << "the server has them";
  expect_kept(o, to);
}

TEST_F(faults, row_54_sigpipe_is_nothing_to_us) {
  files.add_many(8, 100);
  support::sink to{R"([{"delay_ms": 300}])"};
  support::process p{drain_command(to)};
  ASSERT_TRUE(p.wait_until([&] { return to.requests() > 0; })) << p.err();
  p.signal(SIGPIPE);
  expect_delivered(outcome_of(p), to);
}

TEST_F(faults, row_55_of_eight_at_once_one_drains) {
  for (int round = 0; round < 10; ++round) {
    files.add_many(12, 100);
    support::sink to{R"([{"delay_ms": 20}])"};
    std::vector<std::unique_ptr<support::process>> all;
    for (int i = 0; i < 8; ++i)
      all.push_back(std::make_unique<support::process>(
          sluice({"send", files.root(), to.url(), "--cacert", to.ca(), "--on-success", "delete", "--summary",
                  room / ("summary" + std::to_string(i))})));
    support::evidence e{.originals = files.originals(), .spool = {}};
    unsigned drained = 0;
    for (int i = 0; i < 8; ++i) {
      const int code = all[static_cast<std::size_t>(i)]->wait();
      EXPECT_THAT(
          code, AnyOf(0, 11));  // a process that begins when the others are done drains nothing, and is done
      if (code == 0) ++drained;
      e.summaries.push_back(
          nlohmann::json::parse(support::content_of(room / ("summary" + std::to_string(i)))));
    }
    EXPECT_GE(drained, 1u);
    e.spool = files.left(), e.ledger = to.ledger();
    EXPECT_THAT(e.spool, IsEmpty());
    EXPECT_THAT(e.ledger, SizeIs(12)) << "each file once";
    EXPECT_TRUE(support::judge(e).clean()) << support::judge(e).text();
  }
}

TEST_F(faults, row_55_lock_dies_with_its_holder) {
  files.add_many(window, 100);
  support::sink to{
      R"([{"match": {"request": 4}, "delay_ms": 20000}, {"match": {"conn": 1}, "delay_ms": 20000}])"};
  support::process first{drain_command(to)};
  ASSERT_TRUE(first.wait_until([&] { return to.requests() >= window; })) << first.err();
  first.signal(SIGKILL);
  EXPECT_EQ(first.wait(), -SIGKILL);
  support::sink next;
  EXPECT_EQ(drain_to(next).code, 0);
  EXPECT_THAT(files.left(), IsEmpty());
  auto ledger = to.ledger();
  for (const auto& r : next.ledger()) ledger.push_back(r);
  const auto found = support::judge({.originals = files.originals(),
                                     .spool = files.left(),
                                     .ledger = ledger,
                                     .in_flight_at_kills = window});
  EXPECT_TRUE(found.clean()) << found.text();
}

}  // namespace
}  // namespace e2e
