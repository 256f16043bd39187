// Paths of any length. A system call takes less than 4,096 bytes of one; a tree may be deeper than that.
#include "io/disk/directory.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <string_view>

namespace sluice::io {
namespace {

/// Opens what `path` begins with, as much of it at a time as a system call takes, until the rest is short
/// enough. What a link means does not change by it: each piece ends where a component does.
int approach(int from, std::string_view& path, unique_fd& held) {
  constexpr std::size_t most = PATH_MAX - 1;
  int at = from;
  while (path.size() > most) {
    const auto slash = path.rfind('/', most - 1);
    if (slash == std::string_view::npos) {
      errno = ENAMETOOLONG;
      return -1;
    }
    const std::string piece{path.substr(0, slash + 1)};
    unique_fd next{::openat(at, piece.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
    if (!next) return -1;
    held = std::move(next);
    at = held.get();
    path.remove_prefix(slash + 1);
    while (path.starts_with('/')) path.remove_prefix(1);
    if (path.empty()) path = ".";
  }
  return at;
}

}  // namespace

int stat_at(int from, const std::string& path, struct stat& st, int flags) noexcept try {
  std::string_view rest{path};
  unique_fd held;
  const int at = approach(from, rest, held);
  if (at == -1) return -1;
  return ::fstatat(at, std::string{rest}.c_str(), &st, flags);
} catch (const std::bad_alloc&) {
  errno = ENOMEM;
  return -1;
}

int open_directory_at(int from, const std::string& path) noexcept try {
  std::string_view rest{path};
  unique_fd held;
  const int at = approach(from, rest, held);
  if (at == -1) return -1;
  return ::openat(at, std::string{rest}.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOCTTY);
} catch (const std::bad_alloc&) {
  errno = ENOMEM;
  return -1;
}

}  // namespace sluice::io
