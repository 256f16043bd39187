// Rows 70 to 74: what cannot be taken away is not sent, or not again and again.
#include "faults/inject.hpp"
#include "faults/watched.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>

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

#define NEEDS_ROOT \
  if (::geteuid() != 0) GTEST_SKIP() << "only root can do that to a file"
#define NEEDS_STRACE \
  if (const auto why = cannot_inject(); !why.empty()) GTEST_SKIP() << why

/// An attribute of a file system, for as long as this lives.
class attribute {
 public:
  attribute(const std::string& what, fs::path of) : what_{what}, of_{std::move(of)} {
    const auto done = support::run({.arguments = {"/usr/bin/chattr", "+" + what_, of_}});
    if (done.code != 0) refused_ = "no such attribute here: " + done.err;
  }
  ~attribute() { take_back(); }
  attribute(const attribute&) = delete;
  void take_back() {
    if (!std::exchange(taken_, true)) support::run({.arguments = {"/usr/bin/chattr", "-" + what_, of_}});
  }
  const std::string& refused() const noexcept { return refused_; }

 private:
  std::string what_, refused_;
  fs::path of_;
  bool taken_ = false;
};

std::size_t times(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

class removal : public faults {
 protected:
  static constexpr std::size_t window = 4;
  support::command few_at_once(const support::sink& to, arguments more = {}) const {
    more.insert(more.end(), {"-w", std::to_string(window)});
    return drain_command(to, more);
  }
  support::command moving(const support::sink& to) const {
    auto c = few_at_once(to, {});
    std::ranges::replace(c.arguments, std::string{"delete"}, "move=" + (room / "moved").string());
    return c;
  }
  /// The run sent the window at most, after what went away; and said why once.
  void expect_few(const outcome& o, const support::sink& to, std::size_t count) {
    EXPECT_EQ(o.code, 1) << o.err;
    const auto gone = o.count("deleted") + o.count("moved");
    EXPECT_THAT(to.ledger(), SizeIs(AllOf(Ge(1u), Le(gone + window)))) << o.err;
    EXPECT_EQ(o.count("undeletable"), o.count("accepted") - gone);
    EXPECT_EQ(o.count("accepted") + o.count("deferred"), count) << o.err;
    EXPECT_EQ(times(o.err, "sluice: nothing more is sent"), 1u) << o.err;
  }
  void judge_run(const support::sink& to, const outcome& o) const {
    const auto found = judged(to, o, room / "log");
    EXPECT_TRUE(found.clean()) << found.text();
  }
};

TEST_F(removal, row_70_file_that_its_attributes_hold_is_not_sent) {
  NEEDS_ROOT;
  for (const auto* what : {"i", "a"}) {
    files.add("free", "1");
    files.add("held", "2");
    const attribute held{what, files / "held"};
    if (!held.refused().empty()) GTEST_SKIP() << held.refused();
    support::sink to;
    const auto o = drain_to(to);
    EXPECT_EQ(o.code, 1) << o.err;
    EXPECT_EQ(o.count("deferred"), 1u);
    EXPECT_THAT(names_with(to), ElementsAre("free"));
    EXPECT_THAT(o.err, HasSubstr(*what == 'i' ? "the file is immutable" : "the file is append-only"));
    EXPECT_EQ(times(o.err, "sluice: '" + (files / "held").string() + "' is not sent"), 1u) << o.err;
    EXPECT_EQ(drain(to, {"--on-success", "keep"}).code, 0) << "what is to be kept can be sent";
    fs::remove(room / "log");
  }
}

TEST_F(removal, row_70_file_that_is_a_mount_point_is_not_sent) {
  files.add("free", "1");
  files.add("mounted", "2");
  mounts made;
  if (!made.again(written("elsewhere", "3"), files / "mounted")) GTEST_SKIP() << made.refused();
  support::sink to;
  const auto o = drain_to(to);
  EXPECT_EQ(o.code, 1) << o.err;
  EXPECT_THAT(names_with(to), ElementsAre("free"));
  EXPECT_THAT(o.err, HasSubstr("the file is a mount point"));
  made.unmount(files / "mounted");
  expect_clean(o, to);
}

TEST_F(removal, row_71_append_only_folder_gives_nothing_away_and_nothing_is_sent) {
  NEEDS_ROOT;
  files.add_many(20, 10, "in/f");
  files.add("free", "1");
  attribute held{"a", files / "in"};
  if (!held.refused().empty()) GTEST_SKIP() << held.refused();
  support::sink to;
  const auto o = drain_to(to);
  EXPECT_EQ(o.code, 1) << o.err;
  EXPECT_EQ(o.count("deferred"), 20u);
  EXPECT_THAT(names_with(to), ElementsAre("free"));
  EXPECT_EQ(times(o.err, "sluice: nothing more is sent from '" + (files / "in").string() +
                             "': its files cannot be removed: the folder is append-only"),
            1u)
      << o.err;
  expect_clean(o, to);
}

TEST_F(removal, row_71_mount_below_the_source_cannot_be_moved_from_and_is_not_sent) {
  mounts made;
  fs::create_directories(room / "moved");
  fs::create_directories(room / "beside");
  fs::create_directories(files / "bound");
  if (!made.memory(files / "mounted", "size=1m") || !made.again(room / "beside", files / "bound"))
    GTEST_SKIP() << made.refused();
  files.add("mounted/a", "1");
  files.add("bound/b", "2");  // the same device, and yet no rename leads out
  files.add("free", "3");
  support::sink to;
  const auto o = run(moving(to));
  EXPECT_EQ(o.code, 1) << o.err;
  EXPECT_EQ(o.count("deferred"), 2u);
  EXPECT_EQ(o.count("moved"), 1u);
  EXPECT_THAT(names_with(to), ElementsAre("free"));
  EXPECT_EQ(times(o.err, "another mount, than the directory to move to"), 5u) << o.err;
}

// Root of a user namespace is not root of what has no name in it.
TEST_F(removal, row_71_sticky_folder_of_somebody_without_a_mapping_is_not_sent) {
  NEEDS_ROOT;
  const support::command probe{.arguments = {"/usr/bin/unshare", "-U", "-r", "/bin/true"}};
  if (support::run(probe).code != 0) GTEST_SKIP() << "no user namespaces here";
  files.add("in/theirs", "1");
  files.add("free", "2");
  fs::permissions(room.path(), fs::perms::all);
  ::chmod((files / "in").c_str(), 01777);
  ::chmod((files / "in/theirs").c_str(), 0644);
  ASSERT_EQ(::chown((files / "in").c_str(), 4001, 4001), 0);
  ASSERT_EQ(::chown((files / "in/theirs").c_str(), 4002, 4002), 0);
  support::sink to;
  auto c = few_at_once(to);
  c.arguments.insert(c.arguments.begin(), {"/usr/bin/unshare", "-U", "-r"});
  const auto o = run(c);
  EXPECT_EQ(o.code, 1) << o.err;
  EXPECT_EQ(o.count("deferred"), 1u) << o.err;
  EXPECT_THAT(names_with(to), ElementsAre("free"));
  EXPECT_THAT(o.err, HasSubstr("sticky"));
  expect_clean(o, to);
}

TEST_F(removal, row_72_removals_that_fail_end_the_sending_of_their_folder) {
  NEEDS_STRACE;
  for (const auto* error : {"EACCES", "EPERM", "EROFS", "EIO", "ENOSPC"}) {
    files.add_many(60, 10);
    fs::remove(room / "log");
    support::sink to;
    const auto o = run(with_faults(few_at_once(to), {std::string("unlinkat:error=") + error}));
    expect_few(o, to, 60);
    judge_run(to, o);
  }
}

// Each folder had to learn for itself: 300 requests for 300 files, in each run anew.
TEST_F(removal, row_72_reason_that_every_folder_has_ends_the_sending) {
  NEEDS_STRACE;
  for (const auto* error : {"EIO", "EPERM"}) {
    for (int folder = 0; folder < 40; ++folder) files.add_many(3, 10, "in" + std::to_string(folder) + "/f");
    fs::remove(room / "log");
    support::sink to;
    const auto o = run(with_faults(few_at_once(to), {std::string("unlinkat:error=") + error}));
    EXPECT_EQ(o.code, 1) << o.err;
    EXPECT_THAT(to.ledger(), SizeIs(Le(3 * window))) << o.err;
    EXPECT_EQ(o.count("accepted") + o.count("deferred"), 120u);
    judge_run(to, o);
  }
}

TEST_F(removal, row_72_move_needs_no_flags_of_the_file_system) {
  NEEDS_STRACE;
  for (const auto* calls : {"renameat2:error=EINVAL", "renameat2:error=EINVAL linkat:error=EPERM"}) {
    fs::remove_all(room / "moved");
    fs::create_directories(room / "moved");
    support::write_file(room / "moved/f-00001.bin", "in the way");
    files.add_many(9, 10);
    fs::remove(room / "log");
    std::vector<std::string> refused{"renameat2:error=EINVAL"};
    if (std::string_view{calls}.find("linkat") != std::string_view::npos)
      refused.emplace_back("linkat:error=EPERM");
    support::sink to;
    const auto o = run(with_faults(moving(to), refused));
    EXPECT_EQ(o.code, 0) << o.err;
    EXPECT_EQ(o.count("moved"), 9u);
    EXPECT_THAT(support::files_below(room / "moved"), SizeIs(10));
    EXPECT_EQ(support::content_of(room / "moved/f-00001.bin"), "in the way");
  }
}

// A file that an earlier run could not remove was skipped for ever, with exit code 0.
TEST_F(removal, row_74_next_run_takes_away_what_the_last_could_not_without_another_upload) {
  NEEDS_STRACE;
  files.add_many(3, 1000);
  support::sink to;
  auto o = run(with_faults(few_at_once(to), {"unlinkat:error=EIO"}));
  EXPECT_EQ(o.code, 1) << o.err;
  const auto sent = to.requests();
  const auto stayed = o.count("undeletable");
  ASSERT_GT(stayed, 0u);
  o = run(few_at_once(to, {"--resume"}));
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(to.requests(), sent + o.count("deleted") - stayed);
  EXPECT_THAT(files.left(), IsEmpty());
  EXPECT_EQ(o.count("accepted"), 3u);
}

TEST_F(removal, row_74_what_was_written_anew_since_is_sent) {
  NEEDS_STRACE;
  files.add("f", "old");
  support::sink to;
  EXPECT_EQ(run(with_faults(few_at_once(to), {"unlinkat:error=EIO"})).code, 1);
  const auto time = fs::last_write_time(files / "f");
  support::write_file(files / "f", "new");  // the text is as long, and its time is set back
  fs::last_write_time(files / "f", time);
  files.recall("f");
  EXPECT_EQ(run(few_at_once(to, {"--resume"})).code, 0);
  EXPECT_EQ(to.requests(), 2u);
  EXPECT_THAT(files.left(), IsEmpty());
}

// Another folder's files are sent all the same.
TEST_F(removal, row_72_permission_that_is_taken_during_a_run_ends_the_sending_of_its_folder) {
  NEEDS_ROOT;
  files.add_many(60, 10, "in/f");
  ::chmod(files.root().c_str(), 0777);
  ::chmod((files / "in").c_str(), 0777);
  support::sink to{R"([{"delay_ms": 200}])", {"--http"}};
  support::process p{as_nobody(few_at_once(to))};
  ASSERT_TRUE(p.wait_until([&] { return files.left().size() < 60; })) << p.err();
  ::chmod((files / "in").c_str(), 0555);
  auto o = outcome_of(p);
  expect_few(o, to, 60);
  judge_run(to, o);
  const auto before = to.ledger().size();
  files.add("other/g", "1");
  ::chmod((files / "other").c_str(), 0777);
  o = run_as_nobody(few_at_once(to));
  EXPECT_EQ(o.code, 1) << o.err;
  EXPECT_EQ(to.ledger().size(), before + 1) << "asked first";
  ::chmod((files / "in").c_str(), 0777);
}

TEST_F(removal, row_72_source_that_is_remounted_read_only_is_not_sent_on) {
  mounts made;
  if (!made.memory(files.root(), "size=4m")) GTEST_SKIP() << made.refused();
  files.add_many(60, 10, "in/f");
  files.add_many(20, 10, "other/g");
  support::sink to{R"([{"delay_ms": 200}])"};
  support::process p{few_at_once(to)};
  ASSERT_TRUE(p.wait_until([&] { return files.left().size() < 80; })) << p.err();
  ASSERT_TRUE(made.change(files.root(), "remount,ro")) << made.refused();
  const auto o = outcome_of(p);
  EXPECT_EQ(o.code, 1) << o.err;
  EXPECT_THAT(to.ledger(), SizeIs(Le(o.count("deleted") + window))) << o.err;
  EXPECT_EQ(times(o.err, "sluice: nothing more is sent from the file system of"), 1u) << o.err;
  EXPECT_THAT(o.err, HasSubstr("Read-only file system"));
  judge_run(to, o);
}

TEST_F(removal, row_73_target_that_goes_away_during_a_run_ends_the_sending) {
  fs::create_directories(room / "moved");
  files.add_many(60, 10, "in/f");
  files.add_many(20, 10, "other/g");
  support::sink to{R"([{"delay_ms": 200}])"};
  support::process p{moving(to)};
  ASSERT_TRUE(p.wait_until([&] { return to.requests() > 0; })) << p.err();
  fs::remove_all(room / "moved");
  const auto o = outcome_of(p);
  expect_few(o, to, 80);
  EXPECT_THAT(o.err, HasSubstr("files cannot be moved to '" + (room / "moved").string() + "'"));
}

TEST_F(removal, row_73_target_that_is_full_ends_the_sending) {
  NEEDS_STRACE;
  fs::create_directories(room / "moved");
  for (const auto* error : {"ENOSPC", "EDQUOT"}) {
    files.add_many(30, 10, "in/f");
    files.add_many(30, 10, "other/g");
    fs::remove(room / "log");
    support::sink to;
    const auto o = run(with_faults(moving(to), {std::string("renameat2:error=") + error}));
    expect_few(o, to, 60);
    judge_run(to, o);
  }
}

class kept_watched : public watched {
 protected:
  support::command few(const support::sink& to, const arguments& more = {}) const {
    arguments all{"-w", "4"};
    all.insert(all.end(), more.begin(), more.end());
    return following(to, all);
  }
  /// Each file was sent once, however long it could not go.
  void expect_once_each(support::process& p, const support::sink& to, std::size_t count) {
    ASSERT_TRUE(all_gone(p)) << p.err();
    const auto o = drained(p);
    EXPECT_EQ(o.code, 1) << o.err;
    EXPECT_THAT(to.ledger(), SizeIs(count)) << o.err;
    expect_clean(o, to);
  }
};

TEST_F(kept_watched, row_74_folder_that_lets_its_files_go_again_is_emptied_without_another_upload) {
  NEEDS_ROOT;
  files.add_many(40, 10, "in/f");
  files.add_many(10, 10, "other/g");
  for (const auto* path : {".", "in", "other"}) ::chmod((files / path).c_str(), 0777);
  support::sink to{R"([{"delay_ms": 200}])", {"--http"}};
  support::process p{as_nobody(few(to))};
  ASSERT_TRUE(p.wait_until([&] { return to.requests() > 0; })) << p.err();
  ::chmod((files / "in").c_str(), 0555);
  ASSERT_TRUE(says(p, "nothing more is sent from '" + (files / "in").string() + "'")) << p.err();
  files.add("other/later", "1");
  ASSERT_TRUE(p.wait_until([&] { return !fs::exists(files / "other/later"); })) << "unrelated: " << p.err();
  const auto sent = to.requests();
  p.wait_until([] { return false; }, 2s);
  EXPECT_EQ(to.requests(), sent) << "again and again";
  ::chmod((files / "in").c_str(), 0777);
  expect_once_each(p, to, 51);
}

// A remedy that lets the files go (an owner, a mode, an attribute) moves their change time as well.
TEST_F(kept_watched, row_74_remedy_that_touches_the_files_themselves_is_one) {
  NEEDS_ROOT;
  files.add_many(20, 10, "in/f");
  for (const auto* path : {".", "in"}) ::chmod((files / path).c_str(), 0777);
  support::sink to{R"([{"delay_ms": 200}])", {"--http"}};
  support::process p{as_nobody(few(to))};
  ASSERT_TRUE(p.wait_until([&] { return to.requests() > 0; })) << p.err();
  ::chmod((files / "in").c_str(), 0555);
  ASSERT_TRUE(says(p, "nothing more is sent from '" + (files / "in").string() + "'")) << p.err();
  for (const auto& [name, digest] : support::files_below(files / "in"))
    ::chmod((files / "in" / name).c_str(), 0666);
  ::chmod((files / "in").c_str(), 0777);
  expect_once_each(p, to, 20);
}

TEST_F(kept_watched, row_74_target_that_is_made_again_gets_what_was_confirmed) {
  fs::create_directories(room / "moved");
  files.add_many(30, 10, "in/f");
  support::sink to{R"([{"delay_ms": 200}])"};
  auto c = few(to);
  std::ranges::replace(c.arguments, std::string{"delete"}, "move=" + (room / "moved").string());
  support::process p{c};
  ASSERT_TRUE(p.wait_until([&] { return to.requests() > 0; })) << p.err();
  const auto away = room / "away";
  fs::rename(room / "moved", away);
  fs::remove_all(away);
  ASSERT_TRUE(says(p, "files cannot be moved to")) << p.err();
  fs::create_directories(room / "moved");
  ASSERT_TRUE(all_gone(p)) << p.err();
  const auto o = drained(p);
  EXPECT_EQ(o.code, 1) << o.err;
  EXPECT_THAT(to.ledger(), SizeIs(30)) << o.err;
  EXPECT_THAT(support::files_below(room / "moved"), SizeIs(Ge(26u)));
}

TEST_F(kept_watched, row_74_source_that_can_be_written_again_is_emptied_without_another_upload) {
  mounts made;
  if (!made.memory(files.root(), "size=4m")) GTEST_SKIP() << made.refused();
  files.add_many(40, 10, "in/f");
  support::sink to{R"([{"delay_ms": 200}])"};
  support::process p{few(to)};
  ASSERT_TRUE(p.wait_until([&] { return to.requests() > 0; })) << p.err();
  ASSERT_TRUE(made.change(files.root(), "remount,ro")) << made.refused();
  ASSERT_TRUE(says(p, "Read-only file system")) << p.err();
  p.wait_until([] { return false; }, 1s);
  ASSERT_TRUE(made.change(files.root(), "remount,rw")) << made.refused();
  expect_once_each(p, to, 40);
}

// Another process does with the name what we could not: it is none of ours any more.
TEST_F(kept_watched, row_74_file_that_was_written_anew_meanwhile_is_not_taken_for_the_old_one) {
  NEEDS_ROOT;
  files.add("in/f", "old");
  for (const auto* path : {".", "in"}) ::chmod((files / path).c_str(), 0777);
  support::sink to{R"([{"delay_ms": 500}])", {"--http"}};
  support::process p{as_nobody(few(to))};
  ASSERT_TRUE(p.wait_until([&] { return to.requests() > 0; })) << p.err();
  ::chmod((files / "in").c_str(), 0555);
  ASSERT_TRUE(says(p, "nothing more is sent from")) << p.err();
  files.add("in/f", "new!");
  ::chmod((files / "in").c_str(), 0777);
  ASSERT_TRUE(all_gone(p)) << p.err();
  EXPECT_EQ(drained(p).code, 1);
  ASSERT_THAT(to.ledger(), SizeIs(2));
  EXPECT_EQ(to.ledger().back().sha256, support::sha256("new!"));
}

}  // namespace
}  // namespace e2e
