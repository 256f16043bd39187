// Folders that were emptied go, and no others do, whatever their writers are doing.
#include "e2e/watching.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <thread>

namespace e2e {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

class empty_dirs : public watching {
 protected:
  /// The folders that are left; one of them may go while they are listed.
  std::vector<std::string> folders() const {
    std::vector<std::string> all;
    std::error_code gone;
    for (fs::recursive_directory_iterator at{files.root(), gone}, end; !gone && at != end; at.increment(gone))
      if (at->is_directory()) all.push_back(at->path().lexically_relative(files.root()).string());
    return gone ? std::vector<std::string>{"one that goes"} : all;
  }
  /// Files by date, each folder with one file.
  void add_days(int days) {
    for (int n = 1; n <= days; ++n)
      files.add("2026/" + std::to_string(n % 12) + "/" + std::to_string(n) + "/a.jpg", std::to_string(n));
  }
  static arguments deleting(arguments more = {}) {
    more.insert(more.begin(), {"--on-success", "delete", "--delete-empty-dirs"});
    return more;
  }
  /// The directories that the kernel tells a process of.
  static std::size_t watches_of(const support::process& p) {
    std::size_t n = 0;
    for (const auto& fd : fs::directory_iterator{"/proc/" + std::to_string(p.pid()) + "/fdinfo"}) {
      std::ifstream info{fd.path()};
      for (std::string line; std::getline(info, line);) n += line.starts_with("inotify ") ? 1 : 0;
    }
    return n;
  }
};

TEST_F(empty_dirs, go_with_the_last_of_their_files_and_no_others_do) {
  add_days(60);
  files.add("stays/kept.part", "unfinished"), files.add("stays/deep/sent", "1"), files.add("top", "1");
  fs::create_directories(files / "waiting/for a writer");
  fs::create_directory(room / "elsewhere");
  fs::create_directory_symlink(room / "elsewhere", files / "link");
  support::sink to;
  const auto dry = drain(to, deleting({"--settle", "0", "--dry-run"}));
  EXPECT_EQ(dry.count("folders_deleted"), 0u);
  expect_all_kept();
  const auto o = drain(to, deleting({"--settle", "0"}));
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(o.count("accepted"), 62u);
  EXPECT_THAT(folders(), UnorderedElementsAre("stays", "waiting", "waiting/for a writer", "link"));
  EXPECT_EQ(o.count("folders_deleted"), 60u + 12 + 1 + 1);
  EXPECT_THAT(o.err, HasSubstr("74 empty folders removed"));
}

TEST_F(empty_dirs, stay_without_the_option) {
  add_days(2);
  support::sink to;
  EXPECT_EQ(drain(to, {"--on-success", "delete", "--settle", "0"}).count("folders_deleted"), 0u);
  EXPECT_EQ(folders().size(), 5u);
}

TEST_F(empty_dirs, of_a_short_run_go_when_their_files_are_old_and_stay_when_they_are_young) {
  files.add("old/a", "1");
  std::this_thread::sleep_for(1100ms);
  files.add("young/a", "2");
  support::sink to;
  const auto o = drain(to, deleting({"--settle", "1s"}));
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_THAT(folders(), UnorderedElementsAre("young"));
  EXPECT_EQ(o.count("folders_deleted"), 1u);
  EXPECT_EQ(o.count("folders_left"), 1u);
  EXPECT_THAT(o.err, HasSubstr("1 emptied folders stay"));
  EXPECT_LT(o.summary.at("seconds").get<double>(), 1.0) << "nothing waits for a folder";
}

TEST_F(empty_dirs, of_moved_files_go_too) {
  add_days(3);
  fs::create_directory(room / "done");
  support::sink to;
  const auto o =
      drain(to, {"--on-success", "move=" + (room / "done").string(), "--delete-empty-dirs", "--settle", "0"});
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_THAT(folders(), IsEmpty());
  EXPECT_TRUE(fs::exists(room / "done/2026/1/1/a.jpg"));
}

TEST_F(empty_dirs, are_none_where_files_are_kept_or_a_list_has_no_source) {
  files.add("a/b", "1");
  support::sink to;
  const auto kept = drain(to, {"--delete-empty-dirs"});
  EXPECT_EQ(kept.code, 2);
  EXPECT_THAT(kept.err, HasSubstr("--delete-empty-dirs"));
  EXPECT_THAT(kept.err, HasSubstr("no folder is emptied where files are kept: choose delete or move"));
  support::write_file(room / "names", (files / "a/b").string() + "\n");
  const auto list = run(sluice({"send", to.url(), "--cacert", to.ca(), "--files-from", room / "names",
                                "--on-success", "delete", "--delete-empty-dirs"}));
  EXPECT_EQ(list.code, 2);
  EXPECT_THAT(list.err, HasSubstr("name the SOURCE that its names are relative to"));
  expect_all_kept();
  EXPECT_EQ(to.requests(), 0u);
}

TEST_F(empty_dirs, of_a_list_with_a_source_go) {
  files.add("a/b/c", "1"), files.add("a/d", "2");
  support::write_file(room / "names", "a/b/c\n");
  support::sink to;
  const auto o = drain(to, deleting({"--settle", "0", "--files-from", room / "names"}));
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_THAT(folders(), UnorderedElementsAre("a"));
}

TEST_F(empty_dirs, of_a_watch_go_a_settle_time_later_with_their_kernel_watches) {
  support::sink to;
  support::process p{watch_command(to, {"--delete-empty-dirs", "--settle", "700ms"})};
  ASSERT_TRUE(ready(p)) << p.err();
  const auto before = watches_of(p);
  add_days(40);
  ASSERT_TRUE(p.wait_until([&] { return files.left().empty(); })) << p.err();
  EXPECT_THAT(folders(), Not(IsEmpty())) << "none of them has been left alone for so long";
  ASSERT_TRUE(p.wait_until([&] { return folders().empty(); })) << p.err();
  EXPECT_TRUE(p.wait_until([&] { return watches_of(p) == before; })) << watches_of(p) << " of " << before;
  files.add("2026/1/1/a.jpg", "again");
  ASSERT_TRUE(p.wait_until([&] { return files.left().empty() && folders().empty(); })) << p.err();
  const auto o = stop(p);
  EXPECT_EQ(o.count("accepted"), 41u);
  EXPECT_EQ(o.count("folders_deleted"), 40u + 12 + 1 + 3);
  expect_nothing_lost(to);
}

TEST_F(empty_dirs, that_a_writer_comes_back_to_in_time_stay) {
  support::sink to;
  support::process p{watch_command(to, {"--delete-empty-dirs", "--settle", "2s"})};
  ASSERT_TRUE(ready(p)) << p.err();
  fs::create_directory(files / "camera");
  const int camera = ::open((files / "camera").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  for (int n = 0; n < 8; ++n) {  // an FTP server writes into its working directory like this
    const auto name = std::to_string(n);
    files.foretell("camera/" + name, name);
    const int fd = ::openat(camera, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    ASSERT_GE(fd, 0) << "its folder was removed while it worked in it";
    EXPECT_EQ(::write(fd, name.data(), name.size()), static_cast<ssize_t>(name.size()));
    ::close(fd);
    std::this_thread::sleep_for(500ms);
  }
  ::close(camera);
  ASSERT_TRUE(p.wait_until([&] { return folders().empty(); })) << p.err();
  EXPECT_EQ(stop(p).count("accepted"), 8u);
  expect_nothing_lost(to);
}

// The race that stays: a folder goes between a writer's mkdir and its open. The writer is told so, and makes
// the folder again; no file is lost by it.
TEST_F(empty_dirs, that_are_written_to_while_they_are_removed_lose_no_file) {
  support::sink to;
  support::process p{watch_command(to, {"--delete-empty-dirs", "--settle", "0"})};
  ASSERT_TRUE(ready(p)) << p.err();
  std::size_t turned_away = 0, other_errors = 0;
  constexpr int many = 300;
  std::vector<std::string> names;
  for (int n = 0; n < many; ++n) {
    names.push_back("day/hour/" + std::to_string(n));
    files.foretell(names.back(), names.back());
  }
  std::thread writer{[&] {
    for (const auto& name : names)
      for (bool written = false; !written;) {
        ::mkdir((files / "day").c_str(), 0755), ::mkdir((files / "day/hour").c_str(), 0755);
        const int fd = ::open((files / name).c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
        written = fd >= 0 && ::write(fd, name.data(), name.size()) == static_cast<ssize_t>(name.size());
        if (fd < 0) ++(errno == ENOENT ? turned_away : other_errors);
        if (fd >= 0) ::close(fd);
        while (written && ::access((files / name).c_str(), F_OK) == 0) std::this_thread::yield();
      }
  }};
  writer.join();
  ASSERT_TRUE(p.wait_until([&] { return folders().empty(); })) << p.err();
  const auto o = stop(p);
  EXPECT_EQ(o.count("accepted"), many);
  EXPECT_GT(o.count("folders_deleted"), many / 2u) << "the writer comes back at the moment of the removal";
  EXPECT_EQ(other_errors, 0u) << turned_away << " times the folder had gone";
  expect_nothing_lost(to);
}

TEST_F(empty_dirs, twenty_thousand_of_a_watch_are_gone_with_their_watches) {
  SKIP_UNDER_SANITIZER("it takes minutes there");
  constexpr int many = 20'000;
  for (int n = 0; n < many; ++n) {
    const auto folder = files / (std::to_string(n / 1000) + "/" + std::to_string(n));
    fs::create_directories(folder);
    std::ofstream{folder / "a"} << n;
  }
  support::sink to;
  support::process p{
      watch_command(to, {"--delete-empty-dirs", "--settle", "1s", "--rescan", "1h", "-w", "64"})};
  ASSERT_TRUE(p.wait_until([&] { return fs::is_empty(files.root()); }, 100s)) << p.err();
  ASSERT_TRUE(ready(p)) << p.err();
  EXPECT_EQ(watches_of(p), 1u) << "that of the source";
  const auto o = stop(p);
  EXPECT_EQ(o.count("accepted"), many);
  EXPECT_EQ(o.count("folders_deleted"), many + many / 1000);
}

}  // namespace
}  // namespace e2e
