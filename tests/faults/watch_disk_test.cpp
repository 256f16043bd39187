// Rows 16 to 20 in watch mode: what the disk will not give, not let go, or not take. All of it passes, and
// then everything is sent by the same run.
#include "faults/inject.hpp"
#include "faults/watched.hpp"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

namespace e2e {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

#define NEEDS_STRACE \
  if (const auto why = cannot_inject(); !why.empty()) GTEST_SKIP() << why

/// The processor time that it has used so far.
std::chrono::duration<double> computed(const support::process& p) {
  std::istringstream fields{support::content_of("/proc/" + std::to_string(p.pid()) + "/stat")};
  std::string field;
  for (int i = 1; i <= 13; ++i) fields >> field;
  double user = 0, system = 0;
  fields >> user >> system;
  return std::chrono::duration<double>{(user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK))};
}

// Strace is between us and the program: it ends by its control socket.
TEST_F(watched, row_16_in_watch_mode_file_that_cannot_be_read_is_tried_again) {
  NEEDS_STRACE;
  for (const auto* error : {"EIO", "ESTALE"}) {
    another();
    files.add_many(4, 300'000);
    files.add("bad.bin", std::string(1 << 20, 'b'));
    support::sink to;
    support::process p{with_faults(following(to), {std::string("preadv2:error=") + error + ":when=1..2"},
                                   files / "bad.bin")};
    expect_delivered_at_last(p, to, 1);
    EXPECT_THAT(to.ledger(), SizeIs(testing::Ge(5u)));
  }
}

TEST_F(watched, row_17_in_watch_mode_file_without_permission_is_sent_when_it_has_one) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give up its rights";
  ::chmod(files.root().c_str(), 0777);
  support::sink to{"[]", {"--http"}};
  support::process p{as_nobody(following(to))};
  ASSERT_TRUE(ready(p)) << p.err();
  files.add(".closed", "1");
  ::chmod((files / ".closed").c_str(), 0);
  fs::rename(files / ".closed", files / "closed");
  files.recall(".closed");
  files.add("open", "2");
  ASSERT_TRUE(says(p, "Permission denied")) << p.err();
  ASSERT_TRUE(p.wait_until([&] { return to.requests() == 1; })) << p.err();
  files.foretell("closed", "1");
  ::chmod((files / "closed").c_str(), 0644);
  expect_delivered_at_last(p, to, 1);
}

// All descriptors are taken from it, and given back: it waits without spinning, and is told of nothing it
// forgets. Not even its control socket can be served meanwhile.
TEST_F(watched, row_17_in_watch_mode_shortage_of_descriptors_is_waited_out) {
  SKIP_UNDER_SANITIZER("a sanitizer's checks need descriptors of their own");
  support::sink to{"[]", {"--http"}};
  support::process p{following(to)};
  ASSERT_TRUE(ready(p)) << p.err();
  files.add("before", "1");
  ASSERT_TRUE(all_gone(p)) << p.err();
  rlimit plenty{};
  ASSERT_EQ(::prlimit(p.pid(), RLIMIT_NOFILE, nullptr, &plenty), 0);
  const rlimit none{5, plenty.rlim_max};
  ASSERT_EQ(::prlimit(p.pid(), RLIMIT_NOFILE, &none, nullptr), 0);
  const auto begun = std::chrono::steady_clock::now();
  const auto before = computed(p);
  const raw_client unserved{control_};
  unserved.send("{\"command\":\"status\"}\n");
  files.add_many(20, 100);
  files.add("new/directory", "2");
  p.wait_until([&] { return std::chrono::steady_clock::now() - begun > 2s; });
  const auto share = (computed(p) - before) / (std::chrono::steady_clock::now() - begun);
  EXPECT_LT(share, 0.3) << "it spins";
  EXPECT_THAT(files.left(), SizeIs(21));
  ASSERT_EQ(::prlimit(p.pid(), RLIMIT_NOFILE, &plenty, nullptr), 0);
  EXPECT_THAT(unserved.rest(), HasSubstr("\"ok\":true")) << "served in the end";
  ASSERT_TRUE(all_gone(p)) << p.err();
  expect_clean(drained(p), to);
}

