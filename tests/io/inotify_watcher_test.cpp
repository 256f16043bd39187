#include "io/sources/inotify_watcher.hpp"

#include "refused_call.hpp"
#include "support/loop_run.hpp"
#include "support/loop_scratch.hpp"

#include <gmock/gmock.h>
#include <sys/syscall.h>

#include <cerrno>
#include <fstream>

namespace sluice::io {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

class inotify_watcher_test : public testing::Test {
 protected:
  std::shared_ptr<const directory> open(const fs::path& path) {
    error_code ec;
    auto dir = directory::open(path, ec);
    EXPECT_TRUE(dir) << ec.message();
    return dir;
  }
  bool watch(const std::string& path, bool deep = true) {
    return it_->watch(*open(path.empty() ? dir_.path() : dir_ / path), 0, path, deep) >= 0;
  }
  std::vector<std::string> told() {
    using kind = inotify_watcher::change::kind;
    std::vector<std::string> all;
    while (auto c = it_->next())
      all.push_back(c->what == kind::file        ? c->path
                    : c->what == kind::directory ? c->path + "/"
                    : c->what == kind::overflow  ? "overflow"
                                                 : "root gone");
    return all;
  }

  loop::scratch dir_;
  asio::io_context ioc_;
  int news_ = 0;
  std::shared_ptr<inotify_watcher> it_ = inotify_watcher::make(ioc_.get_executor(), [this] { ++news_; });
};

TEST_F(inotify_watcher_test, files_are_told_of_when_they_are_closed_or_moved_in_not_when_they_are_made) {
  ASSERT_TRUE(watch(""));
  std::ofstream writing{dir_ / "a"};
  writing << "x" << std::flush;
  EXPECT_THAT(told(), IsEmpty());
  writing.close();
  EXPECT_THAT(told(), ElementsAre("a"));
  fs::rename(dir_ / "a", dir_ / "b");
  EXPECT_THAT(told(), ElementsAre("b"));
  std::ifstream{dir_ / "b"}.get();
  fs::permissions(dir_ / "b", fs::perms::owner_read);
  fs::remove(dir_ / "b");
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(inotify_watcher_test, news_come_once_until_all_was_asked_for) {
  ASSERT_TRUE(watch(""));
  EXPECT_THAT(told(), IsEmpty());
  dir_.write("a");
  loop::run_until(ioc_, [&] { return news_ == 1; });
  dir_.write("b");
  ioc_.restart(), ioc_.poll();
  EXPECT_EQ(news_, 1);
  EXPECT_THAT(told(), ElementsAre("a", "b"));
  dir_.write("c");
  loop::run_until(ioc_, [&] { return news_ == 2; });
  EXPECT_THAT(told(), ElementsAre("c"));
}

TEST_F(inotify_watcher_test, directories_are_told_of_where_it_looks_deep) {
  ASSERT_TRUE(watch(""));
  fs::create_directory(dir_ / "d");
  EXPECT_THAT(told(), ElementsAre("d/"));
  ASSERT_TRUE(watch("d", false));
  fs::create_directory(dir_ / "d/e");
  EXPECT_THAT(told(), IsEmpty());
  dir_.write("d/f");
  EXPECT_THAT(told(), ElementsAre("d/f"));
}

TEST_F(inotify_watcher_test, a_directory_that_is_moved_away_is_told_of_no_more) {
  loop::scratch elsewhere;
  dir_.write("d/e/f"), dir_.write("dd/f");
  ASSERT_TRUE(watch("") && watch("d") && watch("d/e") && watch("dd"));
  fs::rename(dir_ / "d", dir_ / "moved");
  EXPECT_THAT(told(), ElementsAre("moved/"));
  dir_.write("moved/e/g"), dir_.write("dd/g");
  EXPECT_THAT(told(), ElementsAre("dd/g"));
  ASSERT_TRUE(watch("moved") && watch("moved/e"));
  dir_.write("moved/e/h");
  EXPECT_THAT(told(), ElementsAre("moved/e/h"));
}

TEST_F(inotify_watcher_test, a_root_that_moves_is_gone) {
  fs::create_directory(dir_ / "root");
  ASSERT_GE(it_->watch(*open(dir_ / "root"), 0, "", true), 0);
  fs::rename(dir_ / "root", dir_ / "other");
  EXPECT_THAT(told(), ElementsAre("root gone"));
}

TEST_F(inotify_watcher_test, a_root_that_is_removed_is_gone) {
  fs::create_directory(dir_ / "root");
  ASSERT_GE(it_->watch(*open(dir_ / "root"), 0, "", true), 0);
  fs::remove(dir_ / "root");
  EXPECT_THAT(told(), testing::Each("root gone"));
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(inotify_watcher_test, a_watch_that_was_given_back_tells_nothing) {
  fs::create_directory(dir_ / "d");
  ASSERT_TRUE(watch(""));
  const auto d = it_->watch(*open(dir_ / "d"), 0, "d", true);
  it_->unwatch(d, 0, "elsewhere");
  dir_.write("d/a");
  EXPECT_THAT(told(), ElementsAre("d/a")) << "it is the watch of another name";
  it_->unwatch(d, 0, "d");
  dir_.write("d/b"), dir_.write("c");
  EXPECT_THAT(told(), ElementsAre("c"));
}

TEST_F(inotify_watcher_test, too_many_events_are_told_as_an_overflow) {
  ASSERT_TRUE(watch(""));
  std::size_t most = 16384;
  std::ifstream{"/proc/sys/fs/inotify/max_queued_events"} >> most;
  if (most > 100'000) GTEST_SKIP() << "the queue is too long to fill: " << most;
  dir_.write("a"), dir_.write("b");
  for (std::size_t i = 0; i < most; ++i)  // kinds in turn: two of a kind in a row are one
    std::ofstream{dir_ / (i % 2 == 0 ? "a" : "b")} << "x";
  EXPECT_EQ(told().back(), "overflow");
  dir_.write("c");
  EXPECT_EQ(told().back(), "c");
}

TEST_F(inotify_watcher_test, no_watch_left_is_no_error) {
  apart([&] {
    ASSERT_TRUE(refuse({SYS_inotify_add_watch, ENOSPC}));
    EXPECT_FALSE(watch(""));
    EXPECT_THAT(told(), IsEmpty());
  });
}

TEST_F(inotify_watcher_test, no_inotify_at_all_is_no_error) {
  apart([&] {
    ASSERT_TRUE(refuse({SYS_inotify_init1, EMFILE}));
    it_ = inotify_watcher::make(ioc_.get_executor(), [] {});
    EXPECT_FALSE(watch(""));
    EXPECT_THAT(told(), IsEmpty());
    it_->stop();
  });
}

TEST_F(inotify_watcher_test, once_stopped_it_is_silent) {
  ASSERT_TRUE(watch(""));
  dir_.write("a");
  it_->stop();
  loop::run_dry(ioc_);
  EXPECT_EQ(news_, 0);
  EXPECT_THAT(told(), IsEmpty());
  EXPECT_FALSE(watch(""));
}

}  // namespace
}  // namespace sluice::io
