// Rows 1 to 6: something happens to a file while it is listed, sent or awaited.
#include "faults/faults.hpp"
#include "faults/inject.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>

namespace e2e {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// The reply takes long enough for whatever is done to the file.
constexpr const char* slow = R"([{"delay_ms": 1500}])";

/// Runs `c` until the program has `file` open, disturbs it, and leaves the end to the caller.
void disturb_while_open(support::process& p, const fs::path& file, const std::function<void()>& disturb) {
  EXPECT_TRUE(p.wait_until([&] { return has_opened(p.pid(), file); })) << p.err();
  disturb();
}

void expect_changed(const outcome& o) {
  EXPECT_EQ(o.code, 1) << o.err;
  EXPECT_EQ(o.count("changed"), 1u) << o.err;
  EXPECT_EQ(o.count("accepted") + o.count("deleted"), 0u);
}

TEST_F(faults, row_01_file_that_is_gone_before_it_is_opened_is_counted) {
  files.add("a", "stays");
  files.add("b", "goes");
  support::sink to{slow};
  support::process p{drain_command(to, {"--window", "1", "--order-by", "name"})};
  ASSERT_TRUE(p.wait_until([&] { return to.requests() == 1; })) << p.err();
  fs::remove(files / "b");
  files.recall("b");
  const auto o = outcome_of(p);
  EXPECT_EQ(o.count("vanished"), 1u);
  EXPECT_THAT(names_with(to), ElementsAre("a"));
  expect_delivered(o, to);
}

TEST_F(faults, row_01_file_that_goes_while_it_is_sent_is_sent_whole) {
  files.add("large.bin", std::string(200'000, 'x'));
  support::sink to{slow};
  support::process p{drain_command(to)};
  disturb_while_open(p, files / "large.bin", [&] { fs::remove(files / "large.bin"); });
  const auto o = outcome_of(p);
  EXPECT_EQ(o.count("deleted"), 0u);
  EXPECT_THAT(names_with(to), ElementsAre("large.bin"));
  expect_clean(o, to);
}

TEST_F(faults, row_02_file_truncated_while_it_is_sent_is_not_padded) {
  files.add("large.bin", std::string(32u << 20, 'x'));
  support::sink to{R"([{"slow_read": {"bytes_per_s": 8000000}}])", {"--receive-buffer", "65536"}};
  support::process p{drain_command(to)};
  disturb_while_open(p, files / "large.bin", [&] { fs::resize_file(files / "large.bin", 1000); });
  const auto o = outcome_of(p);
  files.recall("large.bin");
  expect_changed(o);
  EXPECT_THAT(names_with(to), IsEmpty());
  expect_kept(o, to);
}

TEST_F(faults, row_03_file_that_grows_while_it_is_sent_is_kept) {
  files.add("large.bin", std::string(200'000, 'x'));
  support::sink to{slow};
  support::process p{drain_command(to)};
  disturb_while_open(p, files / "large.bin", [&] { support::append_to(files / "large.bin", "more"); });
  const auto o = outcome_of(p);
  files.recall("large.bin");
  expect_changed(o);
  ASSERT_EQ(to.ledger().size(), 1u);
  EXPECT_EQ(to.ledger()[0].size, 200'000u) << "what it was when it was opened, and not a byte more";
  expect_kept(o, to);

  support::sink next;
  EXPECT_EQ(drain_to(next).code, 0);
  EXPECT_NE(next.ledger().at(0).key, to.ledger()[0].key) << "other content, other key";
  EXPECT_THAT(files.left(), IsEmpty());
}

// The rule holds in keep mode as well: what was sent may be half of what is there now.
TEST_F(faults, row_03_growth_is_told_in_keep_mode) {
  files.add("large.bin", std::string(200'000, 'x'));
  support::sink to{slow};
  support::process p{send_command(to, {"--joblog", room / "log"})};
  disturb_while_open(p, files / "large.bin", [&] { support::append_to(files / "large.bin", "more"); });
  const auto o = outcome_of(p);
  files.recall("large.bin");
  expect_changed(o);
  expect_kept(o, to);
}

TEST_F(faults, row_04_file_rewritten_in_place_with_the_same_size_is_kept) {
  files.add("large.bin", std::string(200'000, 'x'));
  support::sink to{slow};
  support::process p{drain_command(to)};
  disturb_while_open(p, files / "large.bin", [&] {
    const int fd = ::open((files / "large.bin").c_str(), O_WRONLY | O_CLOEXEC);
    EXPECT_EQ(::pwrite(fd, "y", 1, 100), 1);
    ::close(fd);
  });
  const auto o = outcome_of(p);
  files.recall("large.bin");
  expect_changed(o);
  EXPECT_EQ(fs::file_size(files / "large.bin"), 200'000u);
  expect_kept(o, to);
}

TEST_F(faults, row_05_file_that_took_the_name_is_kept) {
  files.add("large.bin", std::string(200'000, 'x'));
  support::write_file(room / "new", "new content");
  support::sink to{slow};
  support::process p{drain_command(to)};
  disturb_while_open(p, files / "large.bin", [&] { fs::rename(room / "new", files / "large.bin"); });
  const auto o = outcome_of(p);
  files.recall("large.bin");
  expect_changed(o);
  EXPECT_EQ(support::content_of(files / "large.bin"), "new content");
  expect_kept(o, to);
}

TEST_F(faults, row_05_link_that_took_the_name_is_kept) {
  files.add("large.bin", std::string(200'000, 'x'));
  support::sink to{slow};
  support::process p{drain_command(to)};
  disturb_while_open(p, files / "large.bin", [&] {
    fs::rename(files / "large.bin", room / "aside");
    fs::create_symlink(room / "aside", files / "large.bin");
  });
  const auto o = outcome_of(p);
  expect_changed(o);
  EXPECT_TRUE(fs::is_symlink(files / "large.bin"));
  EXPECT_TRUE(fs::exists(room / "aside"));
  files.recall("large.bin");  // a link is no file
  expect_clean(o, to);
}

TEST_F(faults, row_06_file_open_for_writing_elsewhere_waits) {
  files.add("done.jpg", "1");
  files.add("open.jpg", "2");
  const int writer = ::open((files / "open.jpg").c_str(), O_WRONLY | O_CLOEXEC);
  const int reader = ::open((files / "open.jpg").c_str(), O_RDONLY | O_CLOEXEC);
  const bool leases_work = ::fcntl(reader, F_SETLEASE, F_RDLCK) != 0 && errno == EAGAIN;
  ::close(reader);
  if (!leases_work) GTEST_SKIP() << "this file system cannot tell of writers";
  support::sink to;
  const auto o = drain_to(to);
  EXPECT_EQ(o.code, 1) << o.err;
  EXPECT_EQ(o.count("deferred"), 1u);
  EXPECT_THAT(o.err, HasSubstr("another process has the file open for writing"));
  EXPECT_EQ(files.left(), (support::listing{{"open.jpg", support::sha256("2")}}));
  expect_clean(o, to);
  ::close(writer);
  EXPECT_EQ(drain_to(to).code, 0);
  EXPECT_THAT(files.left(), IsEmpty());
}

TEST_F(faults, row_06_unfinished_names_are_left_alone) {
  for (const auto* name : {"a.tmp", "b.part", ".hidden", "done.jpg"}) files.add(name, name);
  support::sink to;
  const auto o = drain_to(to);
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(o.count("skipped"), 3u);
  EXPECT_THAT(names_with(to), ElementsAre("done.jpg"));
  expect_clean(o, to);
}

}  // namespace
}  // namespace e2e
