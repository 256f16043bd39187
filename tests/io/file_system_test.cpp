#include "io/disk/file_system.hpp"

#include "refused_call.hpp"
#include "support/loop_run.hpp"
#include "support/loop_scratch.hpp"

#include <sluice/error.hpp>

#include <sys/stat.h>
#include <sys/syscall.h>

namespace sluice::io {
namespace {

namespace fs = std::filesystem;

class file_system_test : public testing::Test {
 protected:
  directory_ptr open_directory(const fs::path& path) {
    error_code ec;
    auto dir = files_.open_directory(path, ec);
    EXPECT_EQ(dir == nullptr, ec.failed());
    return dir;
  }
  error_code open(const directory_ptr& root, const std::string& path) {
    file_.reset();
    return files_.open(root, path, {}, file_);
  }
  /// Whether `path` below `root` is the file at `is`.
  bool leads_to(const directory_ptr& root, const std::string& path, const fs::path& is) {
    struct stat st{};
    return !open(root, path) && ::stat(is.c_str(), &st) == 0 && file_->identity() == identity_of(st);
  }

  loop::scratch tree_;
  asio::io_context ioc_;
  file_system files_{ioc_.get_executor()};
  std::unique_ptr<opened_file> file_;
};

TEST_F(file_system_test, opens_files_below_a_root) {
  for (const auto name : {"a", "d/b", "d/c", "d/e/b", "f/b"}) tree_.write(name);
  const auto root = open_directory(tree_.path());
  for (const auto name : {"a", "d/b", "d/c", "a", "d/e/b", "f/b", "d/b", "./a", "d//b"}) {
    EXPECT_TRUE(leads_to(root, name, tree_ / name)) << name;
    EXPECT_EQ(file_->name(), fs::path{name}.filename());
  }
}

TEST_F(file_system_test, the_same_name_below_another_root_is_another_file) {
  tree_.write("one/d/a"), tree_.write("two/d/a");
  const auto one = open_directory(tree_ / "one"), two = open_directory(tree_ / "two");
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(leads_to(one, "d/a", tree_ / "one/d/a"));
    EXPECT_TRUE(leads_to(two, "d/a", tree_ / "two/d/a"));
  }
}

TEST_F(file_system_test, nothing_outside_the_root_is_opened) {
  tree_.write("outside/secret"), tree_.write("root/d/a");
  fs::create_directory_symlink("../outside", tree_ / "root/out");
  fs::create_symlink("../outside/secret", tree_ / "root/link");
  const auto root = open_directory(tree_ / "root");
  for (const auto& path : {fs::path{"out/secret"}, fs::path{"link"}, fs::path{"../outside/secret"},
                           fs::path{"d/../../outside/secret"}, fs::path{".."}, fs::path{"../root"},
                           fs::path{"/etc/passwd"}, fs::path{"/"}, tree_ / "outside/secret"}) {
    EXPECT_TRUE(open(root, path.string()).failed()) << path;
    EXPECT_FALSE(file_) << path;
  }
  EXPECT_EQ(open(root, "out/secret"), errc::not_a_regular_file);
  EXPECT_EQ(open(root, "link"), errc::not_a_regular_file);
}

TEST_F(file_system_test, without_openat2_the_answers_are_the_same) {
  tree_.write("outside/secret"), tree_.write("root/d/a");
  fs::create_directory_symlink("../outside", tree_ / "root/out");
  const auto root = open_directory(tree_ / "root");
  apart([&] {
    if (!refuse({SYS_openat2, ENOSYS})) GTEST_SKIP() << "no seccomp filters here";
    EXPECT_TRUE(leads_to(root, "d/a", tree_ / "root/d/a"));
    EXPECT_EQ(open(root, "out/secret"), errc::not_a_regular_file);
    EXPECT_EQ(open(root, "../outside/secret").value(), EXDEV);
    EXPECT_EQ(open(root, "/etc/passwd").value(), EXDEV);
    EXPECT_EQ(open(root, "none/a"), errc::file_vanished);
  });
}

TEST_F(file_system_test, what_is_gone_has_vanished_with_its_directory_too) {
  tree_.write("d/a");
  const auto root = open_directory(tree_.path());
  for (const auto path : {"none", "d/none", "none/a", "d/"})
    EXPECT_EQ(open(root, path), errc::file_vanished) << path;
  EXPECT_TRUE(leads_to(root, "d/a", tree_ / "d/a"));
  fs::remove_all(tree_ / "d");
  EXPECT_EQ(open(root, "d/a"), errc::file_vanished) << "from the directory that is held";
}

TEST_F(file_system_test, a_directory_that_is_held_is_left_when_its_name_leads_elsewhere) {
  for (const auto name : {"d/a", "d/e/a", "other/a", "other/e/a"}) tree_.write(name);
  const auto root = open_directory(tree_.path());
  for (const std::string path : {"d/a", "d/e/a"}) {
    EXPECT_TRUE(leads_to(root, path, tree_ / path));
    fs::rename(tree_ / "d", tree_ / "held");
    fs::rename(tree_ / "other", tree_ / "d");
    EXPECT_TRUE(leads_to(root, path, tree_ / path)) << "of the name, not of the directory that is held";
    fs::rename(tree_ / "d", tree_ / "other");
    EXPECT_EQ(open(root, path), errc::file_vanished);
    fs::create_directory_symlink("held", tree_ / "d");
    EXPECT_EQ(open(root, path), errc::not_a_regular_file) << "a link, be it to what is held";
    fs::remove(tree_ / "d");
    fs::rename(tree_ / "held", tree_ / "d");
  }
}

TEST_F(file_system_test, without_a_root_names_are_those_of_the_process) {
  tree_.write("real/a");
  fs::create_directory_symlink("real", tree_ / "link");
  EXPECT_TRUE(leads_to(nullptr, (tree_ / "link/a").string(), tree_ / "real/a"));
  const auto working = open_directory({});
  EXPECT_EQ(working->path(), ".");
  EXPECT_TRUE(leads_to(working, (tree_ / "link/a").string(), tree_ / "real/a"));
  const auto relative = fs::relative(tree_ / "real/a");
  EXPECT_TRUE(leads_to(nullptr, relative.string(), tree_ / "real/a")) << relative;
  EXPECT_EQ(open(nullptr, "/"), errc::file_vanished) << "no name at all";
}

TEST_F(file_system_test, a_writer_is_refused_where_that_was_asked_for) {
  const auto path = tree_.write("d/a");
  const auto root = open_directory(tree_.path());
  std::ofstream writer{path, std::ios::app};
  const auto ec = files_.open(root, "d/a", {.to_take_away = true}, file_);
  if (!ec) GTEST_SKIP() << "no leases on this file system";
  EXPECT_EQ(ec, errc::being_written);
}

TEST_F(file_system_test, whether_names_can_be_taken_out_is_known_before) {
  const auto root = open_directory(tree_.path());
  EXPECT_FALSE(files_.writable(*root));
  fs::permissions(tree_.path(), fs::perms::owner_read | fs::perms::owner_exec);
  EXPECT_EQ(files_.writable(*root).failed(), ::geteuid() != 0);
  fs::permissions(tree_.path(), fs::perms::owner_all);
}

TEST_F(file_system_test, a_read_only_file_system_is_known_before) {
  const auto root = open_directory(tree_.path());
  apart([&] {
    if (!refuse({SYS_faccessat2, EROFS})) GTEST_SKIP() << "no seccomp filters here";
    EXPECT_EQ(files_.writable(*root).value(), EROFS);
  });
}

TEST_F(file_system_test, removes_and_moves_what_it_opened) {
  tree_.write("source/d/a"), tree_.write("source/d/b");
  fs::create_directory(tree_ / "target");
  const auto root = open_directory(tree_ / "source");
  ASSERT_FALSE(open(root, "d/a"));
  EXPECT_FALSE(files_.remove(*file_));
  ASSERT_FALSE(open(root, "d/b"));
  EXPECT_FALSE(files_.move(*file_, *open_directory(tree_ / "target"), "d/b", "0123456789abcdef"));
  EXPECT_EQ(tree_.names(),
            (std::vector<std::string>{"source/", "source/d/", "target/", "target/d/", "target/d/b"}));
}

TEST_F(file_system_test, reads_a_source) {
  tree_.write("d/a");
  const auto from = source::directory(tree_.path());
  const auto selector = core::selector::compile({}).value();
  const auto reader = files_.read(from, {{open_directory(tree_.path())}, {}, {}}, selector, false);
  const auto e = loop::run(ioc_, [&]() -> awaitable<std::optional<entry>> {
    error_code ec;
    co_return co_await reader->next(ec);
  });
  ASSERT_TRUE(e);
  EXPECT_EQ(e->path, "d/a");
  EXPECT_TRUE(leads_to(e->root, e->path, tree_ / "d/a"));
}

}  // namespace
}  // namespace sluice::io
