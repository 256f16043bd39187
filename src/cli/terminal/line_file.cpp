#include "line_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace sluice::cli {

line_file::line_file(const std::string& path, beginning how)
    : fd_{::open(path.c_str(),
                 O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC |
                     (how == beginning::emptied ? O_TRUNC : 0),
                 0600)} {
  if (fd_ < 0) problem_ = errno == ENXIO ? "nobody reads it" : std::strerror(errno);
}

line_file::~line_file() {
  if (fd_ >= 0) ::close(fd_);
}

bool line_file::is_open_to_others() const {
  struct stat st{};
  return fd_ >= 0 && ::fstat(fd_, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 077) != 0;
}

bool line_file::write(std::string line) {
  const bool first = problem_.empty();
  if (!flush()) return !first;
  unwritten_ = std::move(line) + '\n';
  const auto size = unwritten_.size();
  if (!flush() && unwritten_.size() == size) {
    unwritten_.clear();
    return !first;
  }
  return true;
}

/// False when something is left.
bool line_file::flush() {
  while (!unwritten_.empty()) {
    const auto n = ::write(fd_, unwritten_.data(), unwritten_.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      if (problem_.empty()) problem_ = errno == EAGAIN ? "nobody reads it" : std::strerror(errno);
      return false;
    }
    unwritten_.erase(0, static_cast<std::size_t>(n));
  }
  return true;
}

}  // namespace sluice::cli
