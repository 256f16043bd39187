// Rows 16 to 18: a file or a directory that the system will not give, or not let go.
#include "faults/faults.hpp"
#include "faults/inject.hpp"

#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <filesystem>

namespace e2e {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

#define NEEDS_STRACE \
  if (const auto why = cannot_inject(); !why.empty()) GTEST_SKIP() << why

TEST_F(faults, row_16_file_that_cannot_be_read_waits_and_the_others_go) {
  NEEDS_STRACE;
  files.add_many(6, 300'000);
  files.add("bad.bin", std::string(1 << 20, 'b'));
  const support::listing bad{{"bad.bin", files.originals().at("bad.bin")}};
  for (const auto* error : {"EIO", "ESTALE", "EISDIR"})
    for (const auto* when : {"1", "2", "4"}) {
      support::sink to;
      files.add_many(6, 300'000);
      fs::remove(room / "log");
      const auto o =
          run(with_faults(drain_command(to), {std::string("preadv2:error=") + error + ":when=" + when + "+"},
                          files / "bad.bin"));
      EXPECT_EQ(o.code, 1) << o.err;
      EXPECT_EQ(o.count("deferred"), 1u) << o.err;
      EXPECT_THAT(names_with(to), SizeIs(6));
      EXPECT_EQ(files.left(), bad);
      EXPECT_TRUE(judged(to, o, room / "log").clean()) << judged(to, o, room / "log").text();
    }
}

// The bytes of small files are in their inodes: none is ever asked for, and none comes until a read waits.
TEST_F(faults, row_16_small_files_on_ext4_with_inline_data_come_all_the_same) {
  mounts made;
  const auto disk = room / "disk";
  support::write_file(disk, "");
  fs::resize_file(disk, 16 << 20);
  const auto formatted =
      support::run({.arguments = {"/sbin/mkfs.ext4", "-q", "-F", "-O", "inline_data", disk}});
  if (formatted.code != 0) GTEST_SKIP() << "no ext4 with inline data: " << formatted.err;
  if (!made.image(disk, files.root())) GTEST_SKIP() << made.refused();
  files.add_many(100, 50);
  made.unmount(files.root());
  ASSERT_TRUE(made.image(disk, files.root())) << made.refused();  // nothing is in memory
  support::sink to;
  const auto begun = std::chrono::steady_clock::now();
  const auto o = drain_to(to, {"-w", "1"});
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds{3});
  EXPECT_EQ(o.code, 0) << o.err;
  fs::remove_all(files / "lost+found");
  expect_delivered(o, to);
  made.unmount(files.root());
}

// The same on any file system, by a filter that says of all bytes that they are not in memory.
TEST_F(faults, row_16_small_files_that_never_come_without_waiting_are_read_with_waiting) {
  files.add_many(100, 50);
  support::sink to;
  auto c = drain_command(to, {"-w", "1"});
  constexpr int flags = 5;
  c.refused = support::refused_call{SYS_preadv2, EAGAIN, flags, RWF_NOWAIT};
  const auto begun = std::chrono::steady_clock::now();
  const auto o = run(c);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds{3});
  EXPECT_EQ(o.code, 0) << o.err;
  expect_delivered(o, to);
}

TEST_F(faults, row_17_file_without_permission_is_told_and_the_rest_is_sent) {
  files.add("closed.jpg", "1");
  files.add("open.jpg", "2");
  ::chmod(files.root().c_str(), 0777);
  ::chmod((files / "closed.jpg").c_str(), 0);
  support::sink to{"[]", {"--http"}};
  const auto o = run_as_nobody(drain_command(to));
  EXPECT_EQ(o.code, 1);
  EXPECT_EQ(o.count("deferred"), 1u);
  EXPECT_THAT(o.err, HasSubstr("Permission denied"));
  ::chmod((files / "closed.jpg").c_str(), 0600);
  EXPECT_THAT(names_with(to), ElementsAre("open.jpg"));
  expect_clean(o, to);
}

// No file can be opened for a while: fewer at once, again later, and no file pays for it.
TEST_F(faults, row_17_shortage_of_descriptors_or_memory_is_waited_out) {
  NEEDS_STRACE;
  const std::pair<const char*, const char*> cases[]{
      {"EMFILE", "16"}, {"ENFILE", "16"}, {"ENOMEM", "16"}, {"EMFILE", "auto"}};
  for (const auto& [error, window] : cases) {
    files.add_many(30, 100);
    fs::remove(room / "log");
    support::sink to;
    // Four calls open the source and lock it.
    const auto o = run(with_faults(drain_command(to, {"-w", window}),
                                   {std::string("openat:error=") + error + ":when=7..43"}, files.root()));
    EXPECT_EQ(o.code, 0) << o.err;
    EXPECT_EQ(o.count("accepted"), 30u);
    EXPECT_LT(o.summary.at("window").at("last"), 16) << "fewer at once";
    EXPECT_THAT(files.left(), IsEmpty());
    EXPECT_TRUE(judged(to, o, room / "log").clean()) << judged(to, o, room / "log").text();
  }
}

TEST_F(faults, row_17_shortage_without_an_end_defers_without_spinning) {
  NEEDS_STRACE;
  files.add_many(3, 100);
  support::sink to;
  const auto o = run(with_faults(drain_command(to), {"openat:error=EMFILE:when=5+"}, files.root()));
  EXPECT_EQ(o.code, 1) << o.err;
  EXPECT_EQ(o.count("deferred"), 3u);
  EXPECT_THAT(o.err, HasSubstr("Too many open files"));
  expect_kept(o, to);
}

TEST_F(faults, row_17_shortage_of_sockets_ends_the_run_and_loses_nothing) {
  NEEDS_STRACE;
  files.add_many(30, 100);
  support::sink to;
  const auto o = run(with_faults(drain_command(to), {"socket:error=EMFILE:when=1+"}));
  EXPECT_EQ(o.code, 5) << o.err;
  expect_kept(o, to);
}

// A directory that could not be entered is told, and what lies beside it is sent.
TEST_F(faults, row_17_directory_that_cannot_be_opened_is_told) {
  NEEDS_STRACE;
  files.add("a", "1");
  files.add("sub/b", "2");
  for (const auto* error : {"EMFILE", "EACCES", "EIO"}) {
    files.add("a", "1");
    fs::remove(room / "log");
    support::sink to;
    const auto o = run(with_faults(drain_command(to), {std::string("openat2:error=") + error + ":when=2+"}));
    EXPECT_EQ(o.code, 1) << o.err;
    EXPECT_EQ(o.count("unreadable_dirs"), 1u);
    EXPECT_THAT(names_with(to), ElementsAre("a"));
    EXPECT_TRUE(judged(to, o, room / "log").clean()) << judged(to, o, room / "log").text();
  }
}

TEST_F(faults, row_18_name_that_cannot_be_removed_is_told_and_not_sent_again) {
  NEEDS_STRACE;
  files.add_many(5, 100);
  for (const auto* error : {"EACCES", "EPERM", "EROFS", "EBUSY"}) {
    fs::remove(room / "log");
    support::sink to;
    const auto o =
        run(with_faults(drain_command(to), {std::string("unlinkat:error=") + error}, files.root()));
    EXPECT_EQ(o.code, 1) << o.err;
    EXPECT_EQ(o.count("accepted") + o.count("deferred"), 5u);
    EXPECT_EQ(o.count("undeletable"), o.count("accepted"));
    if (error == std::string{"EBUSY"}) {
      EXPECT_EQ(o.count("deferred"), 0u) << "that is the file's own";
    }
    EXPECT_THAT(to.ledger(), SizeIs(o.count("accepted"))) << "once each";
    expect_all_kept();
    EXPECT_TRUE(judged(to, o, room / "log").clean()) << judged(to, o, room / "log").text();

    support::sink next;
    const auto rest = run(send_command(next, {"--joblog", room / "log", "--resume"}));
    EXPECT_EQ(rest.code, 0);
    EXPECT_THAT(next.ledger(), SizeIs(o.count("deferred"))) << "the job log remembers what was confirmed";
  }
}

TEST_F(faults, row_18_source_that_cannot_be_written_is_told_before_anything_is_sent) {
  files.add("a.jpg", "1");
  ::chmod(files.root().c_str(), 0555);
  support::sink to{"[]", {"--http"}};
  const auto o = run_as_nobody(send_command(to, {"--on-success", "delete"}));
  ::chmod(files.root().c_str(), 0755);
  EXPECT_EQ(o.code, 3) << o.err;
  EXPECT_THAT(o.err, HasSubstr("Permission denied"));
  EXPECT_EQ(to.stop().at("connections"), 0);
  expect_kept(o, to);
}

// Otherwise every run would send these again.
TEST_F(faults, row_18_file_that_could_not_be_taken_out_of_its_directory_is_not_sent) {
  files.add("good/a", "1");
  files.add("fixed/b", "2");
  ::chmod(files.root().c_str(), 0777);
  ::chmod((files / "good").c_str(), 0777);
  ::chmod((files / "fixed").c_str(), 0555);
  support::sink to{"[]", {"--http"}};
  const auto o = run_as_nobody(drain_command(to));
  EXPECT_EQ(o.code, 1) << o.err;
  EXPECT_EQ(o.count("deferred"), 1u);
  EXPECT_THAT(o.err, HasSubstr("cannot be taken out of its directory"));
  EXPECT_THAT(names_with(to), ElementsAre("a"));
  expect_clean(o, to);

  EXPECT_EQ(run_as_nobody(send_command(to)).code, 0) << "what is to be kept can be sent";
  EXPECT_THAT(names_with(to), ElementsAre("a", "b"));
}

TEST_F(faults, row_18_file_of_another_in_a_sticky_directory_is_not_sent) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can make a file of another";
  files.add("ours", "1");
  files.add("theirs", "2");
  ::chmod(files.root().c_str(), 01777);
  EXPECT_EQ(::chown((files / "ours").c_str(), 65534, 65534), 0);
  support::sink to{"[]", {"--http"}};
  const auto o = run_as_nobody(drain_command(to));
  EXPECT_EQ(o.code, 1) << o.err;
  EXPECT_EQ(o.count("deferred"), 1u);
  EXPECT_THAT(names_with(to), ElementsAre("ours"));
  EXPECT_EQ(files.left(), (support::listing{{"theirs", support::sha256("2")}}));
  expect_clean(o, to);
}

}  // namespace
}  // namespace e2e
