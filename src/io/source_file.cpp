#include "io/source_file.hpp"

#include <sluice/error.hpp>

#include <fcntl.h>
#include <sys/uio.h>

#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <csignal>

namespace sluice::io {
namespace {

/// A read lease, which the kernel grants only where nobody has the file open for writing. While it is held a
/// writer's open waits, and would send us a signal: SIGURG, which is ignored unless somebody asked for it,
/// instead of SIGIO, which kills. Where leases are not to be had (not the owner, not on this file system)
/// nothing is known and nothing is refused.
class lease {
 public:
  explicit lease(int fd) noexcept : fd_{fd} {
    if (::fcntl(fd, F_SETSIG, SIGURG) != 0) return;
    held_ = ::fcntl(fd, F_SETLEASE, F_RDLCK) == 0;
    has_writer_ = !held_ && errno == EAGAIN;
  }
  ~lease() {
    if (held_) ::fcntl(fd_, F_SETLEASE, F_UNLCK);
  }
  lease(const lease&) = delete;
  bool has_writer() const noexcept { return has_writer_; }

 private:
  int fd_;
  bool held_ = false, has_writer_ = false;
};

/// So much is asked of the disk at a time, and so far ahead. The kernel's own read-ahead may be megabytes at
/// once (read_ahead_kb), for which a read has the loop while the pages are found, waiting or not: it is
/// turned off for what is larger than one step.
constexpr std::uint64_t step = 256 * 1024, ahead = 1024 * 1024;

/// Asks the disk for a file's next bytes and does not wait for them.
void ask_for(int fd, std::uint64_t offset) {
  ::posix_fadvise(fd, static_cast<off_t>(offset), step, POSIX_FADV_WILLNEED);
}

error_code open_error() {
  switch (errno) {
    case ENOENT:
    case ENOTDIR:
      return errc::file_vanished;
    case ELOOP:  // a link
    case ENXIO:  // a socket, or a fifo without a reader
    case ENODEV:
      return errc::not_a_regular_file;
    default:
      return last_error();
  }
}

std::optional<core::file_identity> identity_if(int result, const struct stat& st) {
  if (result != 0) return std::nullopt;
  return identity_of(st);
}

}  // namespace

source_file::source_file(asio::any_io_executor executor, std::shared_ptr<const directory> parent,
                         std::string name, unique_fd fd, const core::file_identity& identity)
    : executor_{std::move(executor)},
      parent_{std::move(parent)},
      name_{std::move(name)},
      fd_{std::move(fd)},
      identity_{identity},
      asked_to_{step} {}

error_code source_file::open(asio::any_io_executor executor, std::shared_ptr<const directory> parent,
                             std::string name, bool to_take_away, std::optional<source_file>& file,
                             bool only_unwritten) {
  unique_fd fd{
      ::openat(parent->fd(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)};
  if (!fd) return open_error();
  struct stat st{};
  bool has_writer = false;
  {
    std::optional<lease> held;  // what is seen meanwhile, no writer has left half done
    if (to_take_away || only_unwritten) has_writer = held.emplace(fd.get()).has_writer();
    if (::fstat(fd.get(), &st) != 0) return last_error();
  }
  if (!S_ISREG(st.st_mode)) return errc::not_a_regular_file;
  if (to_take_away && !parent->lets_go(st)) return errc::not_removable;
  if (has_writer) return errc::being_written;
  if (static_cast<std::uint64_t>(st.st_size) > step) ::posix_fadvise(fd.get(), 0, 0, POSIX_FADV_RANDOM);
  ask_for(fd.get(), 0);
  file = source_file{std::move(executor), std::move(parent), std::move(name), std::move(fd), identity_of(st)};
  return {};
}

std::optional<core::file_identity> source_file::identity_now() const noexcept {
  struct stat st{};
  return identity_if(::fstat(fd_.get(), &st), st);
}

std::optional<core::file_identity> source_file::entry_now() const noexcept {
  struct stat st{};
  const int result = ::fstatat(parent_->fd(), name_.c_str(), &st, AT_SYMLINK_NOFOLLOW);
  if (result != 0 && errno == ENOENT) return core::file_identity{};
  return identity_if(result, st);
}

// RWF_NOWAIT reads only what is in the page cache: a cold file costs other uploads nothing.
body::piece source_file::read_ready(std::uint64_t offset, std::span<char> into) {
  iovec v{into.data(), into.size()};
  for (;;) {
    const auto n = ::preadv2(fd_.get(), &v, 1, static_cast<off_t>(offset), may_block_ ? 0 : RWF_NOWAIT);
    if (n >= 0) {
      waits_ = 0;
      ask_ahead(offset + static_cast<std::uint64_t>(n));
      return {{}, static_cast<std::size_t>(n)};
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN && !may_block_) return {asio::error::would_block};
    if ((errno == EOPNOTSUPP || errno == ENOSYS || errno == EINVAL) && !may_block_) {
      may_block_ = true;
      continue;
    }
    return {last_error()};
  }
}

void source_file::ask_ahead(std::uint64_t from) {
  if (asked_to_ >= identity_.size || from + ahead <= asked_to_) return;
  ask_for(fd_.get(), asked_to_);
  asked_to_ += step;
}

awaitable<void> source_file::wait_ready(std::uint64_t offset) {
  constexpr int patience =
      2000;  // about four seconds of a disk that brings nothing: then read and wait for it
  ask_for(fd_.get(), offset);
  if (++waits_ > patience) may_block_ = true;
  asio::steady_timer pause{executor_, std::chrono::microseconds{waits_ < 8 ? 200 : 2000}};
  error_code ignored;
  co_await pause.async_wait(into(ignored));
}

}  // namespace sluice::io
