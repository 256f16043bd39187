#include "io/disk/source_file.hpp"

#include "refused_call.hpp"
#include "support/loop_run.hpp"
#include "support/loop_scratch.hpp"

#include <sluice/error.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <boost/asio/detached.hpp>

#include <array>
#include <chrono>
#include <csignal>
#include <fstream>
#include <stdexcept>

namespace sluice::io {
namespace {

namespace fs = std::filesystem;

class source_file_test : public testing::Test {
 protected:
  source_file_test() {
    error_code ec;
    dir_ = directory::open(tree_.path(), ec);
  }
  error_code open(const std::string& name, bool to_take_away = false) {
    file_.reset();
    const auto ec = source_file::open(ioc_.get_executor(), dir_, name, to_take_away, file_, false, cold_);
    EXPECT_NE(ec.failed(), file_.has_value());
    return ec;
  }
  source_file& opened(const std::string& name) {
    const auto ec = open(name);
    if (!file_) throw std::runtime_error(name + ": " + ec.message());
    return *file_;
  }
  /// All of it, `step` bytes at a time.
  std::string read_on(std::uint64_t offset, std::size_t step = 1000) {
    return loop::run(ioc_, [this, offset, step]() -> awaitable<std::string> {
      std::string all, piece(step, '\0');
      for (;;) {
        const auto got = file_->read_ready(offset + all.size(), piece);
        if (got.error == asio::error::would_block) {
          co_await file_->wait_ready(offset + all.size());
          continue;
        }
        if (got.error) throw boost::system::system_error(got.error);
        if (got.size == 0) co_return all;
        all.append(piece, 0, got.size);
      }
    });
  }
  void overwrite(const std::string& name, const std::string& bytes) {
    const unique_fd fd{::open((tree_ / name).c_str(), O_WRONLY | O_CLOEXEC)};
    ASSERT_EQ(::pwrite(fd.get(), bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
  }
  void set_mtime(const std::string& name, std::time_t to) {
    const timespec times[] = {{to, 0}, {to, 0}};
    ASSERT_EQ(::utimensat(dir_->fd(), name.c_str(), times, 0), 0);
  }

  asio::io_context ioc_;
  loop::scratch tree_;
  std::shared_ptr<const directory> dir_;
  std::shared_ptr<core::cold_reads> cold_ = std::make_shared<core::cold_reads>();
  std::optional<source_file> file_;
};

TEST_F(source_file_test, is_the_file_that_was_opened) {
  tree_.write("f", "12345");
  const auto& f = opened("f");
  EXPECT_TRUE(f.name() == "f" && &f.parent() == dir_.get());
  EXPECT_TRUE(f.size() == 5 && f.identity().size == 5);
  EXPECT_EQ(f.identity_now(), f.identity());
  EXPECT_EQ(f.entry_now(), f.identity());
}

TEST_F(source_file_test, what_is_no_regular_file_is_refused_and_not_waited_for) {
  tree_.write("f");
  fs::create_symlink("f", tree_ / "link");
  fs::create_symlink("nowhere", tree_ / "dangling");
  fs::create_directory(tree_ / "dir");
  ASSERT_EQ(::mkfifo((tree_ / "fifo").c_str(), 0600), 0);
  ASSERT_EQ(::mkfifo((tree_ / "written.dat").c_str(), 0600), 0);
  ASSERT_EQ(::mknod((tree_ / "socket").c_str(), S_IFSOCK | 0600, 0), 0);
  const unique_fd writer{::open((tree_ / "written.dat").c_str(), O_RDWR | O_CLOEXEC)};
  for (const auto name : {"link", "dangling", "dir", "fifo", "written.dat", "socket", ".", ".."})
    for (const bool to_take_away : {false, true})
      EXPECT_EQ(open(name, to_take_away), errc::not_a_regular_file) << name;
  error_code ec;
  dir_ = directory::open("/dev", ec);
  EXPECT_EQ(open("null"), errc::not_a_regular_file);
}

TEST_F(source_file_test, what_is_gone_has_vanished) {
  EXPECT_EQ(open("none"), errc::file_vanished);
  EXPECT_EQ(open(""), errc::file_vanished);
  EXPECT_EQ(open(std::string(300, 'n')).value(), ENAMETOOLONG);
}

TEST_F(source_file_test, reads_any_bytes_at_any_offset_up_to_the_end) {
  std::string bytes(100'000, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 7 + i / 251);
  tree_.write("f", bytes);
  opened("f");
  EXPECT_TRUE(read_on(0) == bytes);
  EXPECT_TRUE(read_on(0, 65'536) == bytes);
  EXPECT_TRUE(read_on(99'990) == bytes.substr(99'990));
  EXPECT_EQ(read_on(100'000), "");
  EXPECT_EQ(read_on(5'000'000'000), "");
  tree_.write("empty", "");
  EXPECT_EQ(opened("empty").size(), 0u);
  EXPECT_EQ(read_on(0), "");
}

TEST_F(source_file_test, is_read_on_after_its_name_is_gone) {
  tree_.write("f", "all of it");
  const auto& f = opened("f");
  fs::remove(tree_ / "f");
  EXPECT_EQ(f.entry_now(), core::file_identity{});
  EXPECT_EQ(read_on(0), "all of it");
  EXPECT_NE(f.identity_now(), std::nullopt);
}

TEST_F(source_file_test, one_whose_state_cannot_be_read_is_not_said_to_be_another) {
  tree_.write("f", "12345");
  const auto& f = opened("f");
  apart([&] {
    if (!refuse({SYS_newfstatat, EIO})) GTEST_SKIP() << "no seccomp filters here";
#ifdef SYS_fstat  // newer C libraries
    refuse({SYS_fstat, EIO});
#endif
    EXPECT_EQ(f.identity_now(), std::nullopt);
    EXPECT_EQ(f.entry_now(), std::nullopt);
  });
}

TEST_F(source_file_test, one_that_shrinks_ends_early_and_is_another) {
  tree_.write("f", "0123456789");
  const auto& f = opened("f");
  fs::resize_file(tree_ / "f", 4);
  EXPECT_EQ(f.size(), 10u);
  EXPECT_EQ(read_on(0), "0123");
  EXPECT_EQ(f.identity_now()->size, 4u);
}

TEST_F(source_file_test, one_that_grows_keeps_its_size_and_is_another) {
  tree_.write("f", "01234");
  const auto& f = opened("f");
  std::ofstream{tree_ / "f", std::ios::app} << "56789";
  EXPECT_EQ(f.size(), 5u);
  EXPECT_EQ(f.identity_now()->size, 10u);
  EXPECT_NE(f.entry_now(), f.identity());
}

TEST_F(source_file_test, a_rewrite_of_the_same_size_tells_by_its_time) {
  tree_.write("f", "01234");
  set_mtime("f", 1'000'000'000);
  const auto& f = opened("f");
  overwrite("f", "abcde");
  EXPECT_NE(f.identity_now(), f.identity());
  EXPECT_NE(f.entry_now(), f.identity());
}

// rsync --times and touch -r set the modification time back; nobody can do that to the change time.
TEST_F(source_file_test, a_rewrite_whose_time_was_set_back_tells_by_its_change_time) {
  tree_.write("f", "01234");
  set_mtime("f", 1'000'000'000);
  const auto& f = opened("f");
  const auto end = std::chrono::steady_clock::now() + loop::patience;
  do {  // the kernel's clock may tick in milliseconds only
    overwrite("f", "abcde");
    set_mtime("f", 1'000'000'000);
  } while (f.identity_now() == f.identity() && std::chrono::steady_clock::now() < end);
  EXPECT_NE(f.identity_now()->ctime_ns, f.identity().ctime_ns);
}

// Inode numbers are used again at once, but never while a descriptor holds them.
TEST_F(source_file_test, another_file_under_its_name_is_another) {
  tree_.write("f", "01234");
  const auto& f = opened("f");
  for (int i = 0; i < 50; ++i) {
    fs::remove(tree_ / "f");
    tree_.write("f", "01234");
    ASSERT_NE(f.entry_now()->inode, f.identity().inode);
  }
  fs::rename(tree_.write("new", "01234"), tree_ / "f");
  EXPECT_NE(f.entry_now()->inode, f.identity().inode);
  EXPECT_EQ(f.identity_now()->inode, f.identity().inode);
}

TEST_F(source_file_test, a_link_to_itself_under_its_name_is_another) {
  tree_.write("f", "01234");
  const auto& f = opened("f");
  fs::rename(tree_ / "f", tree_ / "g");
  EXPECT_EQ(f.identity_now()->inode, f.identity().inode);
  fs::create_symlink("g", tree_ / "f");
  EXPECT_NE(f.entry_now()->inode, f.identity().inode);
}

bool tells_of_writers(const fs::path& file) {
  const unique_fd writer{::open(file.c_str(), O_RDWR | O_CLOEXEC)};
  const unique_fd reader{::open(file.c_str(), O_RDONLY | O_CLOEXEC)};
  return ::fcntl(reader.get(), F_SETLEASE, F_RDLCK) != 0 && errno == EAGAIN;
}

TEST_F(source_file_test, one_that_is_written_is_refused_where_that_was_asked_for) {
  const auto path = tree_.write("f", "01234");
  if (!tells_of_writers(path)) GTEST_SKIP() << "no leases on this file system";
  {
    const unique_fd writer{::open(path.c_str(), O_WRONLY | O_CLOEXEC)};
    EXPECT_EQ(open("f", true), errc::being_written);
    EXPECT_FALSE(open("f", false));
  }
  EXPECT_FALSE(open("f", true)) << "once the writer has closed it";
}

TEST_F(source_file_test, a_later_writer_is_neither_held_up_nor_are_we_told) {
  const auto path = tree_.write("f", "01234");
  sigset_t watched, before, pending;
  ::sigemptyset(&watched);
  for (const int s : {SIGURG, SIGIO}) ::sigaddset(&watched, s);
  ::pthread_sigmask(SIG_BLOCK, &watched, &before);
  EXPECT_FALSE(open("f", true));
  const unique_fd writer{::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC)};
  EXPECT_TRUE(writer) << "a lease is still held";
  ::sigpending(&pending);
  for (const int s : {SIGURG, SIGIO}) EXPECT_EQ(::sigismember(&pending, s), 0) << s;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

TEST_F(source_file_test, without_leases_nobody_is_refused) {
  const auto path = tree_.write("f", "01234");
  const unique_fd writer{::open(path.c_str(), O_WRONLY | O_CLOEXEC)};
  apart([&] {
    if (!refuse({SYS_fcntl, EINVAL})) GTEST_SKIP() << "no seccomp filters here";
    EXPECT_FALSE(open("f", true));
  });
}

TEST_F(source_file_test, a_file_system_that_cannot_tell_what_is_in_memory_is_read_all_the_same) {
  constexpr int flags = 5;
  tree_.write("f", "all of it");
  for (const std::uint32_t why : {EOPNOTSUPP, EINVAL, ENOSYS})
    apart([&] {
      opened("f");
      if (!refuse({SYS_preadv2, why, flags, RWF_NOWAIT})) GTEST_SKIP() << "no seccomp filters here";
      EXPECT_EQ(read_on(0), "all of it");
    });
}

/// The kernel says that nothing is ever in memory. False where it has no filters.
bool bring_nothing() {
  constexpr int flags = 5;
  return refuse({SYS_preadv2, EAGAIN, flags, RWF_NOWAIT});
}

// ext4 with inline data: what is asked for never comes, and a read that waits has it at once.
TEST_F(source_file_test, a_small_file_that_never_comes_is_waited_for_and_the_next_ones_are_read_at_once) {
  for (int i = 0; i < 20; ++i) tree_.write(std::to_string(i), "all of it");
  apart([&] {
    if (!bring_nothing()) GTEST_SKIP() << "no seccomp filters here";
    const auto begun = std::chrono::steady_clock::now();
    std::array<char, 20> piece{};
    EXPECT_EQ(opened("0").read_ready(0, piece).error, asio::error::would_block);
    for (int i = 0; i < 20; ++i) {
      opened(std::to_string(i));
      EXPECT_EQ(read_on(0), "all of it") << i;
    }
    EXPECT_EQ(cold_->patience(file_->identity().device, 9).count(), 0) << "learned";
    EXPECT_FALSE(opened("0").read_ready(0, piece).error);
    const auto took = std::chrono::steady_clock::now() - begun;
    EXPECT_GE(took, core::cold_reads::enough * std::chrono::milliseconds{20});
    EXPECT_LT(took, std::chrono::seconds{2});
  });
}

TEST_F(source_file_test, a_large_file_that_never_comes_is_read_a_little_at_a_time) {
  const std::string bytes(300'000, 'x');
  tree_.write("f", bytes);
  cold_ = std::make_shared<core::cold_reads>(std::chrono::milliseconds{1}, std::chrono::milliseconds{50});
  apart([&] {
    if (!bring_nothing()) GTEST_SKIP() << "no seccomp filters here";
    const auto begun = std::chrono::steady_clock::now();
    opened("f");
    EXPECT_TRUE(read_on(0, 200'000) == bytes);
    EXPECT_GE(std::chrono::steady_clock::now() - begun, std::chrono::milliseconds{50});
    std::string piece(200'000, '\0');
    EXPECT_EQ(file_->read_ready(0, piece).size, core::cold_reads::small);
    EXPECT_EQ(cold_->patience(file_->identity().device, 9), std::chrono::milliseconds{1})
        << "nothing is learned of small files";
  });
}

TEST_F(source_file_test, an_error_of_a_read_that_waits_is_that_reads_error) {
  tree_.write("f", "all of it");
  cold_ = std::make_shared<core::cold_reads>(std::chrono::nanoseconds{0});
  apart([&] {
    auto& f = opened("f");
    if (!bring_nothing() || !refuse({SYS_pread64, EIO})) GTEST_SKIP() << "no seccomp filters here";
    std::array<char, 20> piece{};
    EXPECT_EQ(f.read_ready(0, piece).error.value(), EIO);
  });
}

TEST_F(source_file_test, an_error_of_the_disk_is_that_reads_error) {
  tree_.write("f", "all of it");
  apart([&] {
    auto& f = opened("f");
    if (!refuse({SYS_preadv2, EIO})) GTEST_SKIP() << "no seccomp filters here";
    std::array<char, 20> piece{};
    EXPECT_EQ(f.read_ready(0, piece).error.value(), EIO);
  });
}

TEST_F(source_file_test, a_wait_comes_to_its_end) {
  tree_.write("f", "all of it");
  auto& f = opened("f");
  for (const auto at : {0u, 4u, 5000u})
    loop::run(ioc_, [&]() -> awaitable<void> { co_await f.wait_ready(at); });
}

std::ptrdiff_t descriptors_of(const fs::path& file) {
  std::ptrdiff_t n = 0;
  std::error_code gone;  // the listing's own descriptor
  for (const auto& e : fs::directory_iterator{"/proc/self/fd"})
    n += fs::equivalent(e.path(), file, gone) ? 1 : 0;
  return n;
}

TEST_F(source_file_test, holds_one_descriptor_and_closes_it) {
  const auto path = tree_.write("f"), other = tree_.write("g");
  opened("f");
  EXPECT_EQ(descriptors_of(path), 1);
  {
    const source_file moved{std::move(*file_)};
    EXPECT_EQ(descriptors_of(path), 1);
  }
  EXPECT_EQ(descriptors_of(path), 0);
  for (const auto name : {"f", "g"})
    EXPECT_FALSE(source_file::open(ioc_.get_executor(), dir_, name, true, file_)) << "over another one";
  EXPECT_EQ(descriptors_of(path), 0);
  EXPECT_EQ(descriptors_of(other), 1);
}

}  // namespace
}  // namespace sluice::io
