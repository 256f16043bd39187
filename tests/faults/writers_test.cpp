// Rows 59 to 63: files that somebody may still be writing where the system does not say so, and files that
// have several names.
#include "faults/faults.hpp"
#include "faults/inject.hpp"
#include "faults/watched.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

namespace e2e {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

/// The program gets no lease: refused as to who does not own the files.
support::command without_leases(support::command c) {
  c.refused = support::refused_call{SYS_fcntl, EACCES, 1, F_SETLEASE};
  return c;
}

void set_back(const fs::path& file, std::chrono::seconds by) {
  fs::last_write_time(file, fs::last_write_time(file) - by);
}

TEST_F(faults, row_59_file_that_is_being_written_is_left_alone_without_a_lease) {
  files.add("half", "part 1");
  support::sink to;
  auto c = without_leases(drain_command(to, {"--settle", "2s"}));
  support::process p{c};
  for (int part = 2; part <= 8; ++part) {  // the writer's pauses are shorter than the settle time
    std::this_thread::sleep_for(700ms);
    support::append_to(files / "half", "part " + std::to_string(part));
  }
  files.recall("half");
  const auto o = outcome_of(p);
  EXPECT_EQ(o.code, 1) << o.err;
  EXPECT_EQ(o.count("deferred"), 1u);
  EXPECT_EQ(to.requests(), 0u);
  expect_all_kept();
}

TEST_F(faults, row_59_settled_file_is_sent_whole_and_the_reason_for_waiting_is_told_once) {
  files.add("a", "new");
  files.add("b", "new, too");
  support::sink to;
  const auto begun = std::chrono::steady_clock::now();
  const auto o = run(without_leases(drain_command(to, {"--settle", "1s"})));
  EXPECT_GE(std::chrono::steady_clock::now() - begun, 900ms);
  EXPECT_EQ(o.count("deleted"), 2u) << o.err;
  for (const char* says :
       {"left alone for 1s", "as the user who writes the files", "CAP_LEASE", "--settle 0"})
    EXPECT_THAT(o.err, HasSubstr(says));
  EXPECT_EQ(o.err.find("does not say"), o.err.rfind("does not say"));
  expect_delivered(o, to);
}

TEST_F(faults, row_59_what_is_kept_is_not_sent_half_either) {
  files.add("half", "part 1");
  support::sink to;
  support::process p{without_leases(send_command(to, {"--settle", "1500ms"}))};
  for (int part = 2; part <= 6; ++part) {
    std::this_thread::sleep_for(600ms);
    support::append_to(files / "half", "more");
  }
  files.recall("half");
  const auto o = outcome_of(p);
  EXPECT_EQ(o.code, 1) << o.err;
  EXPECT_EQ(to.requests(), 0u);
  expect_all_kept();
}

TEST_F(faults, row_59_settle_time_of_zero_says_that_files_are_renamed_into_place) {
  files.add("a", "new");
  support::sink to;
  const auto begun = std::chrono::steady_clock::now();
  const auto o = run(without_leases(drain_command(to, {"--settle", "0"})));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 5s);
  EXPECT_EQ(o.count("deleted"), 1u) << o.err;
  EXPECT_THAT(o.err, Not(HasSubstr("does not say")));
  expect_delivered(o, to);
}

TEST_F(faults, row_59_modification_time_in_the_past_does_not_make_a_file_old) {
  files.add("half", "part 1");
  support::sink to;
  support::process p{without_leases(drain_command(to, {"--settle", "1500ms"}))};
  for (int part = 2; part <= 6; ++part) {
    set_back(files / "half", 3600s);  // a copy that keeps times does the same
    std::this_thread::sleep_for(600ms);
    support::append_to(files / "half", "more");
  }
  set_back(files / "half", 3600s);
  files.recall("half");
  const auto o = outcome_of(p);
  EXPECT_EQ(to.requests(), 0u) << o.err;
  expect_all_kept();
}

