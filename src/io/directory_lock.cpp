#include "io/directory_lock.hpp"

#include <sluice/error.hpp>

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>

namespace sluice::io {
namespace {

error_code lock(int fd) {
  while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    return errno == EWOULDBLOCK ? error_code{errc::locked} : last_error();
  }
  return {};
}

}  // namespace

error_code directory_lock::take(const std::vector<std::shared_ptr<const directory>>& roots,
                                const std::filesystem::path& lock_file) {
  if (!lock_file.empty()) {
    held_.emplace_back(
        ::open(lock_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
    return held_.back() ? lock(held_.back().get()) : last_error();
  }
  for (const auto& root : roots) {
    held_.emplace_back(::openat(root->fd(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!held_.back()) return last_error();
    if (const auto ec = lock(held_.back().get())) return ec;
  }
  return {};
}

}  // namespace sluice::io
