// Rows 75 to 77. Where a walk meets the system: what belongs to the file system itself, paths longer than a
// system call takes, and trees that came here another way than the job log says.
#include "e2e/watching.hpp"
#include "faults/inject.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

namespace e2e {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class system_edges : public watching {
 protected:
  support::command keeping(const support::sink& to, const arguments& more = {}) const {
    arguments all{"--joblog", room / "log"};
    all.insert(all.end(), more.begin(), more.end());
    return send_command(to, all);
  }
  /// The same names, bytes and times, other inodes.
  void copy_the_tree() const {
    ASSERT_EQ(support::run({.arguments = {"/bin/cp", "-a", files.root(), room / "copy"}}).code, 0);
    fs::remove_all(files.root());
    fs::rename(room / "copy", files.root());
  }
};

TEST_F(system_edges, row_75_lost_and_found_of_a_mounted_file_system_is_passed_over_in_silence) {
  mounts made;
  if (!made.memory(files.root(), "size=1m") || !made.memory(files / "below", "size=1m"))
    GTEST_SKIP() << made.refused();
  for (const auto* where : {"lost+found", "below/lost+found"}) {
    files.add(std::string(where) + "/#12", where);
    ::chmod((files / where).c_str(), 0700);
  }
  files.add("elsewhere/lost+found/b", "2");
  files.add("a", "1");
  for (const auto* path : {".", "below", "elsewhere", "elsewhere/lost+found"})
    ::chmod((files / path).c_str(), 0777);
  fs::permissions(room.path(), fs::perms::all);
  support::sink to{"[]", {"--http"}};
  auto c = send_command(to, {"-v", "--settle", "500ms"});
  c.as_nobody = true;
  const auto o = run(c);
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(o.count("seen"), 2u) << o.err;
  EXPECT_EQ(o.count("unreadable_dirs"), 0u);
  EXPECT_THAT(names_with(to), ElementsAre("a", "b"));
}

TEST_F(system_edges, row_75_lost_and_found_made_below_a_watch_is_passed_over) {
  mounts made;
  if (!made.memory(files.root(), "size=1m")) GTEST_SKIP() << made.refused();
  support::sink to;
  support::process p{watch_command(to, {"--rescan", "1h"})};
  ASSERT_TRUE(ready(p)) << p.err();
  files.add("lost+found/#12", "1");
  files.add("sub/lost+found/b", "2");
  ASSERT_TRUE(p.wait_until([&] { return !fs::exists(files / "sub/lost+found/b"); })) << p.err();
  EXPECT_EQ(ctl({"drain"}).code, 0);
  EXPECT_EQ(outcome_of(p).code, 0) << p.err();
  EXPECT_THAT(names_with(to), ElementsAre("b"));
  EXPECT_TRUE(fs::exists(files / "lost+found/#12"));
}

/// Directories below `at`, made step by step, so many that their path is over 4,096 bytes. Returns that path.
std::string make_deep(const fs::path& at, const std::string& name, const std::string& bytes) {
  std::string path;
  int dir = ::open(at.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  for (int level = 0; level < 25; ++level) {
    const std::string step(200, static_cast<char>('a' + level));
    ::mkdirat(dir, step.c_str(), 0777);
    const int next = ::openat(dir, step.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ::close(dir);
    dir = next;
    path += step + "/";
  }
  const int file = ::openat(dir, name.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  EXPECT_EQ(::write(file, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  ::close(file), ::close(dir);
  return path;
}

TEST_F(system_edges, row_76_path_over_4096_bytes_is_sent_and_removed_like_any_other) {
  make_deep(files.root(), "deep", "1");
  support::sink to;
  const auto o = drain(to, {"--on-success", "delete"});
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(o.count("deleted"), 1u) << o.err;
  EXPECT_THAT(names_with(to), ElementsAre("deep"));
}

TEST_F(system_edges, row_76_path_over_4096_bytes_is_selected_by_size_and_moved) {
  make_deep(files.root(), "deep", "1");
  fs::create_directories(room / "moved");
  support::sink to;
  const auto o = drain(to, {"--on-success", "move=" + (room / "moved").string(), "--min-size", "1"});
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(o.count("moved"), 1u) << o.err;
}

TEST_F(system_edges, row_76_path_over_4096_bytes_in_a_list) {
  const auto path = make_deep(files.root(), "deep", "1");
  support::sink to;
  for (const auto& base : {arguments{}, arguments{files.root()}}) {
    const auto list = room / "list";
    support::write_file(list, (base.empty() ? files.root().string() + "/" : "") + path + "deep\n");
    arguments all{"send"};
    all.insert(all.end(), base.begin(), base.end());
    all.insert(all.end(),
               {to.url(), "--cacert", to.ca(), "--files-from", list, "--summary", room / "summary"});
    const auto o = run(sluice(all));
    EXPECT_EQ(o.code, 0) << o.err;
    EXPECT_EQ(o.count("accepted"), 1u) << o.err;
  }
}

TEST_F(system_edges, row_76_source_whose_path_is_over_4096_bytes) {
  const auto path = make_deep(files.root(), "deep", "1");
  support::sink to;
  const auto o = run(sluice({"send", (files / path).string(), to.url(), "--cacert", to.ca(), "--summary",
                             room / "summary", "--on-success", "delete"}));
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(o.count("deleted"), 1u) << o.err;
}

TEST_F(system_edges, row_76_path_over_4096_bytes_is_watched) {
  make_deep(files.root(), "first", "1");
  support::sink to;
  support::process p{watch_command(to, {"--rescan", "1h"})};
  ASSERT_TRUE(p.wait_until([&] { return to.requests() == 1; })) << p.err();
  make_deep(files.root(), "second", "2");
  ASSERT_TRUE(p.wait_until([&] { return to.requests() == 2; })) << p.err();
  EXPECT_EQ(ctl({"drain"}).code, 0);
  const auto o = outcome_of(p);
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(o.count("deleted"), 2u) << o.err;
}

TEST_F(system_edges, row_77_resume_knows_a_tree_that_was_copied) {
  files.add_many(20, 100);
  files.add("sub/caf\xe9", "1");
  {
    support::sink to;
    EXPECT_EQ(run(keeping(to)).code, 0);
  }
  copy_the_tree();
  files.add("new", "2");
  support::append_to(files / "f-00003.bin", "changed");
  support::sink to;
  const auto o = run(keeping(to, {"--resume"}));
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_THAT(names_with(to), ElementsAre("f-00003.bin", "new"));
  EXPECT_EQ(o.count("skipped"), 20u);
}

TEST_F(system_edges, row_77_resume_tells_two_roots_apart_that_hold_the_same_name) {
  for (const auto* root : {"one", "two"}) {
    fs::create_directories(room / root);
    support::write_file(room / root / "f", root);
    const timespec times[]{{1'700'000'000, 5}, {1'700'000'000, 5}};
    ASSERT_EQ(::utimensat(AT_FDCWD, (room / root / "f").c_str(), times, 0), 0);
  }
  const auto send = [&](const support::sink& to, const arguments& roots) {
    arguments all{"send"};
    all.insert(all.end(), roots.begin(), roots.end());
    all.insert(all.end(), {to.url(), "--cacert", to.ca(), "--joblog", room / "log", "--resume", "--summary",
                           room / "summary"});
    return run(sluice(all));
  };
  support::sink first, second, third;
  EXPECT_EQ(send(first, {room / "one"}).code, 0);
  EXPECT_THAT(first.ledger(), SizeIs(1));
  const auto o = send(second, {room / "one", room / "two"});
  EXPECT_EQ(o.code, 0) << o.err;
  ASSERT_THAT(second.ledger(), SizeIs(1)) << "the other one";
  EXPECT_EQ(second.ledger().front().sha256, support::sha256("two"));
  // The log knows each of the two: a copy of both is known, too.
  for (const auto* root : {"one", "two"}) {
    support::run({.arguments = {"/bin/cp", "-a", room / root, room / "copy"}});
    fs::remove_all(room / root);
    fs::rename(room / "copy", room / root);
  }
  EXPECT_EQ(send(third, {room / "one", room / "two"}).code, 0);
  EXPECT_THAT(third.ledger(), IsEmpty());
}

}  // namespace
}  // namespace e2e
