// Rows 21 to 24 of the fault table: what happens to a directory that is followed.
#include "follow_fixture.hpp"

#include "io/refused_call.hpp"

#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace sluice {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class follow_faults : public with_followed {
 protected:
  void expect_lost(const drain_outcome& o) {
    EXPECT_EQ(o.error, errc::source_unreadable);
    EXPECT_EQ(o.summary.reason, stop_reason::source_unreadable);
    EXPECT_EQ(o.summary.detail, "'" + (files_ / "spool").string() + "' was moved away or replaced");
  }
};

TEST_F(follow_faults, row_21_events_the_kernel_lost_are_made_up_for_by_a_walk) {
  std::size_t most = 16384;
  std::ifstream{"/proc/sys/fs/inotify/max_queued_events"} >> most;
  if (most > 100'000) GTEST_SKIP() << "the queue is too long to fill: " << most;
  uploader up{ioc_.get_executor(), removing()};
  begin(up);
  put("first");
  until_accepted(up, 1);
  const auto a = files_ / "spool/.a", b = files_ / "spool/.b";
  for (std::size_t i = 0; i < most; ++i) std::ofstream{i % 2 == 0 ? a : b} << "x";
  for (int i = 0; i < 30; ++i) put("unheard" + std::to_string(i));
  until_accepted(up, 31);
  EXPECT_THAT(left(), ElementsAre(".a", ".b"));
  EXPECT_EQ(finish(up).summary.counts[fate::accepted], 31u);
}

TEST_F(follow_faults, row_22_without_watches_it_walks) {
  io::apart([&] {
    ASSERT_TRUE(io::refuse({SYS_inotify_add_watch, ENOSPC}));
    auto s = followed();
    s.follow->rescan = 20ms;
    uploader up{ioc_.get_executor(), removing()};
    begin(up, s);
    put("a");
    until_accepted(up, 1);
    EXPECT_TRUE(up.progress().only_rescans);
    put("d/b");
    until_accepted(up, 2);
    EXPECT_FALSE(finish(up).error);
  });
}

TEST_F(follow_faults, row_22_without_inotify_it_walks) {
  io::apart([&] {
    ASSERT_TRUE(io::refuse({SYS_inotify_init1, EMFILE}));
    auto s = followed();
    s.follow->rescan = 20ms;
    uploader up{ioc_.get_executor(), removing()};
    begin(up, s);
    for_a_while(30ms);
    put("a");
    until_accepted(up, 1);
    EXPECT_TRUE(up.progress().only_rescans);
    EXPECT_FALSE(finish(up).error);
  });
}

TEST_F(follow_faults, row_23_files_in_new_directories_are_found_whenever_they_come) {
  uploader up{ioc_.get_executor(), removing()};
  begin(up);
  std::uint64_t files = 0;
  for (int i = 0; i < 60; ++i) {
    const auto dir = "d" + std::to_string(i);
    put(dir + "/x/a"), ++files;
    ioc_.restart();
    for (int n = 0; n < i; ++n) ioc_.poll_one();
    put(dir + "/x/b"), ++files;
  }
  until_accepted(up, files);
  EXPECT_THAT(left(), IsEmpty());
  EXPECT_EQ(finish(up).summary.counts[fate::accepted], files);
  EXPECT_EQ(server_.count(), files);
}

TEST_F(follow_faults, row_24_source_that_is_moved_away_ends_it_at_once_and_keeps_what_was_on_its_way) {
  uploader up{ioc_.get_executor(), removing()};
  begin(up);
  server_.hold();
  put("a"), put("b");
  until([&] { return server_.in_flight == 2; });
  fs::rename(files_ / "spool", files_ / "away");
  const auto o = end();
  expect_lost(o);
  EXPECT_EQ(o.summary.counts[fate::deferred], 2u);
  EXPECT_TRUE(fs::exists(files_ / "away/a"));
  EXPECT_TRUE(fs::exists(files_ / "away/b"));
  server_.let_go();
}

TEST_F(follow_faults, row_24_what_is_accepted_after_the_source_has_gone_is_kept_and_said_so) {
  uploader up{ioc_.get_executor(), removing()};
  server_.say([&](const loop::got&) -> asio::awaitable<std::string> {
    fs::create_directory(files_ / "other");  // the parent is another one: inotify has nothing to tell
    fs::rename(files_ / "spool", files_ / "other/spool");
    fs::create_directory(files_ / "spool");
    put("a", "not the one that was sent");
    co_return loop::reply("200 OK");
  });
  put("a");
  begin(up);
  const auto o = end();
  expect_lost(o);
  EXPECT_EQ(left(), std::vector<std::string>{"a"});
  EXPECT_TRUE(fs::exists(files_ / "other/spool/a"));
  for (const auto& r : records_) {
    EXPECT_EQ(r.disposal, disposed::kept);
    if (r.fate == fate::undeletable) {
      EXPECT_THAT(r.reason, HasSubstr("accepted, but kept: '"));
    }
  }
}

TEST_F(follow_faults, row_24_source_that_is_removed_ends_it) {
  uploader up{ioc_.get_executor(), removing()};
  begin(up);
  put("a");
  until_accepted(up, 1);
  fs::remove(files_ / "spool");
  expect_lost(end());
}

TEST_F(follow_faults, row_24_another_file_system_over_the_source_ends_it) {
  if (::geteuid() != 0 || ::unshare(CLONE_NEWNS) != 0 || ::mount("", "/", "", MS_REC | MS_PRIVATE, "") != 0)
    GTEST_SKIP() << "needs mounts";
  uploader up{ioc_.get_executor(), removing()};
  begin(up);
  put("a");
  until_accepted(up, 1);
  const auto spool = (files_ / "spool").string();
  ASSERT_EQ(::mount("none", spool.c_str(), "tmpfs", 0, ""), 0);
  put("b");
  expect_lost(end());
  EXPECT_TRUE(fs::exists(files_ / "spool/b"));
  ::umount2(spool.c_str(), MNT_DETACH);
}

}  // namespace
}  // namespace sluice
