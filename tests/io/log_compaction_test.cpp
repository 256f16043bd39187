#include "io/disk/log_compaction.hpp"
#include "support/loop_scratch.hpp"

#include "core/http/idempotency_key.hpp"
#include "io/disk/directory.hpp"
#include "io/disk/directory_lock.hpp"
#include "io/disk/log_file.hpp"
#include "io/disk/record_log.hpp"
#include "support/log_text.hpp"

#include <sluice/error.hpp>
#include <sluice/job_log.hpp>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>

namespace sluice::io {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class log_compaction_test : public testing::Test {
 protected:
  log_compaction_test() { std::filesystem::create_directories(source()); }
  std::filesystem::path source() const { return dir_ / "source"; }
  std::filesystem::path log() const { return dir_ / "log"; }

  /// The record of `path` as it is now, or of a file that is gone.
  file_record record(const std::string& path, fate f = fate::accepted,
                     const std::string& root = "source") const {
    file_record r;
    r.path = path, r.fate = f;
    struct stat st{};
    if (::lstat((dir_ / root / path).c_str(), &st) == 0) {
      const auto id = identity_of(st);
      r.size = id.size, r.mtime_ns = id.mtime_ns, r.key = core::idempotency_key(path, id);
    } else {
      r.key = core::idempotency_key(path, {});
    }
    r.reason = std::to_string(++records_);  // no two lines are the same
    return r;
  }
  compaction compact(const std::vector<std::string>& lines, std::vector<std::filesystem::path> sources = {}) {
    std::string text;
    for (const auto& l : lines) text += l + "\n";
    return compact_text(text, std::move(sources));
  }
  compaction compact_text(const std::string& text, std::vector<std::filesystem::path> sources = {}) {
    dir_.write("log", text);
    if (sources.empty()) sources.push_back(source());
    return compact_job_log(log(), sources);
  }
  std::vector<std::string> left() const {
    std::vector<std::string> all;
    std::istringstream in{loop::content_of(log())};
    for (std::string line; std::getline(in, line);) all.push_back(line);
    return all;
  }
  std::vector<std::shared_ptr<const directory>> roots() const {
    error_code ec;
    return {directory::open(source(), ec)};
  }