// A service user, and a producer that is another: what an FTP server or a camera's account writes.
TEST_F(faults, row_60_producer_that_is_another_user_is_waited_for) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can be two other users";
  constexpr uid_t producer = 1234;
  fs::permissions(room.path(), fs::perms::all);
  fs::permissions(files.root(), fs::perms::all);
  files.add("half", "part 1");
  fs::permissions(files / "half", fs::perms{0644});
  ASSERT_EQ(::chown((files / "half").c_str(), producer, producer), 0);
  support::sink to{"[]", {"--http"}};
  support::process p{as_nobody(drain_command(to, {"--settle", "2s"}))};
  {
    std::ofstream writer{files / "half",
                         std::ios::app};  // open all the time, and of no interest to the kernel
    for (int part = 2; part <= 6; ++part) {
      std::this_thread::sleep_for(800ms);
      writer << "part " << part << std::flush;
    }
  }
  files.recall("half");
  auto o = outcome_of(p);
  EXPECT_EQ(o.code, 1) << o.err;
  EXPECT_EQ(to.requests(), 0u);
  EXPECT_THAT(o.err, HasSubstr("the files belong to user 1234"));
  expect_all_kept();
  o = run(as_nobody(drain_command(to, {"--settle", "2s"})));
  EXPECT_EQ(o.code, 0) << o.err;
  expect_delivered(o, to);
}

/// A writer that has a file open below, where the mount that is sent from does not see it.
class other_side : public faults {
 protected:
  void expect_left_alone() {
    support::sink to;
    support::process p{drain_command(to, {"--settle", "2s"})};
    std::ofstream writer{below_ / "half", std::ios::app};
    for (int part = 2; part <= 6; ++part) {
      std::this_thread::sleep_for(800ms);
      writer << "part " << part << std::flush;
    }
    writer.close();
    const auto o = outcome_of(p);
    EXPECT_EQ(to.requests(), 0u) << o.err;
    EXPECT_THAT(o.err, HasSubstr("written from elsewhere"));
    EXPECT_TRUE(fs::exists(files / "half"));
    const auto settled = run(drain_command(to, {"--settle", "2s"}));
    EXPECT_EQ(settled.code, 0) << settled.err;
    EXPECT_EQ(to.requests(), 1u);
    EXPECT_FALSE(fs::exists(below_ / "half"));
  }

  mounts own_;
  const fs::path below_ = room / "below";
};

TEST_F(other_side, row_61_overlay_is_not_trusted_to_know_its_writers) {
  if (!own_.refused().empty()) GTEST_SKIP() << own_.refused();
  for (const char* d : {"lower", "below", "work"}) fs::create_directory(room / d);
  support::write_file(below_ / "half", "part 1");
  const auto options = "lowerdir=" + (room / "lower").string() + ",upperdir=" + below_.string() +
                       ",workdir=" + (room / "work").string();
  if (!own_.overlay(files.root(), options)) GTEST_SKIP() << own_.refused();
  expect_left_alone();
}

TEST_F(other_side, row_61_fuse_mount_is_not_trusted_to_know_its_writers) {
  if (!own_.refused().empty()) GTEST_SKIP() << own_.refused();
  fs::create_directory(below_);
  support::write_file(below_ / "half", "part 1");
  if (!own_.fuse(below_, files.root())) GTEST_SKIP() << own_.refused();
  expect_left_alone();
}

