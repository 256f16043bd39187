#include "io/disk/file_disposer.hpp"

#include "refused_call.hpp"
#include "support/loop_scratch.hpp"

#include "core/files/disposal.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <boost/asio/io_context.hpp>

namespace sluice::io {
namespace {

namespace fs = std::filesystem;
using loop::content_of;
using testing::ElementsAre;
using testing::IsEmpty;

const std::string key = "01234567-89ab-5cde-8fab-0123456789ab";

class file_disposer_test : public testing::Test {
 protected:
  file_disposer_test() {
    fs::create_directories(tree_ / "source");
    fs::create_directories(tree_ / "target");
    target_ = open_directory(tree_ / "target");
  }
  static std::shared_ptr<const directory> open_directory(const fs::path& path) {
    error_code ec;
    auto dir = directory::open(path, ec);
    if (!dir) throw boost::system::system_error(ec, path);
    return dir;
  }
  /// Writes and opens `relative` below the source.
  source_file make(const std::string& relative, const std::string& bytes = "bytes") {
    const auto path = tree_.write("source/" + relative, bytes);
    std::optional<source_file> file;
    const auto ec = source_file::open(ioc_.get_executor(), open_directory(path.parent_path()),
                                      path.filename(), false, file);
    if (ec) throw boost::system::system_error(ec, relative);
    return std::move(*file);
  }
  std::vector<std::string> names() const { return tree_.names(); }
  std::vector<std::string> target_names() const {
    std::vector<std::string> below;
    for (const auto& name : tree_.names())
      if (name.starts_with("target/") && name != "target/") below.push_back(name.substr(7));
    return below;
  }

