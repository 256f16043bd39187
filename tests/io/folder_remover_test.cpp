#include "io/disk/folder_remover.hpp"

#include "refused_call.hpp"
#include "support/loop_scratch.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace sluice::io {
namespace {

namespace fs = std::filesystem;
using result = core::folder_removal::result;
using testing::ElementsAre;

class folder_remover_test : public testing::Test {
 protected:
  folder_remover_test() {
    fs::create_directories(tree_ / "root/a/b");
    error_code ec;
    root_ = directory::open(tree_ / "root", ec);
    if (!root_) throw boost::system::system_error(ec, "root");
  }
  core::file_identity like(const std::string& path) const {
    struct stat st{};
    EXPECT_EQ(::lstat((tree_ / "root" / path).c_str(), &st), 0) << path;
    return identity_of(st);
  }
  /// Tries to remove it as it is now.
  core::folder_removal remove(const std::string& path) const {
    return remove_folder(*root_, path, like(path));
  }

  loop::scratch tree_;
  std::shared_ptr<const directory> root_;
};

TEST_F(folder_remover_test, removes_an_empty_folder_that_is_as_it_was_left) {
  const auto before = like("a");
  const auto r = remove("a/b");
  EXPECT_EQ(r.what, result::removed);
  EXPECT_EQ(r.parent_before, before);
  EXPECT_EQ(r.parent_after, like("a"));
  EXPECT_EQ(remove("a").what, result::removed);
  EXPECT_THAT(tree_.names(), ElementsAre("root/"));
}

TEST_F(folder_remover_test, leaves_one_that_is_not_empty_whatever_it_holds) {
  const auto left = like("a/b");
  tree_.write("root/a/b/file");
  EXPECT_EQ(remove_folder(*root_, "a/b", left).what, result::not_empty) << "somebody wrote";
  EXPECT_EQ(remove("a/b").what, result::not_empty) << "and the system says so";
  EXPECT_EQ(remove("a").what, result::not_empty);
  EXPECT_TRUE(fs::exists(tree_ / "root/a/b/file"));
}

TEST_F(folder_remover_test, tells_how_an_empty_one_is_that_somebody_touched) {
  const auto left = like("a/b");
  tree_.write("root/a/b/file");
  fs::remove(tree_ / "root/a/b/file");
  ::chmod((tree_ / "root/a/b").c_str(), 0711);
  const auto r = remove_folder(*root_, "a/b", left);
  EXPECT_EQ(r.what, result::touched);
  EXPECT_EQ(r.now, like("a/b"));
  EXPECT_EQ(remove_folder(*root_, "a/b", r.now).what, result::removed);
}

TEST_F(folder_remover_test, leaves_another_folder_of_that_name) {
  const auto left = like("a/b");
  fs::rename(tree_ / "root/a/b", tree_ / "old");
  EXPECT_EQ(remove_folder(*root_, "a/b", left).what, result::gone);
  fs::create_directory(tree_ / "root/a/b");
  EXPECT_EQ(remove_folder(*root_, "a/b", left).what, result::not_ours);
  fs::remove(tree_ / "root/a/b"), tree_.write("root/a/b");
  EXPECT_EQ(remove_folder(*root_, "a/b", left).what, result::not_ours) << "a file";
  fs::remove(tree_ / "root/a/b"), fs::create_directory_symlink(tree_ / "old", tree_ / "root/a/b");
  EXPECT_EQ(remove_folder(*root_, "a/b", left).what, result::not_ours) << "a link to the very folder";
  EXPECT_TRUE(fs::is_directory(tree_ / "old"));
}

TEST_F(folder_remover_test, follows_no_link_on_the_way) {
  const auto left = like("a/b");
  fs::rename(tree_ / "root/a", tree_ / "elsewhere");
  fs::create_directory_symlink(tree_ / "elsewhere", tree_ / "root/a");
  EXPECT_EQ(remove_folder(*root_, "a/b", left).what, result::not_ours);
  EXPECT_FALSE(has_empty_folder(*root_, "a/b"));
  EXPECT_TRUE(fs::is_directory(tree_ / "elsewhere/b"));
}

TEST_F(folder_remover_test, never_leads_out_of_the_root) {
  fs::create_directory(tree_ / "outside");
  struct stat st{};
  ASSERT_EQ(::stat((tree_ / "outside").c_str(), &st), 0);
  EXPECT_EQ(remove_folder(*root_, "../outside", identity_of(st)).what, result::refused);
  EXPECT_TRUE(fs::is_directory(tree_ / "outside"));
}

TEST_F(folder_remover_test, leaves_a_mount_point_and_what_is_mounted_on_it) {
  apart([&] {
    if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("none", (tree_ / "root/a/b").c_str(), "tmpfs", 0, nullptr) != 0)
      GTEST_SKIP() << "no mounts here";
    const auto mounted = like("a/b");
    EXPECT_EQ(remove_folder(*root_, "a/b", mounted).what, result::not_ours) << "another file system";
    ::umount((tree_ / "root/a/b").c_str());
    fs::create_directory(tree_ / "root/c");
    if (::mount((tree_ / "root/c").c_str(), (tree_ / "root/a/b").c_str(), nullptr, MS_BIND, nullptr) != 0)
      GTEST_SKIP() << "no bind mounts here";
    EXPECT_EQ(remove("a/b").what, result::not_ours) << "EBUSY is no news";
    ::umount((tree_ / "root/a/b").c_str());
  });
  EXPECT_TRUE(fs::is_directory(tree_ / "root/a/b"));
}