// One file from the future made everything else there look old.
TEST_F(other_side, row_61_file_from_the_future_does_not_make_the_others_old) {
  if (!own_.refused().empty()) GTEST_SKIP() << own_.refused();
  fs::create_directory(below_);
  support::write_file(below_ / "half", "part 1");
  for (const char* name : {"future-1", "future-2"}) {
    support::write_file(below_ / name, "whole");
    fs::last_write_time(below_ / name, fs::file_time_type::clock::now() + std::chrono::hours{1});
  }
  // The mount has no change time but the modification time, like sshfs.
  if (!own_.fuse(below_, files.root(), {"--ctime-from-mtime"})) GTEST_SKIP() << own_.refused();
  support::sink to;
  support::process p{drain_command(to, {"--settle", "2s"})};
  std::ofstream writer{below_ / "half", std::ios::app};
  for (int part = 2; part <= 8; ++part) {
    std::this_thread::sleep_for(700ms);
    writer << "part " << part << std::flush;
  }
  const auto o = outcome_of(p);
  EXPECT_EQ(o.code, 1) << o.err;
  EXPECT_THAT(names_with(to), testing::UnorderedElementsAre("future-1", "future-2")) << o.err;
  EXPECT_TRUE(fs::exists(below_ / "half"));
}

// The file was complete when it was opened, and its writer came back.
TEST_F(faults, row_63_file_that_is_opened_for_writing_while_it_is_sent_is_not_removed) {
  files.add("log", "complete");
  support::sink to{R"([{"delay_ms": 800}])"};
  support::process p{drain_command(to)};
  ASSERT_TRUE(p.wait_until([&] { return to.requests() == 1; })) << p.err();
  std::ofstream writer{files / "log", std::ios::app};
  const auto o = outcome_of(p);
  EXPECT_EQ(o.code, 1) << o.err;
  EXPECT_EQ(o.count("undeletable"), 1u);
  EXPECT_THAT(o.err, HasSubstr("open for writing"));
  writer << "and more" << std::flush;
  EXPECT_EQ(support::content_of(files / "log"), "completeand more");
}

// The server has it: once nobody has it open, and its bytes are those, it goes without another upload.
TEST_F(faults, row_63_file_that_was_only_opened_for_writing_is_removed_by_the_next_run) {
  files.add("log", "complete");
  support::sink to{R"([{"delay_ms": 800}])"};
  {
    support::process p{drain_command(to)};
    ASSERT_TRUE(p.wait_until([&] { return to.requests() == 1; })) << p.err();
    const std::ofstream writer{files / "log", std::ios::app};
    EXPECT_EQ(outcome_of(p).code, 1);
  }
  const auto o = run(drain_command(to, {"--resume"}));
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(o.count("deleted"), 1u);
  EXPECT_EQ(to.requests(), 1u);
}

// While one name was removed, the bytes of all others were read again and again, and many were `changed`.
TEST_F(faults, row_62_many_names_of_a_large_content_go_at_once) {
  files.add("a", std::string(2u << 20, 'x'));
  for (int n = 1; n < 120; ++n) {
    fs::create_hard_link(files / "a", files / ("a" + std::to_string(n)));
    files.recall("a" + std::to_string(n));
  }
  support::sink to;
  const auto o = drain_to(to, {"-w", "60"});
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(o.count("changed"), 0u);
  EXPECT_EQ(to.requests(), 120u);
}

