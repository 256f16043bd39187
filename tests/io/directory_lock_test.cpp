#include "io/disk/directory_lock.hpp"

#include "support/loop_scratch.hpp"

#include <sluice/error.hpp>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <csignal>
#include <optional>

namespace sluice::io {
namespace {

namespace fs = std::filesystem;
using roots = std::vector<std::shared_ptr<const directory>>;

class directory_lock_test : public testing::Test {
 protected:
  directory_lock_test() {
    for (const auto dir : {"a", "b", "c"}) fs::create_directory(tree_ / dir);
  }
  roots open(const std::vector<std::string>& names) const {
    roots all;
    error_code ec;
    for (const auto& name : names) {
      all.push_back(directory::open(tree_ / name, ec));
      EXPECT_TRUE(all.back()) << ec.message();
    }
    return all;
  }
  /// Whether somebody holds it: a lock of our own that is given back at once.
  error_code tried(const std::vector<std::string>& names, const fs::path& lock_file = {}) const {
    return directory_lock{}.take(open(names), lock_file);
  }
  error_code tried_part(const shard& s, const fs::path& lock_file = {}) const {
    return directory_lock{}.take(open({"a"}), lock_file, core::range_of(s));
  }

  loop::scratch tree_;
};

TEST_F(directory_lock_test, one_holds_it_and_gives_it_back) {
  std::optional<directory_lock> first{std::in_place};
  EXPECT_FALSE(first->take(open({"a"}), {}));
  EXPECT_EQ(tried({"a"}), errc::locked);
  EXPECT_FALSE(tried({"b"}));
  first.reset();
  EXPECT_FALSE(tried({"a"}));
}

TEST_F(directory_lock_test, any_of_its_roots_keeps_others_out) {
  std::optional<directory_lock> first{std::in_place};
  EXPECT_FALSE(first->take(open({"a", "b"}), {}));
  EXPECT_EQ(tried({"b"}), errc::locked);
  EXPECT_EQ(tried({"c", "a"}), errc::locked);
  EXPECT_FALSE(tried({"c"})) << "what the refused one had taken is free again";
}

TEST_F(directory_lock_test, another_name_of_the_directory_is_the_same_lock) {
  fs::create_directory_symlink("a", tree_ / "link");
  directory_lock first;
  EXPECT_FALSE(first.take(open({"a"}), {}));
  EXPECT_EQ(tried({"link"}), errc::locked);
  EXPECT_EQ(tried({"b/../a"}), errc::locked);
}

TEST_F(directory_lock_test, leaves_no_trace_in_the_directory) {
  directory_lock first;
  EXPECT_FALSE(first.take(open({"a"}), {}));
  EXPECT_TRUE(fs::is_empty(tree_ / "a"));
}

TEST_F(directory_lock_test, a_lock_file_stands_for_the_roots) {
  const auto file = tree_ / "lock";
  {
    directory_lock first;
    EXPECT_FALSE(first.take(open({"a"}), file));
    EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
    EXPECT_EQ(tried({"b"}, file), errc::locked);
    EXPECT_EQ(tried({}, file), errc::locked);
    EXPECT_FALSE(tried({"a"})) << "the root itself is not locked";
  }
  EXPECT_TRUE(fs::exists(file)) << "removing it would let two in";
  EXPECT_FALSE(tried({"a"}, file));
}

TEST_F(directory_lock_test, a_lock_file_that_was_there_is_not_touched) {
  const auto file = tree_.write("lock", "12345\n");
  fs::permissions(file, static_cast<fs::perms>(0644));
  EXPECT_FALSE(tried({}, file));
  EXPECT_EQ(loop::content_of(file), "12345\n");
  EXPECT_EQ(fs::status(file).permissions(), static_cast<fs::perms>(0644));
}

TEST_F(directory_lock_test, says_why_a_lock_file_cannot_be_had) {
  EXPECT_EQ(tried({"a"}, tree_ / "none/lock").value(), ENOENT);
  EXPECT_EQ(tried({"a"}, tree_ / "b").value(), EISDIR);
  tree_.write("elsewhere");
  fs::create_symlink("elsewhere", tree_ / "link");
  EXPECT_EQ(tried({"a"}, tree_ / "link").value(), ELOOP);
  fs::create_symlink("nowhere", tree_ / "dangling");
  EXPECT_EQ(tried({"a"}, tree_ / "dangling").value(), ELOOP);
  EXPECT_FALSE(fs::exists(tree_ / "nowhere"));
  ASSERT_EQ(::mkfifo((tree_ / "fifo").c_str(), 0600), 0);
  EXPECT_FALSE(tried({"a"}, tree_ / "fifo")) << "and is not waited for";
}

/// A child process that holds `lock_file`, or the directory, until it is killed.
class holder {
 public:
  explicit holder(const roots& of, const fs::path& lock_file = {}, const shard& part = {1, 1}) {
    int ends[2];
    if (::pipe(ends) != 0) throw std::runtime_error("pipe");
    const unique_fd ready{ends[0]};
    unique_fd tell{ends[1]};
    child_ = ::fork();
    if (child_ == 0) {
      directory_lock lock;
      const char taken = lock.take(of, lock_file, core::range_of(part)) ? 'n' : 'y';
      if (::write(tell.get(), &taken, 1) == 1)
        for (;;) ::pause();
      ::_exit(1);
    }
    {
      const unique_fd closed{std::move(tell)};
    }  // so that a child that dies early is the end of the pipe
    char taken = 'n';
    if (child_ < 0 || ::read(ready.get(), &taken, 1) != 1 || taken != 'y')
      throw std::runtime_error("no child");
  }
  ~holder() { kill(); }
  holder(const holder&) = delete;

