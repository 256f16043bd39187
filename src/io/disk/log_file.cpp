#include "io/disk/log_file.hpp"

#include "io/disk/directory.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace sluice::io {

std::unique_ptr<log_file> log_file::open(const std::filesystem::path& path, error_code& ec) {
  struct stat st{};
  if (::stat(path.c_str(), &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) return nullptr;
  unique_fd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)};
  if (!fd || ::fstat(fd.get(), &st) != 0) {
    if (errno != ENOENT) ec = last_error();
    return nullptr;
  }
  if (S_ISDIR(st.st_mode)) {
    ec = {EISDIR, boost::system::system_category()};
    return nullptr;
  }
  auto log = std::make_unique<log_file>(fd.get(), static_cast<std::uint64_t>(st.st_size));
  log->own_ = std::move(fd);
  return log;
}

std::size_t log_file::read(std::span<char> into, error_code& ec) {
  // The disk works ahead of us.
  constexpr std::uint64_t ahead = 1 << 20;
  if (at_ + ahead / 2 > asked_) {
    asked_ = at_ + ahead;
    ::posix_fadvise(fd_, static_cast<off_t>(at_), 2 * ahead, POSIX_FADV_WILLNEED);
  }
  const auto most = std::min<std::uint64_t>(into.size(), end_ - std::min(at_, end_));
  ssize_t n = 0;
  do n = ::pread(fd_, into.data(), most, static_cast<off_t>(at_));
  while (n < 0 && errno == EINTR);
  if (n < 0) {
    ec = last_error();
    return 0;
  }
  at_ += static_cast<std::uint64_t>(n);
  return static_cast<std::size_t>(n);
}

}  // namespace sluice::io
