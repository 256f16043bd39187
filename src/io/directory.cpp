#include "io/directory.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>

namespace sluice::io {
namespace {

constexpr int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOCTTY;

/// O_DIRECTORY says ENOTDIR of a link and of a file alike; openat2 tells them apart.
int error_of_step(int at, const std::string& step, int error) {
  struct stat st{};
  return error == ENOTDIR && ::fstatat(at, step.c_str(), &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode)
             ? ELOOP
             : error;
}

/// Without openat2 (before Linux 5.6, or filtered): one component at a time, none of them a link.
int open_by_steps(int from, std::string_view relative) {
  if (relative.empty() || relative.front() == '/') {
    errno = relative.empty() ? ENOENT : EXDEV;
    return -1;
  }
  unique_fd at{::openat(from, ".", flags)};
  while (at && !relative.empty()) {
    const std::string step{relative.substr(0, relative.find('/'))};
    relative.remove_prefix(std::min(relative.size(), step.size() + 1));
    if (step.empty() || step == ".") continue;
    if (step == "..") {
      errno = EXDEV;
      return -1;
    }
    unique_fd next{::openat(at.get(), step.c_str(), flags | O_NOFOLLOW)};
    if (!next) {
      errno = error_of_step(at.get(), step, errno);
      return -1;
    }
    at = std::move(next);
  }
  return at.release();
}

int open_beneath(int from, const std::string& relative) {
  open_how how{};
  how.flags = flags;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  int fd = -1;
  do {
    fd = static_cast<int>(::syscall(SYS_openat2, from, relative.c_str(), &how, sizeof how));
  } while (fd < 0 && errno == EINTR);
  if (fd >= 0 || (errno != ENOSYS && errno != EPERM)) return fd;
  return open_by_steps(from, relative);
}

/// Whether this process passes for the owner of any file.
bool acts_as_owner() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
  return ::syscall(SYS_capget, &header, sets.data()) == 0 && (sets[0].effective & 1u << CAP_FOWNER) != 0;
}

std::shared_ptr<const directory> opened(int fd, std::string path, bool confined, error_code& ec) {
  if (fd < 0) {
    ec = last_error();
    return nullptr;
  }
  ec = {};
  return std::make_shared<const directory>(unique_fd{fd}, std::move(path), confined);
}

}  // namespace

core::file_identity identity_of(const struct stat& st) noexcept {
  const auto ns = [](const timespec& t) {
    return static_cast<std::int64_t>(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
  };
  return {st.st_dev, st.st_ino, static_cast<std::uint64_t>(st.st_size), ns(st.st_mtim), ns(st.st_ctim)};
}

error_code last_error() noexcept { return {errno, boost::system::system_category()}; }

directory::directory(unique_fd fd, std::string path, bool confined)
    : fd_{std::move(fd)}, path_{std::move(path)}, confined_{confined} {
  struct stat st{};
  if (::fstat(fd_.get(), &st) != 0) return;
  device_ = st.st_dev, inode_ = st.st_ino;
  sticky_ = (st.st_mode & S_ISVTX) != 0 && st.st_uid != ::geteuid();
}

error_code directory::writable() const noexcept {
  return ::faccessat(fd_.get(), ".", W_OK | X_OK, AT_EACCESS) == 0 ? error_code{} : last_error();
}

bool directory::lets_go(const struct stat& file) const noexcept {
  return !sticky_ || file.st_uid == ::geteuid() || acts_as_owner();
}

std::shared_ptr<const directory> directory::open(const std::filesystem::path& path, error_code& ec) {
  return opened(::open(path.c_str(), flags), path.string(), true, ec);
}

std::shared_ptr<const directory> directory::working(error_code& ec) {
  return opened(::open(".", flags), ".", false, ec);
}

bool directory::still_has(const std::string& name, const directory& child) const noexcept {
  struct stat st{};
  return name.find('/') == std::string::npos &&
         ::fstatat(fd_.get(), name.c_str(), &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode) &&
         st.st_dev == child.device_ && st.st_ino == child.inode_;
}

std::shared_ptr<const directory> directory::below(const std::string& relative, error_code& ec) const {
  const int child =
      confined_ ? open_beneath(fd_.get(), relative) : ::openat(fd_.get(), relative.c_str(), flags);
  return opened(child, path_ + "/" + relative, confined_, ec);
}

}  // namespace sluice::io
