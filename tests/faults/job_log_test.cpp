// Rows 78 and 79: a job log that has grown long, and one that cannot be made short.
#include "faults/faults.hpp"
#include "faults/inject.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>

namespace e2e {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::Contains;
using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

#define NEEDS_STRACE \
  if (const auto why = cannot_inject(); !why.empty()) GTEST_SKIP() << why

class job_log : public faults {
 protected:
  support::command compact_command() const { return sluice({"compact", log_, files.root()}); }
  /// A log of two lines for each of ten files.
  std::string make_log() const {
    fs::remove(log_);
    for (int n = 0; n < 2; ++n) {
      support::sink to;
      EXPECT_EQ(run(send_command(to, {"--joblog", log_})).code, 0);
    }
    return support::content_of(log_);
  }
  /// The same log before and after it was compacted.
  struct both {
    std::string whole, compact;
  };
  both make_both() {
    files.add_many(10, 10);
    auto whole = make_log();
    EXPECT_EQ(support::run(compact_command()).code, 0);
    return {std::move(whole), support::content_of(log_)};
  }
  const std::string log_ = room / "log";
};

TEST_F(job_log, row_78_long_log_is_read_in_slices_and_a_signal_ends_the_run) {
  files.add("a.jpg", "1");
  std::ofstream{log_}.close();
  fs::resize_file(log_, 256ull << 30);  // a hole, which is read like any other bytes
  for (const int signal : {SIGTERM, SIGINT}) {
    support::sink to;
    support::process p{
        drain_command(to, {"--resume", "--grace", "500ms", "--progress", "line", "--stats", "100ms"})};
    ASSERT_TRUE(p.wait_until([&] { return p.err().find("reads its job log") != std::string::npos; }))
        << p.err();
    const auto o = stopped_by(signal, p);
    EXPECT_EQ(to.requests(), 0u) << o.err;
  }
  expect_all_kept();
}

// Each call that can fail does so: the log is the old one or the short one, and all that it said of the files
// stays.
TEST_F(job_log, row_79_compaction_that_fails_at_any_call_leaves_a_whole_log) {
  NEEDS_STRACE;
  const auto [long_log, short_log] = make_both();
  ASSERT_THAT(support::lines_of(short_log), SizeIs(10));
  const std::pair<const char*, const char*> calls[]{
      {"openat", "EIO"},         {"fstat", "EIO"},    {"newfstatat", "EIO"}, {"flock", "ENOLCK"},
      {"unlink", "EACCES"},      {"fchmod", "EPERM"}, {"pread64", "EIO"},    {"write", "ENOSPC"},
      {"write", "EINTR"},        {"fsync", "EIO"},    {"rename", "EIO"},     {"readlink", "EIO"},
      {"sync_file_range", "EIO"}};
  for (const auto& [call, error] : calls)
    for (const std::string& path : {log_, log_ + ".compact", files.root().string()})
      for (const auto* when : {"1", "2"}) {
        support::write_file(log_, long_log);
        const auto o = support::run(
            with_faults(compact_command(), {std::string{call} + ":error=" + error + ":when=" + when}, path));
        const auto now = support::content_of(log_);
        EXPECT_TRUE(now == short_log || (o.code != 0 && now == long_log))
            << call << " " << when << " of " << path << ": " << o.code << " " << o.err;
        EXPECT_THAT(o.err, HasSubstr("sluice: ")) << call;
        fs::remove(log_ + ".compact");
      }
  support::sink again;
  EXPECT_EQ(run(send_command(again, {"--joblog", log_, "--resume"})).code, 0);
  EXPECT_EQ(again.requests(), 0u);
}

// The name may go back to the old log in a power failure, and nobody was told.
TEST_F(job_log, row_79_compaction_whose_name_the_disk_does_not_confirm_says_so) {
  NEEDS_STRACE;
  const auto [long_log, short_log] = make_both();
  const auto compacted_with = [&, whole = long_log](const char* fault) {
    support::write_file(log_, whole);
    return support::run(with_faults(compact_command(), {fault}, room.path().string()));
  };
  const auto o = compacted_with("fsync:error=EIO");
  EXPECT_EQ(o.code, 1);
  EXPECT_THAT(support::lines_of(o.err), Contains(HasSubstr("is compacted, but the disk did not confirm")));
  EXPECT_EQ(support::content_of(log_), short_log);
  EXPECT_EQ(compacted_with("fsync:error=EINVAL").code, 0) << "a file system without such a call";
  EXPECT_EQ(support::content_of(log_), short_log);
  EXPECT_EQ(compacted_with("openat:error=EMFILE").code, 1);
  EXPECT_EQ(support::content_of(log_), long_log) << "it is asked before anything changes";
}

TEST_F(job_log, row_79_compaction_that_is_killed_at_any_call_leaves_a_whole_log) {
  NEEDS_STRACE;
  const auto [long_log, short_log] = make_both();
  for (const auto* call : {"unlink", "fchmod", "write", "fsync", "rename"})
    for (int when = 1; when <= 2; ++when) {
      support::write_file(log_, long_log);
      support::run(
          with_faults(compact_command(), {std::string{call} + ":signal=KILL:when=" + std::to_string(when)}));
      const auto now = support::content_of(log_);
      EXPECT_TRUE(now == long_log || now == short_log) << call << " " << when;
    }
  support::write_file(log_, long_log);
  EXPECT_EQ(support::run(compact_command()).code, 0) << "what was left behind is no obstacle";
  EXPECT_EQ(support::content_of(log_), short_log);
  EXPECT_FALSE(fs::exists(log_ + ".compact"));
}

TEST_F(job_log, row_79_watch_whose_log_cannot_be_compacted_says_so_and_goes_on) {
  files.add_many(60, 10, "old");
  fs::create_directories(log_ + ".compact/in-the-way");
  support::sink to;
  arguments all{"watch",    files.root(), to.url(),         "--cacert", to.ca(),
                "--joblog", log_,         "--on-success",   "keep",     "--joblog-compact",
                "10k",      "--summary",  room / "summary", "--rescan", "200ms"};
  support::process p{sluice(all)};
  ASSERT_TRUE(p.wait_until([&] {
    return p.err().find("was not compacted, and goes on as it is") != std::string::npos;
  })) << p.err();
  files.add_many(20, 10, "new");
  ASSERT_TRUE(p.wait_until([&] { return to.ledger().size() == 80; })) << p.err();
  p.signal(SIGTERM);
  EXPECT_EQ(outcome_of(p).code, 128 + SIGTERM);
  EXPECT_THAT(support::lines_of(support::content_of(log_)), SizeIs(80)) << "no line is lost";
}

}  // namespace
}  // namespace e2e
