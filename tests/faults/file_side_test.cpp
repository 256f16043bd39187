// Rows 7 to 15: what lies in a directory, and what it is called.
#include "faults/faults.hpp"
#include "faults/inject.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

namespace e2e {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAreArray;

TEST_F(faults, row_07_links_are_never_followed) {
  files.add("a.jpg", "a file");
  support::write_file(room / "outside.jpg", "not to be sent");
  fs::create_directories(room / "outside");
  support::write_file(room / "outside/b.jpg", "not to be sent");
  fs::create_symlink(room / "outside.jpg", files / "link.jpg");
  fs::create_directory_symlink(room / "outside", files / "directory");
  fs::create_symlink("a.jpg", files / "inside.jpg");
  support::sink to;
  const auto o = drain_to(to);
  EXPECT_EQ(o.count("skipped"), 3u);
  EXPECT_THAT(names_with(to), ElementsAre("a.jpg"));
  EXPECT_TRUE(fs::exists(room / "outside/b.jpg") && fs::exists(room / "outside.jpg"));
  expect_delivered(o, to);
}

// A directory and a link to one elsewhere change places all the while.
TEST_F(faults, row_07_directory_swapped_with_a_link_leads_nowhere) {
  fs::create_directories(room / "outside");
  for (int i = 0; i < 200; ++i) {
    files.add("sub/" + std::to_string(i), "file " + std::to_string(i));
    support::write_file(room / "outside" / std::to_string(i), "not to be sent");
  }
  fs::create_directory_symlink(room / "outside", files / "link");
  std::atomic<bool> over = false;
  std::thread attacker{[&] {
    while (!over)
      ::renameat2(AT_FDCWD, (files / "sub").c_str(), AT_FDCWD, (files / "link").c_str(), RENAME_EXCHANGE);
  }};
  support::sink to;
  const auto o = drain_to(to, {"--window", "2"});
  over = true;
  attacker.join();
  if (fs::is_symlink(files / "sub")) {
    fs::remove(files / "sub");
    fs::rename(files / "link", files / "sub");
  }
  EXPECT_THAT(support::files_below(room / "outside"), SizeIs(200));
  for (const auto& r : to.ledger()) EXPECT_NE(r.sha256, support::sha256("not to be sent"));
  expect_clean(o, to);
}

TEST_F(faults, row_08_what_is_no_file_is_passed_over_without_waiting) {
  files.add("a.dat", "a file");
  ASSERT_EQ(::mkfifo((files / "fifo.dat").c_str(), 0600), 0);
  fs::create_directories(files / "directory.dat");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, (files / "socket.dat").c_str(), sizeof address.sun_path - 1);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ::close(fd);
  const bool device = ::mknod((files / "device.dat").c_str(), S_IFCHR | 0600, (1 << 8) | 5) == 0;  // zero
  support::sink to;
  const auto o = drain_to(to);
  EXPECT_EQ(o.count("skipped"), device ? 3u : 2u);
  EXPECT_THAT(names_with(to), ElementsAre("a.dat"));
  expect_delivered(o, to);

  // A list names them as well, where no listing says what they are.
  support::write_file(room / "names", "fifo.dat\nsocket.dat\ndirectory.dat\n");
  const auto listed = drain_to(to, {"--files-from", room / "names"});
  EXPECT_EQ(listed.code, 0) << listed.err;
  EXPECT_EQ(listed.count("skipped"), 3u);
}

TEST_F(faults, row_09_hard_link_is_left_under_its_other_name) {
  files.add("a.jpg", "shared");
  fs::create_hard_link(files / "a.jpg", room / "other-name");
  support::sink to;
  expect_delivered(drain_to(to), to);
  EXPECT_EQ(support::content_of(room / "other-name"), "shared");
}

