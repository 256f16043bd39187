#include "io/disk/directory.hpp"

#include "refused_call.hpp"
#include "support/loop_scratch.hpp"

#include <fcntl.h>
#include <sys/syscall.h>

#include <cerrno>
#include <limits>

namespace sluice::io {
namespace {

namespace fs = std::filesystem;

int error_of(const std::shared_ptr<const directory>& dir, const std::string& relative) {
  error_code ec;
  const auto found = dir->below(relative, ec);
  EXPECT_EQ(found == nullptr, ec.failed()) << relative;
  EXPECT_TRUE(!ec || ec.category() == boost::system::system_category());
  return ec.value();
}

bool is(const directory& dir, const fs::path& path) {
  struct stat st{};
  return ::stat(path.c_str(), &st) == 0 && st.st_ino == dir.inode() && st.st_dev == dir.device();
}

/// One tree that has everything that can be on the way.
class directory_test : public testing::Test {
 protected:
  void SetUp() override {
    tree_.write("root/a/b/file");
    tree_.write("outside/secret");
    fs::create_directory_symlink("a", tree_ / "root/link");
    fs::create_directory_symlink(tree_ / "outside", tree_ / "root/out");
    fs::create_directory_symlink("../../outside", tree_ / "root/a/out");
    fs::create_directory_symlink("nowhere", tree_ / "root/dangling");
    error_code ec;
    root_ = directory::open(tree_ / "root", ec);
    ASSERT_TRUE(root_) << ec.message();
  }

  /// Checks what holds with openat2 and without.
  void check_below() const {
    error_code ec;
    for (const std::string there : {"a", "a/", "a/b", "./a/./b", "a//b", ".", "./"}) {
      const auto dir = root_->below(there, ec);
      ASSERT_TRUE(dir) << there << ": " << ec.message();
      EXPECT_FALSE(ec);
      EXPECT_TRUE(is(*dir, tree_ / "root" / there)) << there;
      EXPECT_EQ(dir->path(), root_->path() + "/" + there);
    }
    for (const std::string link : {"link", "link/b", "out", "a/out", "a/out/x", "./out", "dangling"})
      EXPECT_EQ(error_of(root_, link), ELOOP) << link;
    for (const std::string up : {"..", "../outside", "../root", "a/../../outside"})
      EXPECT_EQ(error_of(root_, up), EXDEV) << up;
    for (const auto& absolute : {std::string{"/"}, std::string{"/etc"}, (tree_ / "root/a").string()})
      EXPECT_EQ(error_of(root_, absolute), EXDEV) << absolute;
    for (const std::string missing : {"", "none", "a/none", "none/b"})
      EXPECT_EQ(error_of(root_, missing), ENOENT) << missing;
    for (const std::string file : {"a/b/file", "a/b/file/c"})
      EXPECT_EQ(error_of(root_, file), ENOTDIR) << file;
    EXPECT_EQ(error_of(root_, std::string(300, 'n')), ENAMETOOLONG);
    const auto deeper = root_->below("a", ec);
    EXPECT_EQ(error_of(deeper, ".."), EXDEV) << "not even to where we came from";
    EXPECT_EQ(error_of(deeper, "out"), ELOOP);
  }