TEST_F(folder_remover_test, tells_whether_a_folder_is_empty) {
  EXPECT_TRUE(has_empty_folder(*root_, "a/b"));
  EXPECT_FALSE(has_empty_folder(*root_, "a"));
  EXPECT_FALSE(has_empty_folder(*root_, "none"));
  tree_.write("root/file");
  EXPECT_FALSE(has_empty_folder(*root_, "file"));
  for (int n = 0; n < 100; ++n) tree_.write("root/many/a name of some length " + std::to_string(n));
  EXPECT_FALSE(has_empty_folder(*root_, "many"));
}

TEST_F(folder_remover_test, that_fails_at_any_step_leaves_the_folder_and_says_what_is_to_be_said) {
  struct row {
    refused_call call;
    result what;
    int why;
  };
  const auto rmdir = [](std::uint32_t error) { return refused_call{SYS_unlinkat, error, 2, AT_REMOVEDIR}; };
  for (const auto& r :
       {row{{SYS_openat2, EACCES}, result::refused, EACCES}, row{{SYS_openat2, ENOENT}, result::gone, 0},
        row{{SYS_newfstatat, EIO}, result::refused, EIO}, row{rmdir(EACCES), result::refused, EACCES},
        row{rmdir(EPERM), result::refused, EPERM}, row{rmdir(EROFS), result::refused, EROFS},
        row{rmdir(EBUSY), result::not_ours, 0}, row{rmdir(ENOTEMPTY), result::not_empty, 0},
        row{rmdir(EEXIST), result::not_empty, 0}, row{rmdir(ENOENT), result::gone, 0},
        row{rmdir(ENOTDIR), result::not_ours, 0}}) {
    const auto left = like("a/b");
    apart([&] {
      if (!refuse(r.call)) GTEST_SKIP() << "no seccomp filters here";
      const auto found = remove_folder(*root_, "a/b", left);
      EXPECT_EQ(found.what, r.what) << r.call.number << " " << r.call.error;
      EXPECT_EQ(found.why.value(), r.why) << r.call.number << " " << r.call.error;
    });
    EXPECT_TRUE(fs::is_directory(tree_ / "root/a/b"));
  }
}

TEST_F(folder_remover_test, that_cannot_be_read_counts_as_full) {
  const auto left = like("a/b");
  ::chmod((tree_ / "root/a/b").c_str(), 0711);
  apart([&] {
    if (!refuse({SYS_getdents64, EIO})) GTEST_SKIP() << "no seccomp filters here";
    EXPECT_EQ(remove_folder(*root_, "a/b", left).what, result::not_empty);
    EXPECT_FALSE(has_empty_folder(*root_, "a/b"));
  });
}

}  // namespace
}  // namespace sluice::io