TEST_F(faults, row_10_directory_inside_itself_is_read_once) {
  mounts made;
  fs::create_directories(files / "sub/again");
  if (!made.again(files.root(), files / "sub/again")) GTEST_SKIP() << made.refused();
  files.add("a", "1");
  files.add("sub/b", "2");
  support::sink to;
  const auto o = drain_to(to);
  EXPECT_EQ(o.code, 1) << "a directory was not read";
  EXPECT_EQ(o.count("unreadable_dirs"), 1u);
  EXPECT_THAT(names_with(to), ElementsAre("a", "b"));
  made.unmount(files / "sub/again");
  EXPECT_THAT(files.left(), IsEmpty());
  expect_clean(o, to);
}

TEST_F(faults, row_10_ten_thousand_levels_end_at_128) {
  constexpr int depth = 10'000;
  files.add("top", "0");
  int at = ::open(files.root().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  for (int i = 1; i <= depth; ++i) {
    ASSERT_EQ(::mkdirat(at, "d", 0700), 0) << i;
    const int below = ::openat(at, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ::close(at);
    at = below;
    if (i != 100 && i != depth) continue;
    const int file = ::openat(at, i == 100 ? "near" : "far", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    EXPECT_EQ(::write(file, "1234567", i == 100 ? 4 : 7), i == 100 ? 4 : 7);
    ::close(file);
  }
  support::sink to;
  const auto o = drain_to(to);
  EXPECT_EQ(::faccessat(at, "far", F_OK, 0), 0) << "not looked at, not touched";
  ::close(at);
  // Too deep for anything that uses paths; rm goes step by step.
  EXPECT_EQ(support::run({.arguments = {"/bin/rm", "-r", files / "d"}}).code, 0);
  EXPECT_EQ(o.code, 1);
  EXPECT_EQ(o.count("unreadable_dirs"), 1u) << o.err;
  EXPECT_THAT(names_with(to), ElementsAre("near", "top"));
  EXPECT_THAT(files.left(), IsEmpty());
  expect_clean(o, to);
}

// Ten million would take the same way: a directory is read 32 KiB at a time.
TEST_F(faults, row_11_memory_is_for_the_window_not_for_the_folder) {
  SKIP_UNDER_SANITIZER("a sanitizer's memory is not the program's");
  const auto peak = [&](std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) support::write_file(files / std::to_string(i), std::to_string(i));
    for (std::size_t i = 0; i < count; ++i) files.recall(std::to_string(i));
    // The last reply waits, so that there is time to look at the end.
    support::sink to{R"([{"match": {"request": )" + std::to_string(count) + R"(}, "delay_ms": 200}])"};
    fs::remove(room / "log");
    support::process p{send_command(to, {"-w", "16", "--on-success", "delete", "--joblog", room / "log"})};
    const auto kb = p.peak_memory();
    const auto o = outcome_of(p);
    EXPECT_EQ(o.code, 0) << o.err;
    EXPECT_TRUE(files.left().empty());
    EXPECT_TRUE(judged(to, o, room / "log").clean()) << judged(to, o, room / "log").text();
    return kb;
  };
  const auto few = peak(500), many = peak(20'000);
  EXPECT_LE(many, few + 512) << "kB, with 500 and 20,000 files";
  EXPECT_LE(many, 32 * 1024);
}

// An order holds names, and little of each.
TEST_F(faults, row_11_an_order_takes_at_most_forty_bytes_a_name) {
  SKIP_UNDER_SANITIZER("a sanitizer's memory is not the program's");
  constexpr std::uint64_t count = 100'000;
  for (std::uint64_t i = 0; i < count; ++i)
    ::close(::open((files / ("camera-" + std::to_string(i) + ".jpg")).c_str(), O_CREAT | O_WRONLY | O_CLOEXEC,
                   0600));
  const support::sink to;
  const auto peak = [&](arguments more) {
    more.insert(more.end(), {"--dry-run", "--progress", "none"});
    support::process p{send_command(to, more)};
    const auto kb = p.peak_memory();
    EXPECT_EQ(outcome_of(p).count("skipped"), count);
    return kb;
  };
  const auto none = peak({});
  for (const auto* by : {"name", "mtime,desc", "size"})
    EXPECT_LE(peak({"--order-by", by}), none + 1024 + 40 * count / 1024) << by;
}

// A hundred thousand names, of which one is wanted.
TEST_F(faults, row_11_names_that_are_not_wanted_cost_no_memory) {
  SKIP_UNDER_SANITIZER("a sanitizer's memory is not the program's");
  files.add("wanted.jpg", "1");
  for (int i = 0; i < 100'000; ++i)
    ::close(::open((files / ("x" + std::to_string(i))).c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  support::sink to{R"([{"delay_ms": 200}])"};
  support::process p{send_command(to, {"--on-success", "delete", "--include", "*.jpg"})};
  EXPECT_LE(p.peak_memory(), 32 * 1024);
  const auto o = outcome_of(p);
  EXPECT_EQ(o.count("skipped"), 100'000u);
  EXPECT_THAT(names_with(to), ElementsAre("wanted.jpg"));
  EXPECT_TRUE(judged(to, o).clean()) << judged(to, o).text();
}

TEST_F(faults, row_12_names_that_are_syntax_arrive_as_they_are) {
  const std::vector<std::string> names{"quote\".jpg",      "back\\slash.jpg", "cr\r.jpg",
                                       "lf\n.jpg",         "semi;colon.jpg",  "crlf\r\nX-Evil: 1\r\n\r\n.jpg",
                                       "equals=\"a\".jpg", "100%.jpg",        "--boundary.jpg"};
  for (const auto& name : names) files.add(name, name);
  support::sink to;
  const auto o = drain_to(to);
  EXPECT_THAT(names_with(to), UnorderedElementsAreArray(names));
  expect_delivered(o, to);
}

TEST_F(faults, row_13_names_that_are_not_utf8_or_very_long_arrive_and_are_logged) {
  const std::vector<std::string> names{"\xff\xfe", "latin-\xe9.jpg", std::string(251, 'L') + ".jpg",
                                       "\xe2\x80\xae"
                                       "gpj.\xd7\xa9\xd7\x9c",
                                       "overlong-\xc0\xaf"};
  for (const auto& name : names) files.add(name, name);
  support::sink to;
  const auto o = drain_to(to, {"--log-json"});
  EXPECT_THAT(names_with(to), UnorderedElementsAreArray(names));
  EXPECT_THAT(support::read_job_log(room / "log"), SizeIs(names.size())) << "every line can be parsed";
  expect_delivered(o, to);
}

TEST_F(faults, row_14_empty_file_is_one_upload_of_no_bytes) {
  files.add("empty", "");
  support::sink to;
  const auto o = drain_to(to);
  ASSERT_THAT(to.ledger(), SizeIs(1));
  EXPECT_EQ(to.ledger()[0].size, 0u);
  expect_delivered(o, to);
}

// Sparse, and a digest would take its time: the ledger's length has to do.
TEST_F(faults, row_15_more_than_four_gigabytes_are_streamed) {
  constexpr std::uint64_t size = (std::uint64_t{1} << 32) + 1;
  support::write_file(files / "huge", "");
  fs::resize_file(files / "huge", size);
  support::sink to{"[]", {"--http", "--no-hash"}};
  support::process p{send_command(to, {"--on-success", "delete", "--joblog", room / "log"})};
  const auto kb = p.peak_memory();
  EXPECT_EQ(p.wait(), 0) << p.err();
  const auto o = outcome_of(p);
  ASSERT_THAT(to.ledger(), SizeIs(1));
  EXPECT_EQ(to.ledger()[0].size, size);
  EXPECT_GT(std::stoull(to.ledger()[0].line.at("headers").at("content-length").get<std::string>()), size);
  EXPECT_EQ(to.ledger()[0].verdict, "accepted");
  expect_delivered(o, to);
  SKIP_UNDER_SANITIZER("a sanitizer's memory is not the program's");
  EXPECT_LE(kb, 32 * 1024);
}

}  // namespace
}  // namespace e2e
