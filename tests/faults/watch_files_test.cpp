// Rows 1 to 14 in watch mode: what happens to a file, and what lies in a directory, while it is followed.
#include "faults/inject.hpp"
#include "faults/watched.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>

namespace e2e {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::ElementsAre;
using testing::SizeIs;
using testing::UnorderedElementsAreArray;

TEST_F(watched, row_01_in_watch_mode_file_that_is_gone_before_it_is_opened_is_counted) {
  support::sink to{R"([{"delay_ms": 1000}])"};
  support::process p{following(to, {"-w", "1", "--order-by", "name"})};
  ASSERT_TRUE(ready(p)) << p.err();
  ASSERT_EQ(ctl({"pause"}).code, 0);
  files.add("a", "stays");
  files.add("b", "goes");
  ASSERT_TRUE(p.wait_until([&] { return status().value("waiting", 0) == 2; })) << status();
  fs::remove(files / "b");
  files.recall("b");
  ASSERT_EQ(ctl({"resume"}).code, 0);
  ASSERT_TRUE(all_gone(p)) << p.err();
  const auto o = drained(p);
  EXPECT_EQ(o.count("vanished"), 1u);
  EXPECT_THAT(names_with(to), ElementsAre("a"));
  expect_clean(o, to);
}

// A single run keeps such a file for the next one, and says so with exit code 1. A watch says so as well, and
// then sends what has become of it, under another key.
TEST_F(watched, row_02_to_05_in_watch_mode_file_that_changes_while_it_is_sent_is_sent_again) {
  const auto at = files / "large.bin";
  const auto rewrite = [&] {
    const int fd = ::open(at.c_str(), O_WRONLY | O_CLOEXEC);
    EXPECT_EQ(::pwrite(fd, "y", 1, 100), 1);
    ::close(fd);
  };
  const std::pair<const char*, std::function<void()>> ways[]{
      {"truncated", [&] { fs::resize_file(at, 1000); }},
      {"appended to", [&] { support::append_to(at, "more"); }},
      {"rewritten", rewrite},
      {"replaced", [&] {
         support::write_file(room / "new", "new content");
         fs::rename(room / "new", at);
       }}};
  for (const auto& [way, disturb] : ways) {
    SCOPED_TRACE(way);
    another();
    support::sink to{R"([{"match": {"request": 1}, "delay_ms": 1500}])"};
    support::process p{following(to)};
    ASSERT_TRUE(ready(p)) << p.err();
    files.add("large.bin", std::string(200'000, 'x'));
    ASSERT_TRUE(p.wait_until([&] { return to.requests() == 1; })) << p.err();
    disturb();
    files.recall("large.bin");
    expect_delivered_at_last(p, to, 1);
    const auto ledger = to.ledger();
    ASSERT_THAT(ledger, SizeIs(2));
    EXPECT_EQ(ledger[1].sha256, files.originals().at("large.bin"));
    EXPECT_NE(ledger[0].key, ledger[1].key);
  }
}

// Here the end of what was promised is missing when it is read: that request is never padded.
TEST_F(watched, row_02_in_watch_mode_truncated_file_is_not_padded) {
  support::sink to{R"([{"match": {"request": 1}, "slow_read": {"bytes_per_s": 8000000}}])",
                   {"--receive-buffer", "65536"}};
  files.add("large.bin", std::string(32u << 20, 'x'));
  support::process p{following(to)};
  ASSERT_TRUE(p.wait_until([&] { return has_opened(p.pid(), files / "large.bin"); })) << p.err();
  fs::resize_file(files / "large.bin", 1000);
  files.recall("large.bin");
  expect_delivered_at_last(p, to, 1);
  EXPECT_THAT(names_with(to), SizeIs(1));
}

// No fate and no exit code: its writer's close brings it back, however many walks have seen it meanwhile.
TEST_F(watched, row_06_in_watch_mode_file_stays_until_its_writer_has_closed_it) {
  for (const bool keep : {false, true}) {
    SCOPED_TRACE(keep ? "keep" : "delete");
    another();
    for (const auto& [name, digest] : files.left()) fs::remove(files / name), files.recall(name);
    support::sink to;
    auto c = following(to);
    std::ranges::replace(c.arguments, std::string{"200ms"}, std::string{"20ms"});
    support::process p{keep ? keeping(c) : c};
    ASSERT_TRUE(ready(p)) << p.err();
    const int writer = ::open((files / "slow").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    for (int i = 0; i < 5; ++i) {
      EXPECT_EQ(::write(writer, "slow", 4), 4);
      files.add("beside" + std::to_string(i), std::to_string(i));
      ASSERT_TRUE(p.wait_until([&] { return static_cast<int>(to.requests()) > i; })) << p.err();
      const auto walked_by_now = std::chrono::steady_clock::now() + std::chrono::milliseconds{50};
      p.wait_until([&] { return std::chrono::steady_clock::now() > walked_by_now; });
    }
    EXPECT_THAT(names_with(to), SizeIs(5)) << "sent while it was being written";
    files.foretell("slow", "slowslowslowslowslow");
    ::close(writer);
    ASSERT_TRUE(p.wait_until([&] { return to.requests() == 6; })) << p.err();
    const auto o = drained(p);
    EXPECT_EQ(o.code, 0) << o.err;
    EXPECT_THAT(names_with(to), Contains("slow"));
    EXPECT_THAT(to.ledger(), SizeIs(6)) << "once each";
    expect_clean(o, to);
  }
}

void make_socket(const fs::path& at) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, at.c_str(), sizeof address.sun_path - 1);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ::close(fd);
}

// Rows 7, 8, 9, 12, 13 and 14: some are there at the start, some are made and some moved in while it runs.
TEST_F(watched, row_07_to_14_in_watch_mode_only_files_are_sent_under_whatever_name) {
  support::write_file(room / "outside.jpg", "not to be sent");
  fs::create_directory(room / "outside");
  support::write_file(room / "outside/b.jpg", "not to be sent");
  const std::vector<std::function<void(const fs::path&)>> no_files{
      [&](const fs::path& at) { fs::create_symlink(room / "outside.jpg", at); },
      [&](const fs::path& at) { fs::create_directory_symlink(room / "outside", at); },
      [](const fs::path& at) { ASSERT_EQ(::mkfifo(at.c_str(), 0600), 0); },
      [](const fs::path& at) { fs::create_directory(at); }, make_socket};
  const std::vector<std::string> names{"plain.jpg",
                                       "quote\".jpg",
                                       "back\\slash.jpg",
                                       "crlf\r\nX-Evil: 1\r\n\r\n.jpg",
                                       "100%;--boundary=\"a\"",
                                       "\xff\xfe",
                                       "overlong-\xc0\xaf",
                                       std::string(240, 'L')};
  std::vector<std::string> expected;
  const auto fill = [&](const std::string& when, bool moved_in) {
    unsigned n = 0;
    for (const auto& make : no_files) {
      const auto name = when + std::to_string(++n) + ".jpg";
      make(moved_in ? room / name : files / name);
      if (moved_in) fs::rename(room / name, files / name);
    }
    for (const auto& name : names) {
      expected.push_back(when + name);
      if (!moved_in) {
        files.add(when + name, when + name);
        continue;
      }
      files.foretell(when + name, when + name);
      support::write_file(room / "new", when + name);
      fs::rename(room / "new", files / (when + name));
    }
    files.add(when + "empty", "");
    expected.push_back(when + "empty");
    files.foretell(when + "linked", when + "shared");
    expected.push_back(when + "linked");
    support::write_file(room / (when + "other-name"), when + "shared");
    fs::create_hard_link(room / (when + "other-name"), room / "new");
    fs::rename(room / "new", files / (when + "linked"));
  };
  fill("before-", false);
  support::sink to;
  support::process p{seldom_walking(following(to))};
  ASSERT_TRUE(ready(p)) << p.err();
  fill("made-", false);
  fill("moved-", true);
  ASSERT_TRUE(all_gone(p)) << p.err();
  const auto o = drained(p);
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_THAT(names_with(to), UnorderedElementsAreArray(expected));
  expect_clean(o, to);
  for (const auto* when : {"before-", "made-", "moved-"}) {
    EXPECT_EQ(support::content_of(room / (std::string{when} + "other-name")), std::string{when} + "shared");
    for (int n = 1; n <= 5; ++n)
      EXPECT_NE(fs::symlink_status(files / (when + std::to_string(n) + ".jpg")).type(),
                fs::file_type::not_found);
  }
  EXPECT_TRUE(fs::exists(room / "outside/b.jpg") && fs::exists(room / "outside.jpg"));
}

// A directory that is moved in with 140 below it: what lies deeper than 128 is told, and stays.
TEST_F(watched, row_10_in_watch_mode_tree_that_is_too_deep_is_sent_as_far_as_it_goes) {
  support::sink to;
  support::process p{following(to)};
  ASSERT_TRUE(ready(p)) << p.err();
  fs::path below = "in";
  for (int i = 1; i <= 140; ++i) {
    below /= "d";
    if (i == 100 || i == 139) files.add(below / (i == 100 ? "near" : "far"), below.string());
  }
  ASSERT_TRUE(p.wait_until([&] { return files.left().size() == 1; })) << p.err();
  const auto o = drained(p);
  EXPECT_EQ(o.code, 1) << o.err;
  EXPECT_GE(o.count("unreadable_dirs"), 1u);
  EXPECT_THAT(names_with(to), ElementsAre("near"));
  expect_clean(o, to);
}

// Each file brings an event, and all of them together more than are remembered.
TEST_F(watched, row_11_in_watch_mode_memory_is_for_the_window_not_for_the_folder) {
  SKIP_UNDER_SANITIZER("a sanitizer's memory is not the program's");
  const auto peak = [&](std::size_t count) {
    fs::remove(room / "log");
    support::sink to{"[]", {"--http"}};
    support::process p{watch_command(to, {"-w", "16", "--joblog", room / "log"})};
    EXPECT_TRUE(ready(p)) << p.err();
    files.add_many(count, 10);
    EXPECT_TRUE(all_gone(p)) << p.err();
    const auto kb = p.peak_memory_so_far();  // a process that has ended has none
    EXPECT_EQ(ctl({"drain"}).code, 0);
    EXPECT_EQ(outcome_of(p).count("accepted"), count);
    return kb;
  };
  const auto few = peak(500), many = peak(12'000);
  EXPECT_LE(many, few + 4096) << "kB, with 500 and 12,000 files";
  EXPECT_LE(many, 32 * 1024);
}

}  // namespace
}  // namespace e2e