  asio::io_context ioc_;
  loop::scratch tree_;
  std::shared_ptr<const directory> target_;
};

TEST_F(file_disposer_test, removes_that_name_and_nothing_else) {
  const auto f = make("d/f");
  tree_.write("source/d/g"), tree_.write("f");
  fs::create_hard_link(tree_ / "source/d/f", tree_ / "source/other name");
  EXPECT_FALSE(bool{remove_name(f)});
  EXPECT_THAT(names(),
              ElementsAre("f", "source/", "source/d/", "source/d/g", "source/other name", "target/"));
  EXPECT_EQ(remove_name(f).why.value(), ENOENT);
}

TEST_F(file_disposer_test, removes_in_the_directory_that_was_opened_wherever_it_is_now) {
  const auto f = make("d/f");
  fs::rename(tree_ / "source/d", tree_ / "source/e");
  tree_.write("source/d/f", "innocent");
  EXPECT_FALSE(bool{remove_name(f)});
  EXPECT_THAT(names(), ElementsAre("source/", "source/d/", "source/d/f", "source/e/", "target/"));
}

TEST_F(file_disposer_test, a_directory_under_the_name_is_not_removed) {
  const auto f = make("f");
  fs::remove(tree_ / "source/f");
  fs::create_directory(tree_ / "source/f");
  EXPECT_TRUE(bool{remove_name(f)});
  EXPECT_TRUE(fs::exists(tree_ / "source/f"));
}

TEST_F(file_disposer_test, moves_below_the_target_with_the_directories_on_the_way) {
  EXPECT_FALSE(bool{move_name(make("a"), *target_, "a", key)});
  EXPECT_FALSE(bool{move_name(make("d/e/b"), *target_, "d/e/b", key)});
  EXPECT_FALSE(bool{move_name(make("d/e/c"), *target_, "d/e/c", key)});
  EXPECT_FALSE(bool{move_name(make("d/f//g/c"), *target_, "d/f//g/c", key)});
  EXPECT_THAT(target_names(), ElementsAre("a", "d/", "d/e/", "d/e/b", "d/e/c", "d/f/", "d/f/g/", "d/f/g/c"));
  EXPECT_EQ(content_of(tree_ / "target/d/e/b"), "bytes");
  EXPECT_FALSE(fs::exists(tree_ / "source/d/e/b"));
}

TEST_F(file_disposer_test, new_directories_have_the_mode_of_the_umask) {
  const auto before = ::umask(027);
  const auto ec = move_name(make("d/e/b"), *target_, "d/e/b", key).why;
  ::umask(before);
  EXPECT_FALSE(ec) << ec.message();
  for (const auto dir : {"target/d", "target/d/e"})
    EXPECT_EQ(fs::status(tree_ / dir).permissions(), static_cast<fs::perms>(0750)) << dir;
}

TEST_F(file_disposer_test, a_taken_name_is_never_written_over) {
  const auto taken = tree_.write("target/a.jpg", "first");
  for (const auto bytes : {"second", "third"})
    EXPECT_FALSE(bool{move_name(make("a.jpg", bytes), *target_, "a.jpg", key)});
  EXPECT_THAT(target_names(), ElementsAre("a.01234567.2.jpg", "a.01234567.jpg", "a.jpg"));
  EXPECT_EQ(content_of(taken), "first");
  EXPECT_EQ(content_of(tree_ / "target/a.01234567.jpg"), "second");
  EXPECT_EQ(content_of(tree_ / "target/a.01234567.2.jpg"), "third");
}

TEST_F(file_disposer_test, a_name_taken_by_a_directory_or_a_dangling_link_is_taken) {
  fs::create_directory(tree_ / "target/d");
  fs::create_symlink("nowhere", tree_ / "target/l");
  EXPECT_FALSE(bool{move_name(make("d"), *target_, "d", key)});
  EXPECT_FALSE(bool{move_name(make("l"), *target_, "l", key)});
  EXPECT_TRUE(fs::is_regular_file(tree_ / "target/d.01234567"));
  EXPECT_TRUE(fs::is_regular_file(tree_ / "target/l.01234567"));
  EXPECT_TRUE(fs::is_symlink(tree_ / "target/l"));
}

TEST_F(file_disposer_test, gives_up_when_every_name_is_taken) {
  tree_.write("target/a");
  for (unsigned turn = 1; turn <= 100; ++turn) tree_.write("target/" + core::collision_name("a", key, turn));
  EXPECT_EQ(move_name(make("a", "mine"), *target_, "a", key).why.value(), EEXIST);
  EXPECT_EQ(content_of(tree_ / "source/a"), "mine");
}

TEST_F(file_disposer_test, neither_links_nor_dots_lead_out_of_the_target) {
  fs::create_directories(tree_ / "outside/d");
  fs::create_directories(tree_ / "target/real");
  fs::create_directory_symlink("../outside", tree_ / "target/link");
  fs::create_directory_symlink("../../outside", tree_ / "target/real/link");
  for (const std::string to : {"link/f", "link/d/f", "link/new/f", "real/link/new/f", "../outside/f",
                               "../new/f", "../source/g", "/f"})
    EXPECT_TRUE(bool{move_name(make("f"), *target_, to, key)}) << to;
  EXPECT_THAT(names(), ElementsAre("outside/", "outside/d/", "source/", "source/f", "target/", "target/link/",
                                   "target/real/", "target/real/link/"));
}

TEST_F(file_disposer_test, a_file_on_the_way_is_an_error) {
  tree_.write("target/d", "a file");
  EXPECT_EQ(move_name(make("d/f"), *target_, "d/f", key).why.value(), ENOTDIR);
  EXPECT_TRUE(fs::exists(tree_ / "source/d/f"));
}

TEST_F(file_disposer_test, a_name_that_is_gone_is_an_error) {
  const auto f = make("f");
  fs::remove(tree_ / "source/f");
  EXPECT_EQ(move_name(f, *target_, "f", key).why.value(), ENOENT);
  EXPECT_THAT(target_names(), IsEmpty());
}

TEST_F(file_disposer_test, another_file_system_is_an_error_and_keeps_the_file) {
  const auto f = make("f");
  EXPECT_EQ(move_name(f, *open_directory("/proc"), "f", key).why.value(), EXDEV);
  EXPECT_TRUE(fs::exists(tree_ / "source/f"));
}

TEST_F(file_disposer_test, what_the_file_system_refuses_is_told) {
  const auto f = make("f"), g = make("d/g");
  apart([&] {
    for (const refused_call c :
         {refused_call{SYS_unlinkat, EROFS}, {SYS_renameat2, EPERM}, {SYS_mkdirat, ENOSPC}})
      if (!refuse(c)) GTEST_SKIP() << "no seccomp filters here";
    EXPECT_EQ(remove_name(f).why.value(), EROFS);
    EXPECT_EQ(move_name(f, *target_, "f", key).why.value(), EPERM);
    EXPECT_EQ(move_name(g, *target_, "d/g", key).why.value(), ENOSPC);
  });
  EXPECT_TRUE(fs::exists(tree_ / "source/f") && fs::exists(tree_ / "source/d/g"));
}

}  // namespace
}  // namespace sluice::io