TEST_F(faults, row_62_each_name_of_one_content_is_sent_and_removed_once) {
  constexpr std::size_t names = 60;
  for (const char* content : {"x", "y", "z"}) {
    files.add(content, std::string(20'000, *content));
    for (std::size_t n = 1; n < names; ++n) {
      const auto name = content + std::to_string(n);
      fs::create_hard_link(files / content, files / name);
      files.recall(name);
    }
  }
  support::sink to;
  const auto o = drain_to(to);
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(to.requests(), 3 * names);
  EXPECT_EQ(o.count("deleted"), 3 * names);
  expect_delivered(o, to);
}

TEST_F(faults, row_62_names_of_one_content_need_no_settle_time_of_their_own) {
  files.add("a", "one content");
  for (int n = 1; n < 40; ++n) {
    fs::create_hard_link(files / "a", files / ("a" + std::to_string(n)));
    files.recall("a" + std::to_string(n));
  }
  support::sink to;
  const auto begun = std::chrono::steady_clock::now();
  const auto o = run(without_leases(drain_command(to, {"--settle", "2s", "--window", "2"})));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 10s);
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(to.requests(), 40u);
  expect_delivered(o, to);
}

/// The reply takes long enough for whatever is done to the file.
constexpr const char* slow = R"([{"delay_ms": 1200}])";

TEST_F(faults, row_62_backup_that_links_a_file_while_it_is_sent_does_not_hold_it_back) {
  files.add("small", "bytes");
  files.add("large", std::string(3u << 20, 'x'));
  for (const bool and_back : {false, true}) {
    files.add("small", "bytes");
    files.add("large", std::string(3u << 20, 'x'));
    support::sink to{slow};
    support::process p{drain_command(to, {"--window", "2"})};
    ASSERT_TRUE(p.wait_until([&] { return to.requests() == 2; })) << p.err();
    for (const char* name : {"small", "large"}) {
      const auto copy = room / ("backup-" + std::string{name});
      fs::create_hard_link(files / name, copy);
      if (and_back) fs::remove(copy);
      fs::remove(copy);
    }
    const auto o = outcome_of(p);
    EXPECT_EQ(o.code, 0) << o.err;
    EXPECT_EQ(to.requests(), 2u);
    EXPECT_EQ(o.count("deleted"), 2u);
  }
}

TEST_F(faults, row_63_content_that_changes_behind_an_old_modification_time_is_found) {
  for (const bool linked : {false, true}) {
    for (const std::size_t size : {100u, 3u << 20}) {
      files.add("a", std::string(size, 'x'));
      support::sink to{slow};
      support::process p{drain_command(to)};
      ASSERT_TRUE(p.wait_until([&] { return to.requests() == 1; })) << p.err();
      const auto time = fs::last_write_time(files / "a");
      if (linked) fs::create_hard_link(files / "a", room / "backup");
      {
        std::fstream f{files / "a", std::ios::in | std::ios::out};
        f.seekp(static_cast<std::streamoff>(size / 2));
        f << 'y';
      }
      fs::last_write_time(files / "a", time);
      if (linked) fs::remove(room / "backup");
      files.recall("a");
      const auto o = outcome_of(p);
      EXPECT_EQ(o.code, 1) << o.err;
      EXPECT_EQ(o.count("changed"), 1u);
      expect_all_kept();
    }
  }
}

// The files that `watch` finds at its start, and those that it is told of later.
TEST_F(watched, row_59_in_watch_mode_file_that_is_being_written_is_left_alone_without_a_lease) {
  support::write_file(files / "at-the-start", "part 1");
  support::sink to;
  support::process p{without_leases(following(to, {"--settle", "2s"}))};
  ASSERT_TRUE(ready(p)) << p.err();
  support::write_file(files / "later", "part 1");
  for (int part = 2; part <= 6; ++part) {
    std::this_thread::sleep_for(700ms);
    for (const char* name : {"at-the-start", "later"})
      support::append_to(files / name, "part " + std::to_string(part));
  }
  EXPECT_EQ(to.requests(), 0u) << p.err();
  for (const char* name : {"at-the-start", "later"}) files.recall(name);
  expect_delivered_at_last(p, to);
  EXPECT_THAT(names_with(to), testing::UnorderedElementsAre("at-the-start", "later"));
}

TEST_F(watched, row_59_in_watch_mode_files_that_settle_do_not_hold_each_other_up) {
  support::sink to;
  support::process p{without_leases(following(to, {"--settle", "2s", "--window", "2"}))};
  ASSERT_TRUE(ready(p)) << p.err();
  const auto begun = std::chrono::steady_clock::now();
  files.add_many(500, 100);
  ASSERT_TRUE(all_gone(p)) << p.err();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 15s);  // a backlog of 8 would need two minutes
  const auto o = drained(p);
  EXPECT_EQ(o.count("accepted"), 500u);
  expect_clean(o, to);
}

}  // namespace
}  // namespace e2e
