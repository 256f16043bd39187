#include "io/disk/directory_lock.hpp"

#include <sluice/error.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <ctime>

namespace sluice::io {
namespace {

using core::shard_range;

error_code lock_whole(int fd, int how) {
  while (::flock(fd, how | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    return errno == EWOULDBLOCK ? error_code{errc::locked} : last_error();
  }
  return {};
}

struct flock range_lock(short type, const shard_range& places) {
  struct flock l{};
  l.l_type = type;
  l.l_whence = SEEK_SET;
  l.l_start = static_cast<off_t>(places.begin);
  l.l_len = static_cast<off_t>(places.end - places.begin);
  return l;
}

error_code set_range(int fd, short type, const shard_range& places) {
  auto l = range_lock(type, places);
  while (::fcntl(fd, F_OFD_SETLK, &l) != 0) {
    if (errno == EINTR) continue;
    return errno == EAGAIN || errno == EACCES ? error_code{errc::locked} : last_error();
  }
  return {};
}

/// A directory cannot be opened for writing, so its ranges can only be locked for reading. Whoever holds one
/// asks whether a lock for writing would find somebody else's. Two that ask in the same moment find each
/// other: both let go, and ask again at different times.
error_code lock_range_of_directory(int fd, const shard_range& places) {
  constexpr int most_tries = 8;
  for (int n = 1;; ++n) {
    if (const auto ec = set_range(fd, F_RDLCK, places)) return ec;
    auto other = range_lock(F_WRLCK, places);
    while (::fcntl(fd, F_OFD_GETLK, &other) != 0)
      if (errno != EINTR) return last_error();
    if (other.l_type == F_UNLCK) return {};
    if (const auto ec = set_range(fd, F_UNLCK, places)) return ec;
    if (n == most_tries) return errc::locked;
    const auto moment = std::chrono::steady_clock::now().time_since_epoch().count() / 1000 + ::getpid();
    const timespec a_moment{0, (20 + moment * n % 300) * 1000};
    ::nanosleep(&a_moment, nullptr);
  }
}

}  // namespace

error_code directory_lock::take(const std::vector<std::shared_ptr<const directory>>& roots,
                                const std::filesystem::path& lock_file, const shard_range& places) {
  const bool whole = places == core::all_places;
  if (!lock_file.empty()) {
    held_.emplace_back(
        ::open(lock_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
    if (!held_.back()) return last_error();
    // The two kinds of locks are one over NFS, so that a shard must not have the first.
    if (const auto ec = whole ? lock_whole(held_.back().get(), LOCK_EX) : error_code{}) return ec;
    const auto ec = set_range(held_.back().get(), F_WRLCK, places);
    return whole && ec == boost::system::errc::invalid_argument ? error_code{}
                                                                : ec;  // an old kernel has no shards
  }
  for (const auto& root : roots) {
    held_.emplace_back(::openat(root->fd(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!held_.back()) return last_error();
    const int fd = held_.back().get();
    if (const auto ec = lock_whole(fd, whole ? LOCK_EX : LOCK_SH)) return ec;
    if (const auto ec = whole ? error_code{} : lock_range_of_directory(fd, places)) return ec;
  }
  return {};
}

}  // namespace sluice::io