  loop::scratch dir_;
  mutable int records_ = 0;
};

TEST_F(log_compaction_test, keeps_the_newest_line_of_each_file_that_is_there) {
  for (const auto* name : {"source/a", "source/b", "source/d/c"}) dir_.write(name);
  const auto a1 = to_json(record("a")), a2 = to_json(record("a")), b = to_json(record("b")),
             c = to_json(record("d/c")), gone = to_json(record("gone"));
  const auto done = compact({a1, gone, b, a2, c, gone});
  EXPECT_FALSE(done.error) << done.detail;
  EXPECT_THAT(left(), ElementsAre(b, a2, c));
  EXPECT_EQ(done.lines, 6u);
  EXPECT_EQ(done.kept, 3u);
  EXPECT_EQ(done.known, 4u);
  EXPECT_EQ(done.found, 3u);
}

TEST_F(log_compaction_test, keeps_the_newest_failure_of_a_file_that_is_there) {
  dir_.write("source/a"), dir_.write("source/b");
  auto never_opened = record("b", fate::deferred);
  never_opened.key = "", never_opened.size = 0, never_opened.mtime_ns = 0;
  const auto newest = to_json(record("a", fate::rejected)), b = to_json(never_opened);
  compact({to_json(record("a", fate::deferred)), to_json(record("gone", fate::rejected)), newest, b});
  EXPECT_THAT(left(), ElementsAre(newest, b));
}

TEST_F(log_compaction_test, failure_is_past_when_the_file_was_accepted_later) {
  dir_.write("source/a");
  const auto accepted = to_json(record("a"));
  compact({to_json(record("a", fate::deferred)), accepted});
  EXPECT_THAT(left(), ElementsAre(accepted));
}

// The newest line alone would have said less than the whole log, and the file would have been sent again.
TEST_F(log_compaction_test, what_resuming_goes_by_stays_whatever_was_logged_since) {
  dir_.write("source/a"), dir_.write("source/b");
  const auto accepted = to_json(record("a")), rejected = to_json(record("a", fate::rejected));
  auto stuck = record("b", fate::undeletable);
  stuck.digest = 7;
  auto announced = record("b");
  announced.disposal = disposed::deleted;
  compact({accepted, rejected, to_json(stuck), to_json(announced)});
  EXPECT_THAT(left(), ElementsAre(accepted, rejected, to_json(stuck), to_json(announced)));
}

TEST_F(log_compaction_test, file_that_changed_is_another_and_a_copy_is_the_same) {
  dir_.write("source/changed", "1"), dir_.write("source/copied", "1"), dir_.write("source/seconds", "1");
  const auto changed = to_json(record("changed")), copied = to_json(record("copied"));
  auto logged = record("seconds");
  dir_.write("source/changed", "12");
  const auto time = std::filesystem::last_write_time(source() / "copied");
  std::filesystem::rename(source() / "copied", dir_ / "away");
  dir_.write("source/copied", "1");
  std::filesystem::last_write_time(source() / "copied", time);
  const timespec whole[2]{{logged.mtime_ns / 1'000'000'000, 0}, {logged.mtime_ns / 1'000'000'000, 0}};
  ::utimensat(AT_FDCWD, (source() / "seconds").c_str(), whole, 0);
  compact({changed, copied, to_json(logged)});
  EXPECT_THAT(left(), ElementsAre(copied, to_json(logged)));
}

TEST_F(log_compaction_test, files_of_several_sources_with_one_path_each_keep_their_line) {
  dir_.write("source/a", "1"), dir_.write("other/a", "22");
  const auto one = to_json(record("a")), two = to_json(record("a", fate::accepted, "other"));
  compact({one, two, one}, {source(), dir_ / "other"});
  EXPECT_THAT(left(), ElementsAre(two, one));
}

TEST_F(log_compaction_test, lines_that_are_no_records_are_kept_and_told) {
  dir_.write("source/a");
  const auto a = to_json(record("a"));
  auto newer = a;
  newer.replace(newer.find("\"v\":1"), 5, "\"v\":2");
  const auto done = compact_text(a + "\n" + a.substr(0, 50) + "\n\n" + newer + "\n" +
                                 std::string(2'000'000, 'x') + "\n" + a + "\ntorn");
  EXPECT_THAT(left(), ElementsAre(a.substr(0, 50), newer, a, "torn"));
  EXPECT_EQ(done.others, 3u);
  EXPECT_EQ(done.too_long, 1u);
  EXPECT_TRUE(loop::content_of(log()).ends_with("torn\n"));
}

TEST_F(log_compaction_test, many_files_take_several_passes_and_each_keeps_its_newest_line) {
  std::string text;
  std::vector<std::string> newest;
  for (int round = 0; round < 3; ++round)
    for (int n = 0; n < 3000; ++n) {
      const auto name = "f" + std::to_string(n);
      if (round == 0) dir_.write("source/" + name, "");
      auto r = record(name);
      if (n % 7 == 0) r.fate = fate::deferred;
      const auto line = to_json(r);
      text += line + "\n";
      if (round == 2) newest.push_back(line);
    }
  compact_text(text);
  EXPECT_EQ(left(), newest);
  // The same with an index that is too small for them: it has room for what a hundredth of the log may hold.
  dir_.write("log", text);
  log_index index{text.size() / 100, true};
  std::size_t passes = 0;
  while (index.begin_pass()) {
    ++passes;
    std::istringstream in{text};
    for (std::string line; std::getline(in, line);) index.add(*core::scan_record(line));
  }
  EXPECT_GT(passes, 8u);
  for (std::uint64_t line = 0; line < 9000; ++line) EXPECT_EQ(index.is_newest(line), line >= 6000) << line;
}

TEST_F(log_compaction_test, keeps_mode_owner_and_a_link_to_the_log) {
  dir_.write("source/a");
  const auto a = to_json(record("a"));
  dir_.write("real/log", a + "\n" + a + "\n");
  std::filesystem::create_symlink("real/log", log());
  ::chmod((dir_ / "real/log").c_str(), 0604);
  const bool root = ::chown((dir_ / "real/log").c_str(), 12, 34) == 0;
  EXPECT_FALSE(compact_job_log(log(), {source()}).error);
  struct stat st{};
  ASSERT_EQ(::lstat((dir_ / "real/log").c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 07777u, 0604u);
  if (root) {
    EXPECT_EQ(st.st_uid, 12u);
    EXPECT_EQ(st.st_gid, 34u);
  }
  EXPECT_TRUE(std::filesystem::is_symlink(log()));
  EXPECT_THAT(left(), ElementsAre(a));
}

TEST_F(log_compaction_test, what_one_that_was_killed_left_behind_is_no_obstacle) {
  dir_.write("source/a"), dir_.write("log.compact", "half a li");
  const auto a = to_json(record("a"));
  EXPECT_FALSE(compact({a, a}).error);
  EXPECT_THAT(left(), ElementsAre(a));
  EXPECT_THAT(dir_.names(), ElementsAre("log", "source/", "source/a"));
}

TEST_F(log_compaction_test, refuses_and_changes_nothing) {
  dir_.write("source/a");
  const auto text = to_json(record("a")) + "\n" + to_json(record("a")) + "\n";
  dir_.write("log", text);
  const auto expect_refusal = [&](error_code why, const compaction& c) {
    EXPECT_EQ(c.error.value(), why.value()) << c.detail;
    EXPECT_THAT(c.detail, testing::Not(IsEmpty()));
    EXPECT_EQ(loop::content_of(log()), text);
    EXPECT_FALSE(std::filesystem::exists(dir_ / "log.compact"));
  };
  std::filesystem::create_directory(dir_ / "empty");
  expect_refusal(errc::source_unreadable, compact_job_log(log(), {dir_ / "empty"}));
  expect_refusal(errc::source_unreadable, compact_job_log(log(), {dir_ / "none"}));
  expect_refusal(make_error_code(boost::system::errc::no_such_file_or_directory),
                 compact_job_log(dir_ / "none", {source()}));
  expect_refusal(make_error_code(boost::system::errc::invalid_argument),
                 compact_job_log("/dev/null", {source()}));
  {
    record_log user;
    EXPECT_FALSE(user.open(log()));
    expect_refusal(errc::locked, compact_job_log(log(), {source()}));
  }
  directory_lock holder;
  EXPECT_FALSE(holder.take(roots(), {}));
  expect_refusal(errc::locked, compact_job_log(log(), {source()}));
}

// Shortening a log that is being written to.

TEST_F(log_compaction_test, lines_that_come_meanwhile_stay) {
  dir_.write("source/a"), dir_.write("source/b");
  const auto a = to_json(record("a")), a2 = to_json(record("a")), b = to_json(record("b"));
  record_log lines;
  dir_.write("log");
  ASSERT_FALSE(lines.open(dir_.write("log", a + "\n" + a2 + "\n")));
  error_code ec;
  {
    const auto work = lines.shorten(roots(), ec);
    ASSERT_FALSE(ec) << ec.message();
    for (int n = 0; work->step(ec); ++n) lines.append(n % 2 == 0 ? b : a);
    EXPECT_FALSE(ec) << ec.message();
  }
  const auto now = left();
  ASSERT_GE(now.size(), 2u);
  EXPECT_EQ(now[0], a2);
  EXPECT_EQ(now[1], b);
  lines.append(a);
  EXPECT_EQ(left().size(), now.size() + 1) << "and what comes afterwards goes to the new file";
  EXPECT_EQ(lines.size(), std::filesystem::file_size(log()));
  EXPECT_THAT(dir_.names(), testing::Not(testing::Contains("log.compact")));
  record_log other;
  EXPECT_FALSE(other.open(log())) << "others may have it again";
}

TEST_F(log_compaction_test, nobody_begins_with_a_log_that_is_being_made_shorter) {
  record_log lines, late;
  ASSERT_FALSE(lines.open(dir_.write("log", "")));
  error_code ec;
  const auto work = lines.shorten(roots(), ec);
  ASSERT_FALSE(ec);
  EXPECT_EQ(late.open(log()), errc::locked);
}

TEST_F(log_compaction_test, log_that_somebody_else_has_is_not_made_shorter) {
  record_log lines, other;
  ASSERT_FALSE(lines.open(dir_.write("log", "")));
  ASSERT_FALSE(other.open(log()));
  error_code ec;
  EXPECT_FALSE(lines.shorten(roots(), ec));
  EXPECT_EQ(ec, errc::locked);
  const int fd = ::open(log().c_str(), O_RDONLY | O_CLOEXEC);
  other = {};
  EXPECT_NE(::flock(fd, LOCK_EX | LOCK_NB), 0) << "it has its own lock again";
  ::close(fd);
}

TEST_F(log_compaction_test, log_that_is_rotated_meanwhile_stays_as_it_is) {
  dir_.write("source/a");
  const auto a = to_json(record("a"));
  for (const bool reopened : {false, true}) {
    record_log lines;
    ASSERT_FALSE(lines.open(dir_.write("log", a + "\n" + a + "\n")));
    error_code ec;
    {
      const auto work = lines.shorten(roots(), ec);
      ASSERT_FALSE(ec) << ec.message();
      EXPECT_TRUE(work->step(ec));
      std::filesystem::rename(log(), dir_ / "log.1");
      if (reopened) {
        EXPECT_FALSE(lines.reopen(log()));
      }
      while (work->step(ec)) {
      }
      EXPECT_FALSE(ec) << "a rotation is no error";
    }
    lines.append("last");
    EXPECT_EQ(loop::content_of(dir_ / "log.1"), a + "\n" + a + "\n" + (reopened ? "" : "last\n"));
    EXPECT_EQ(loop::content_of(log()), reopened ? "last\n" : "");
    EXPECT_THAT(dir_.names(), testing::Not(testing::Contains("log.compact")));
  }
}

TEST_F(log_compaction_test, log_that_is_cut_off_meanwhile_stays_as_it_is) {
  dir_.write("source/a");
  const auto a = to_json(record("a"));
  record_log lines;
  ASSERT_FALSE(lines.open(dir_.write("log", a + "\n" + a + "\n")));
  error_code ec;
  const auto work = lines.shorten(roots(), ec);
  ASSERT_FALSE(ec) << ec.message();
  EXPECT_TRUE(work->step(ec));
  std::filesystem::resize_file(log(), 0);
  while (work->step(ec)) {
  }
  EXPECT_FALSE(ec) << ec.message();
  EXPECT_EQ(loop::content_of(log()), "");
}

}  // namespace
}  // namespace sluice::io