  void kill() {
    if (child_ <= 0) return;
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
    child_ = -1;
  }

 private:
  pid_t child_ = -1;
};

TEST_F(directory_lock_test, another_process_keeps_us_out_until_it_dies) {
  holder other{open({"a"})};
  EXPECT_EQ(tried({"a"}), errc::locked);
  EXPECT_FALSE(tried({"b"}));
  other.kill();
  EXPECT_FALSE(tried({"a"}));
}

TEST_F(directory_lock_test, so_it_is_with_a_lock_file) {
  holder other{open({"a"}), tree_ / "lock"};
  EXPECT_EQ(tried({"b"}, tree_ / "lock"), errc::locked);
  EXPECT_FALSE(tried({"a"}));
  other.kill();
  EXPECT_FALSE(tried({"b"}, tree_ / "lock"));
}

/// The lock is one on the directory itself, or on a file.
class shard_lock_test : public directory_lock_test, public testing::WithParamInterface<bool> {
 protected:
  fs::path file() const { return GetParam() ? tree_ / "lock" : fs::path{}; }
  error_code taken(directory_lock& lock, const shard& s) const {
    return lock.take(open({"a"}), file(), core::range_of(s));
  }
};
INSTANTIATE_TEST_SUITE_P(of, shard_lock_test, testing::Bool(),
                         [](const auto& which) { return which.param ? "a_file" : "the_directory"; });

TEST_P(shard_lock_test, others_of_the_tree_have_theirs_at_the_same_time) {
  directory_lock one, two, four;
  EXPECT_FALSE(taken(one, {1, 4}));
  EXPECT_FALSE(taken(two, {2, 4}));
  EXPECT_FALSE(taken(four, {4, 4}));
  EXPECT_FALSE(tried_part({3, 4}, file()));
}

TEST_P(shard_lock_test, keeps_out_its_like_and_the_whole) {
  std::optional<directory_lock> one{std::in_place};
  EXPECT_FALSE(taken(*one, {2, 4}));
  EXPECT_EQ(tried_part({2, 4}, file()), errc::locked);
  EXPECT_EQ(tried({"a"}, file()), errc::locked);
  EXPECT_EQ(tried_part({1, 1}, file()), errc::locked) << "that is the whole, too";
  one.reset();
  EXPECT_FALSE(tried_part({2, 4}, file()));
  EXPECT_FALSE(tried({"a"}, file()));
}

TEST_P(shard_lock_test, is_kept_out_by_the_whole) {
  std::optional<directory_lock> whole{std::in_place};
  EXPECT_FALSE(whole->take(open({"a"}), file()));
  EXPECT_EQ(tried_part({2, 4}, file()), errc::locked);
  whole.reset();
  EXPECT_FALSE(tried_part({2, 4}, file()));
}

TEST_P(shard_lock_test, of_another_number_excludes_those_with_the_same_files) {
  directory_lock one;
  EXPECT_FALSE(taken(one, {1, 2}));
  EXPECT_EQ(tried_part({1, 4}, file()), errc::locked);
  EXPECT_EQ(tried_part({2, 4}, file()), errc::locked);
  EXPECT_EQ(tried_part({2, 3}, file()), errc::locked) << "half of it";
  EXPECT_FALSE(tried_part({3, 4}, file())) << "none of its files";
  EXPECT_FALSE(tried_part({3, 3}, file()));
}

TEST_P(shard_lock_test, dies_with_its_process) {
  holder other{open({"a"}), file(), {2, 4}};
  EXPECT_EQ(tried_part({2, 4}, file()), errc::locked);
  EXPECT_EQ(tried({"a"}, file()), errc::locked);
  EXPECT_FALSE(tried_part({1, 4}, file()));
  other.kill();
  EXPECT_FALSE(tried_part({2, 4}, file()));
  EXPECT_FALSE(tried({"a"}, file()));
  EXPECT_TRUE(fs::is_empty(tree_ / "a")) << "no trace";
}

/// Each of many that ask in the same moment finds the others asking. One of them must get it, and no two.
TEST_P(shard_lock_test, has_one_owner_of_many_that_ask_at_once) {
  for (int round = 0; round < 20; ++round) {
    int gate[2], answers[2];
    ASSERT_EQ(::pipe(gate), 0);
    ASSERT_EQ(::pipe(answers), 0);
    constexpr int most = 6;
    std::vector<pid_t> children;
    const auto roots = open({"a"});
    for (int n = 0; n < most; ++n) {
      children.push_back(::fork());
      if (children.back() != 0) continue;
      ::close(gate[1]);
      char word = 0;
      if (::read(gate[0], &word, 1) < 0) ::_exit(1);  // the end of the pipe: all begin
      directory_lock lock;
      const char got = lock.take(roots, file(), core::range_of({1, 3})) ? 'n' : 'y';
      if (::write(answers[1], &got, 1) != 1) ::_exit(1);
      for (;;) ::pause();
    }
    ::close(gate[0]), ::close(gate[1]);
    int owners = 0;
    for (int n = 0; n < most; ++n) {
      char got = 0;
      EXPECT_EQ(::read(answers[0], &got, 1), 1);
      owners += got == 'y' ? 1 : 0;
    }
    for (const auto child : children) ::kill(child, SIGKILL), ::waitpid(child, nullptr, 0);
    ::close(answers[0]), ::close(answers[1]);
    ASSERT_LE(owners, 1);
    ASSERT_EQ(owners, 1) << "round " << round;
  }
}

}  // namespace
}  // namespace sluice::io