  loop::scratch tree_;
  std::shared_ptr<const directory> root_;
};

TEST_F(directory_test, below_neither_follows_links_nor_leads_out) { check_below(); }

TEST_F(directory_test, an_old_kernel_without_openat2_makes_no_difference) {
  apart([&] {
    if (!refuse({SYS_openat2, ENOSYS})) GTEST_SKIP() << "no seccomp filters here";
    check_below();
  });
}

TEST_F(directory_test, a_sandbox_that_forbids_openat2_makes_no_difference) {
  apart([&] {
    if (!refuse({SYS_openat2, EPERM})) GTEST_SKIP() << "no seccomp filters here";
    check_below();
  });
}

TEST_F(directory_test, open_follows_the_links_of_its_path_this_once) {
  error_code ec;
  const auto dir = directory::open(tree_ / "root/link/b", ec);
  ASSERT_TRUE(dir) << ec.message();
  EXPECT_TRUE(is(*dir, tree_ / "root/a/b"));
  EXPECT_EQ(dir->path(), tree_ / "root/link/b");
}

TEST_F(directory_test, open_says_why_not) {
  error_code ec;
  EXPECT_FALSE(directory::open(tree_ / "none", ec));
  EXPECT_EQ(ec.value(), ENOENT);
  EXPECT_FALSE(directory::open(tree_ / "root/a/b/file", ec));
  EXPECT_EQ(ec.value(), ENOTDIR);
  ::mkfifo((tree_ / "fifo").c_str(), 0600);
  EXPECT_FALSE(directory::open(tree_ / "fifo", ec)) << "and does not wait for it";
  EXPECT_EQ(ec.value(), ENOTDIR);
  EXPECT_TRUE(directory::open(tree_ / "root", ec));
  EXPECT_FALSE(ec) << "an old error does not stay";
}

// rsync CVE-2026-53800: the path was walked again, and a parent had become a link meanwhile.
TEST_F(directory_test, what_is_renamed_after_it_was_opened_is_still_what_was_opened) {
  fs::rename(tree_ / "root", tree_ / "moved");
  fs::create_directory_symlink("outside", tree_ / "root");
  error_code ec;
  const auto a = root_->below("a", ec);
  ASSERT_TRUE(a) << ec.message();
  EXPECT_TRUE(is(*a, tree_ / "moved/a"));
}

TEST_F(directory_test, tells_a_child_that_is_still_there) {
  error_code ec;
  const auto a = root_->below("a", ec), b = root_->below("a/b", ec);
  ASSERT_TRUE(a && b);
  EXPECT_TRUE(root_->still_has("a", *a));
  EXPECT_TRUE(a->still_has("b", *b));
  EXPECT_FALSE(root_->still_has("a", *b)) << "another one";
  EXPECT_FALSE(root_->still_has("a/b", *b)) << "two steps, of which the first may be a link";
  EXPECT_FALSE(root_->still_has("link", *a)) << "a link to it";
  EXPECT_FALSE(root_->still_has("none", *a));
  fs::rename(tree_ / "root/a", tree_ / "a");
  EXPECT_FALSE(root_->still_has("a", *a));
}

TEST_F(directory_test, the_working_directory_confines_nobody) {
  error_code ec;
  const auto working = directory::working(ec);
  ASSERT_TRUE(working) << ec.message();
  EXPECT_EQ(working->path(), ".");
  EXPECT_TRUE(is(*working, fs::current_path()));
  const auto absolute = working->below((tree_ / "root/link/b").string(), ec);
  ASSERT_TRUE(absolute) << ec.message();
  EXPECT_TRUE(is(*absolute, tree_ / "root/a/b"));
  EXPECT_TRUE(absolute->below("../../link", ec)) << ec.message();
}

TEST_F(directory_test, a_programs_children_do_not_inherit_it) {
  error_code ec;
  for (const auto& dir : {root_, root_->below("a", ec), directory::working(ec)})
    EXPECT_NE(::fcntl(dir->fd(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST(identity_test, has_all_that_stat_tells) {
  struct stat st{};
  st.st_dev = 1, st.st_ino = 2, st.st_size = 5'000'000'000;
  st.st_mtim = {3, 4}, st.st_ctim = {-1, 999'999'999};
  EXPECT_EQ(identity_of(st), (core::file_identity{1, 2, 5'000'000'000, 3'000'000'004, -1}));
  st.st_mtim = {-17'000'000'000, 0};  // the year 1431; 64 bits of nanoseconds begin in 1677
  st.st_ctim = {13'569'465'600, 0};   // and end in 2262: this is the year 2400
  EXPECT_EQ(identity_of(st),
            (core::file_identity{1, 2, 5'000'000'000, std::numeric_limits<std::int64_t>::min(),
                                 std::numeric_limits<std::int64_t>::max()}));
}

}  // namespace
}  // namespace sluice::io