// Each walk sees them, and none sends them again; nor does a restarted watch, which has the log.
TEST_F(watched, row_18_in_watch_mode_name_that_cannot_be_removed_is_not_sent_again) {
  NEEDS_STRACE;
  files.add_many(3, 100);
  support::sink to;
  support::process p{with_faults(following(to), {"unlinkat:error=EBUSY"}, files.root())};
  ASSERT_TRUE(ready(p)) << p.err();
  for (int i = 0; i < 4; ++i) {
    files.add("later" + std::to_string(i), std::to_string(i));
    ASSERT_TRUE(p.wait_until([&] { return to.requests() > 3u + static_cast<unsigned>(i); })) << p.err();
    EXPECT_EQ(ctl({"rescan"}).code, 0);
  }
  const auto o = drained(p);
  EXPECT_EQ(o.code, 1) << o.err;
  EXPECT_EQ(o.count("undeletable"), 7u);
  EXPECT_THAT(to.ledger(), SizeIs(7)) << "once each";
  expect_kept(o, to);

  support::sink next;
  support::process again{following(next)};
  EXPECT_EQ(drained(again).code, 0);
  EXPECT_THAT(next.ledger(), IsEmpty()) << "the job log remembers what was confirmed";
}

TEST_F(watched, row_18_in_watch_mode_file_is_sent_when_its_directory_lets_it_go) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give up its rights";
  files.add("fixed/b", "2");
  ::chmod(files.root().c_str(), 0777);
  ::chmod((files / "fixed/b").c_str(), 0644);
  ::chmod((files / "fixed").c_str(), 0555);
  support::sink to{"[]", {"--http"}};
  support::process p{as_nobody(following(to))};
  ASSERT_TRUE(says(p, "cannot be taken out of its directory")) << p.err();
  EXPECT_THAT(to.ledger(), IsEmpty());
  ::chmod((files / "fixed").c_str(), 0777);
  expect_delivered_at_last(p, to, 1);
  EXPECT_THAT(names_with(to), ElementsAre("b"));
}

// The disk of the log is full for a while, and nothing waits for it: the lines do, and are written when there
// is room. A single run that ends before counts them as dropped.
TEST_F(watched, row_19_in_watch_mode_full_disk_ends_it_and_it_goes_on_when_there_is_room) {
  mounts made;
  if (!made.memory(room / "small", "size=512k")) GTEST_SKIP() << made.refused();
  const auto log = (room / "small/log").string();
  support::sink to;
  {
    support::process p{watch_command(to, {"--joblog", log})};
    ASSERT_TRUE(ready(p)) << p.err();
    {
      std::ofstream{room / "small/filler"} << std::string(1 << 20, 'f') << std::flush;
    }
    files.add_many(100, 100);
    EXPECT_EQ(p.wait(), 1) << p.err();
    EXPECT_THAT(p.err(), testing::HasSubstr("cannot be written: No space left on device"));
  }
  EXPECT_FALSE(files.left().empty()) << "no file goes without its line";
  {
    support::process p{watch_command(to, {"--joblog", log})};
    EXPECT_EQ(p.wait(), 1) << "2 would keep a service manager from trying again: " << p.err();
  }
  fs::remove(room / "small/filler");
  support::process p{watch_command(to, {"--joblog", log})};
  ASSERT_TRUE(all_gone(p)) << p.err();
  EXPECT_EQ(drained(p).code, 0) << p.err();
  EXPECT_THAT(files.left(), IsEmpty());
  expect_nothing_lost(to);
}

TEST_F(watched, row_19_in_watch_mode_unread_standard_error_does_not_stop_it) {
  support::sink to{R"([{"body": ")" + std::string(400, 'r') + R"("}])", {"--http"}};
  support::process p{following(to)};
  files.add_many(400, 10);
  const auto end = std::chrono::steady_clock::now() + long_patience;  // wait_until() would read
  while (!files.left().empty() && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(10ms);
  EXPECT_THAT(files.left(), IsEmpty()) << "blocked by its own output";
  expect_delivered_at_last(p, to);
}

// The log is the memory in keep mode, and a watch reads it back at each start.
TEST_F(watched, row_20_in_watch_mode_torn_log_costs_one_duplicate) {
  files.add_many(3, 20);
  support::sink to;
  const auto c = keeping(following(to));
  {
    support::process p{c};
    ASSERT_TRUE(p.wait_until([&] { return to.requests() == 3; })) << p.err();
    EXPECT_EQ(stop(p).code, 128 + SIGTERM);
  }
  fs::resize_file(room / "log", fs::file_size(room / "log") - 10);
  support::process p{c};
  const auto o = drained(p);
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(o.count("accepted"), 1u);
  ASSERT_THAT(to.ledger(), SizeIs(4));
  std::set<std::string> keys;
  for (const auto& r : to.ledger()) keys.insert(r.key);
  EXPECT_THAT(keys, SizeIs(3)) << "one file, one key";
  expect_all_kept();
  expect_nothing_lost(to);
}

}  // namespace
}  // namespace e2e
