// Rows 21 to 24: the kernel loses events or tells none, directories come in bursts, the source goes away.
#include "faults/inject.hpp"
#include "faults/watched.hpp"

#include <fcntl.h>
#include <sys/syscall.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>

namespace e2e {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

// Two unfinished names in turn, so that no event is merged with the one before it: the queue is full when the
// files come.
TEST_F(watched, row_21_files_that_a_full_queue_had_no_room_for_are_sent) {
  SKIP_UNDER_SANITIZER("it takes as many events as ever, ten times as long");
  std::size_t most = 16'384;
  std::ifstream{"/proc/sys/fs/inotify/max_queued_events"} >> most;
  if (most > 100'000) GTEST_SKIP() << "the queue is too long to fill: " << most;
  support::sink to;
  support::process p{seldom_walking(following(to))};
  ASSERT_TRUE(ready(p)) << p.err();
  files.add("first", "1");
  ASSERT_TRUE(all_gone(p)) << p.err();
  p.signal(SIGSTOP);
  for (std::size_t i = 0; i <= most; ++i) std::ofstream{files / (i % 2 == 0 ? ".a" : ".b")} << "x";
  files.add_many(300, 100);
  files.add("new/directory/too", "2");
  p.signal(SIGCONT);
  ASSERT_TRUE(p.wait_until([&] { return files.left().size() == 2; }, long_patience)) << p.err();
  fs::remove(files / ".a"), fs::remove(files / ".b");
  expect_delivered_at_last(p, to);
}

TEST_F(watched, row_22_without_watches_files_are_found_by_walks_and_that_is_said_once) {
  for (const auto refused :
       {support::refused_call{SYS_inotify_add_watch, ENOSPC},
        support::refused_call{SYS_inotify_init1, EMFILE}, support::refused_call{SYS_inotify_init1, ENOSYS}}) {
    support::sink to;
    auto c = following(to);
    c.refused = refused;
    support::process p{c};
    ASSERT_TRUE(ready(p)) << p.err();
    for (const auto* name : {"a", "new/b", "new/c"}) {
      files.add(name, "content of " + std::string{name});
      ASSERT_TRUE(all_gone(p)) << p.err();
    }
    EXPECT_EQ(status().at("only_rescans"), true);
    EXPECT_THAT(ctl({"status"}).out, HasSubstr("new files are found by rescans only"));
    fs::remove(room / "log");
    const auto o = drained(p);
    EXPECT_EQ(o.code, 0) << o.err;
    EXPECT_EQ(o.count("accepted"), 3u);
    const auto told = o.err.find("warning: some directories cannot be watched");
    ASSERT_NE(told, std::string::npos) << o.err;
    EXPECT_EQ(o.err.find("warning:", told + 1), std::string::npos) << o.err;
    expect_nothing_lost(to);
  }
}

TEST_F(watched, row_22_who_is_told_of_everything_is_not_warned) {
  support::sink to;
  support::process p{following(to)};
  ASSERT_TRUE(ready(p)) << p.err();
  EXPECT_EQ(status().at("only_rescans"), false);
  EXPECT_THAT(drained(p).err, testing::Not(HasSubstr("warning")));
}

// Made, filled and moved in faster than anybody could watch them; no walk comes to help.
TEST_F(watched, row_23_bursts_of_new_directories_are_sent_whole) {
  support::sink to;
  support::process p{seldom_walking(following(to))};
  ASSERT_TRUE(ready(p)) << p.err();
  for (int i = 0; i < 40; ++i) {
    const auto n = std::to_string(i), outside = (room / ("outside" + n)).string();
    files.add("made" + n + "/a", "a" + n);
    files.add("made" + n + "/deep/er/b", "b" + n);
    fs::create_directories(outside + "/in/side");
    support::write_file(outside + "/c", "c" + n);
    support::write_file(outside + "/in/side/d", "d" + n);
    files.foretell("moved" + n + "/c", "c" + n);
    files.foretell("moved" + n + "/in/side/d", "d" + n);
    fs::rename(outside, files / ("moved" + n));
    files.add("moved" + n + "/in/late", "late" + n);
  }
  expect_delivered_at_last(p, to);
  EXPECT_EQ(names_with(to).size(), 200u) << "once each";
}

// A directory of the source is none any more once it is moved out: it is a new one that has the name.
TEST_F(watched, row_23_directory_that_is_moved_out_is_left_alone_and_one_made_anew_is_followed) {
  support::sink to;
  support::process p{seldom_walking(following(to))};
  ASSERT_TRUE(ready(p)) << p.err();
  for (int i = 0; i < 5; ++i) {
    const auto n = std::to_string(i);
    const auto archive = room / ("archive" + n);
    files.add("a/first" + n, "first " + n);
    ASSERT_TRUE(all_gone(p)) << p.err();
    fs::rename(files / "a", archive);
    support::write_file(archive / "same", "not to be sent");
    // Whole from its first moment: an open that finds it between creat() and the kernel's note of its writer
    // would send it empty, and then again.
    files.foretell("a/same", "same " + n);
    fs::create_directory(files / "a");
    support::write_file(files / "a/.same", "same " + n);
    fs::rename(files / "a/.same", files / "a/same");
    ASSERT_TRUE(all_gone(p)) << p.err();
    EXPECT_EQ(support::content_of(archive / "same"), "not to be sent");
    fs::remove(files / "a");
    fs::create_directory(files / "a");
  }
  const auto o = drained(p);
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(o.count("vanished"), 0u) << o.err;
  for (const auto& r : to.ledger()) EXPECT_NE(r.sha256, support::sha256("not to be sent"));
  expect_clean(o, to);
}

class source_goes : public watched {
 protected:
  /// Four files are with the server, which has not replied yet, when the source goes.
  void expect_end_when(const std::function<void()>& it_goes, const std::function<void()>& it_comes_back) {
    support::sink to{R"([{"delay_ms": 60000}])"};
    support::process p{following(to, {"-w", "4"})};
    ASSERT_TRUE(p.wait_until([&] { return to.requests() == 4; })) << p.err();
    it_goes();
    const auto o = outcome_of(p);
    it_comes_back();
    EXPECT_EQ(o.code, 3) << o.err;
    EXPECT_EQ(o.summary.at("reason"), "source_unreadable");
    EXPECT_THAT(o.err, HasSubstr("'" + files.root().string() + "' was moved away or replaced"));
    EXPECT_EQ(o.count("deleted"), 0u);
    EXPECT_EQ(o.count("unknown_outcomes"), 4u) << "what was in flight was ended";
    expect_clean(o, to);
  }
};

TEST_F(source_goes, row_24_moved_away) {
  files.add_many(12, 100);
  expect_end_when([&] { fs::rename(files.root(), room / "aside"); },
                  [&] { fs::rename(room / "aside", files.root()); });
  expect_all_kept();
}

TEST_F(source_goes, row_24_moved_away_above) {
  files.add_many(12, 100);
  fs::create_directory(room / "above");
  const auto at = room / "above/spool";
  fs::rename(files.root(), at);
  fs::create_directory_symlink("above/spool", files.root());
  expect_end_when([&] { fs::rename(room / "above", room / "aside"); },
                  [&] { fs::rename(room / "aside", room / "above"); });
  expect_all_kept();
}

TEST_F(source_goes, row_24_removed) {
  files.add_many(12, 100);
  expect_end_when([&] { fs::remove_all(files.root()); },
                  [&] {
                    fs::create_directory(files.root());
                    for (const auto& [name, digest] : support::listing{files.originals()}) files.recall(name);
                  });
}

// The other directory has files of the same names.
TEST_F(source_goes, row_24_replaced_by_another) {
  files.add_many(12, 100);
  fs::copy(files.root(), room / "other");
  const auto exchange = [&] {
    ASSERT_EQ(
        ::renameat2(AT_FDCWD, files.root().c_str(), AT_FDCWD, (room / "other").c_str(), RENAME_EXCHANGE), 0);
  };
  expect_end_when(exchange, exchange);
  expect_all_kept();
  EXPECT_EQ(support::files_below(room / "other"), files.originals());
}

TEST_F(source_goes, row_24_covered_by_another_file_system) {
  mounts made;
  if (!made.memory(room / "probe", "size=1m")) GTEST_SKIP() << made.refused();
  files.add_many(12, 100);
  expect_end_when(
      [&] {
        ASSERT_TRUE(made.memory(files.root(), "size=1m")) << made.refused();
        support::write_file(files / "f-00001.bin", "another");
      },
      [&] {
        EXPECT_EQ(support::content_of(files / "f-00001.bin"), "another");
        made.unmount(files.root());
      });
  expect_all_kept();
}

TEST_F(source_goes, row_24_unmounted) {
  mounts made;
  fs::create_directory(room / "disk");
  if (!made.again(room / "disk", files.root())) GTEST_SKIP() << made.refused();
  files.add_many(12, 100);
  expect_end_when([&] { made.unmount(files.root()); },
                  [&] { ASSERT_TRUE(made.again(room / "disk", files.root())); });
  expect_all_kept();
  made.unmount(files.root());
}

}  // namespace
}  // namespace e2e
