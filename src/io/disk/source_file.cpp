#include "io/disk/source_file.hpp"

#include "core/files/removal.hpp"
#include "io/disk/lease.hpp"

#include <sluice/error.hpp>

#include <fcntl.h>
#include <sys/uio.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <utility>
#include <vector>

namespace sluice::io {
namespace {

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

/// The obstacle against removing the file, as far as it can be asked.
error_code obstacle_of(const directory& parent, const facts& file) {
  if (file.immutable) return core::obstacle::immutable;
  if (file.append_only) return core::obstacle::append_only;
  if (parent.has_mounted(file)) return core::obstacle::mount_point;
  if (!parent.lets_go(file.st)) return core::obstacle::sticky_folder;
  return {};
}

/// Looks at what `dirfd` and `name` lead to, without following links. `anew`: a file server or a FUSE mount
/// is asked, and not what the kernel remembers of it.
std::optional<core::file_identity> look_at(int dirfd, const char* name, bool anew) {
  struct stat st{};
  if (!anew) {
    const int result = *name == '\0' ? ::fstat(dirfd, &st) : ::fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW);
    return result == 0 ? std::optional{identity_of(st)} : std::nullopt;
  }
  struct statx sx{};
  const int flags = AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW | AT_STATX_FORCE_SYNC;
  if (::statx(dirfd, name, flags, STATX_BASIC_STATS, &sx) == 0) return identity_of(sx);
  return errno == ENOSYS ? look_at(dirfd, name, false) : std::nullopt;
}

}  // namespace

source_file::source_file(asio::any_io_executor executor, std::shared_ptr<const directory> parent,
                         std::string name, unique_fd fd, const struct stat& st,
                         std::shared_ptr<core::cold_reads> cold)
    : executor_{std::move(executor)},
      parent_{std::move(parent)},
      name_{std::move(name)},
      fd_{std::move(fd)},
      identity_{identity_of(st)},
      sent_{identity_.size},
      links_{st.st_nlink},
      asked_to_{step},
      cold_{std::move(cold)} {}

error_code source_file::open(asio::any_io_executor executor, std::shared_ptr<const directory> parent,
                             std::string name, bool to_take_away, std::optional<source_file>& file,
                             bool only_unwritten, std::shared_ptr<core::cold_reads> cold) {
  unique_fd fd{
      ::openat(parent->fd(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)};
  if (!fd) return open_error();
  facts known;
  auto writers = lease::answer::unknown;
  {
    std::optional<lease> held;  // no writer has left half done what is seen while the lease is held
    if (to_take_away || only_unwritten) writers = held.emplace(fd.get(), parent->sees_all_writers()).says();
    if (!learn(fd.get(), known)) return last_error();
  }
  const auto& st = known.st;
  if (!S_ISREG(st.st_mode)) return errc::not_a_regular_file;
  if (to_take_away)
    if (const auto why = obstacle_of(*parent, known)) return why;
  if (writers == lease::answer::has_writer) return errc::being_written;
  const bool large = static_cast<std::uint64_t>(st.st_size) > step;
  if (large) ::posix_fadvise(fd.get(), 0, 0, POSIX_FADV_RANDOM);
  const bool asked = large || cold->asks_ahead();
  if (asked) ask_for(fd.get(), 0);
  file = source_file{std::move(executor), std::move(parent), std::move(name), std::move(fd), st,
                     std::move(cold)};
  file->writers_known_ = writers == lease::answer::no_writer;
  file->missing_.unasked = !asked;
  return {};
}

std::string source_file::why_unknown() const { return why_no_lease(fd_.get()); }

std::optional<core::file_identity> source_file::identity_now() const noexcept {
  return look_at(fd_.get(), "", !writers_known_ && !parent_->sees_all_writers());
}

std::optional<core::file_identity> source_file::folder_now() const noexcept {
  struct stat st{};
  return ::fstat(parent_->fd(), &st) == 0 ? std::optional{identity_of(st)} : std::nullopt;
}

std::optional<core::file_identity> source_file::entry_now() const noexcept {
  const auto found = look_at(parent_->fd(), name_.c_str(), !writers_known_ && !parent_->sees_all_writers());
  if (!found && errno == ENOENT) return core::file_identity{};
  return found;
}

body::piece source_file::read_ready(std::uint64_t offset, std::span<char> into) {
  if (offset == 0) sent_.clear();
  const auto p = read(offset, into);
  if (!p.error && offset == sent_.size()) sent_.add(into.first(p.size));
  return p;
}

std::optional<bool> source_file::holds_itself() const noexcept {
  facts now;
  if (!learn(fd_.get(), now) || !now.tells_attributes) return std::nullopt;
  return now.immutable || now.append_only;
}

// RWF_NOWAIT reads only what is in the page cache: a cold file costs other uploads nothing.
body::piece source_file::read(std::uint64_t offset, std::span<char> into) {
  iovec v{into.data(), into.size()};
  for (;;) {
    const auto n = ::preadv2(fd_.get(), &v, 1, static_cast<off_t>(offset), may_block_ ? 0 : RWF_NOWAIT);
    if (missing_.unasked && (n >= 0 || errno == EAGAIN)) {
      missing_.unasked = false;
      cold_->read_unasked(n >= 0);
    }
    if (n >= 0) {
      if (missing_.since) cold_->bytes_came(identity_.device);
      missing_.waits = 0, missing_.since.reset();
      ask_ahead(offset + static_cast<std::uint64_t>(n));
      return {{}, static_cast<std::size_t>(n)};
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN && !may_block_)
      return gives_up() ? read_waiting(offset, into) : piece{asio::error::would_block};
    if ((errno == EOPNOTSUPP || errno == ENOSYS || errno == EINVAL) && !may_block_) {
      may_block_ = true;
      continue;
    }
    return {last_error()};
  }
}

/// The bytes have been missing for longer than the disk is waited for.
bool source_file::gives_up() {
  const auto now = std::chrono::steady_clock::now();
  if (!missing_.since) missing_.since = now;
  missing_.gave_up =
      missing_.gave_up || now - *missing_.since >= cold_->patience(identity_.device, identity_.size);
  return missing_.gave_up;
}

/// Holds the loop until the disk has brought them: so few bytes at a time.
body::piece source_file::read_waiting(std::uint64_t offset, std::span<char> into) {
  into = into.first(std::min<std::size_t>(into.size(), core::cold_reads::small));
  const auto begun = std::chrono::steady_clock::now();
  ssize_t n = 0;
  do {
    n = ::pread(fd_.get(), into.data(), into.size(), static_cast<off_t>(offset));
  } while (n < 0 && errno == EINTR);
  if (n < 0) return {last_error()};
  const auto time = std::chrono::steady_clock::now() - begun;
  if (identity_.size <= core::cold_reads::small && !std::exchange(missing_.noted, true))
    cold_->read_waited(identity_.device, time);
  missing_.waits = 0, missing_.since.reset();
  ask_ahead(offset + static_cast<std::uint64_t>(n));
  return {{}, static_cast<std::size_t>(n)};
}

awaitable<std::optional<std::uint64_t>> source_file::read_digest() {
  core::content_digest digest{identity_.size};
  std::vector<char> buffer(std::min<std::uint64_t>(identity_.size, step));
  while (digest.size() < identity_.size) {
    const auto want = std::min<std::uint64_t>(buffer.size(), identity_.size - digest.size());
    const auto p = read(digest.size(), std::span{buffer}.first(want));
    if (p.error == asio::error::would_block) {
      co_await wait_ready(digest.size());
      continue;
    }
    if (p.error || p.size == 0) co_return std::nullopt;
    digest.add(std::span{buffer}.first(p.size));
    if (digest.size() < identity_.size) co_await asio::post(executor_, asio::use_awaitable);
  }
  co_return digest.value();
}

bool source_file::has_writer() const noexcept {
  return writers_known_ && lease{fd_.get(), true}.says() == lease::answer::has_writer;
}

void source_file::ask_ahead(std::uint64_t from) {
  if (asked_to_ >= identity_.size || from + ahead <= asked_to_) return;
  ask_for(fd_.get(), asked_to_);
  asked_to_ += step;
}

awaitable<void> source_file::wait_ready(std::uint64_t offset) {
  ask_for(fd_.get(), offset);
  asio::steady_timer pause{executor_, std::chrono::microseconds{++missing_.waits < 8 ? 200 : 2000}};
  error_code ignored;
  co_await pause.async_wait(into(ignored));
}

}  // namespace sluice::io
