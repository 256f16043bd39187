#include "io/disk/directory.hpp"

#include "core/files/removal.hpp"
#include "io/disk/lease.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <string_view>

namespace sluice::io {
namespace {

constexpr int open_flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOCTTY;

/// O_DIRECTORY says ENOTDIR of a link and of a file alike; openat2 tells them apart.
int error_of_step(int at, const std::string& step, int error) {
  struct stat st{};
  return error == ENOTDIR && ::fstatat(at, step.c_str(), &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode)
             ? ELOOP
             : error;
}

/// Opens without openat2 (before Linux 5.6, or filtered), and where the path is too long for it: one
/// component at a time, none of them a link.
int open_by_steps(int from, std::string_view relative) {
  if (relative.empty() || relative.front() == '/') {
    errno = relative.empty() ? ENOENT : EXDEV;
    return -1;
  }
  unique_fd at{::openat(from, ".", open_flags)};
  while (at && !relative.empty()) {
    const std::string step{relative.substr(0, relative.find('/'))};
    relative.remove_prefix(std::min(relative.size(), step.size() + 1));
    if (step.empty() || step == ".") continue;
    if (step == "..") {
      errno = EXDEV;
      return -1;
    }
    unique_fd next{::openat(at.get(), step.c_str(), open_flags | O_NOFOLLOW)};
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
  how.flags = open_flags;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  int fd = -1;
  do {
    fd = static_cast<int>(::syscall(SYS_openat2, from, relative.c_str(), &how, sizeof how));
  } while (fd < 0 && errno == EINTR);
  if (fd >= 0 || (errno != ENOSYS && errno != EPERM && errno != ENAMETOOLONG)) return fd;
  return open_by_steps(from, relative);
}

/// Whether `id` has a mapping in this process's user namespace, as far as `map` tells. What has none is shown
/// as the overflow id: where that is mapped itself, a removal has to tell.
bool is_mapped(std::uint64_t id, const char* map) {
  std::ifstream lines{map};
  if (!lines) return true;
  for (std::uint64_t inside = 0, outside = 0, count = 0; lines >> inside >> outside >> count;)
    if (id >= inside && id - inside < count) return true;
  return false;
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
  const auto ns = [](const timespec& t) { return core::to_nanoseconds(t.tv_sec, t.tv_nsec); };
  return {st.st_dev, st.st_ino, static_cast<std::uint64_t>(st.st_size), ns(st.st_mtim), ns(st.st_ctim)};
}

core::file_identity identity_of(const struct statx& st) noexcept {
  const auto ns = [](const statx_timestamp& t) { return core::to_nanoseconds(t.tv_sec, t.tv_nsec); };
  return {makedev(st.stx_dev_major, st.stx_dev_minor), st.stx_ino, st.stx_size, ns(st.stx_mtime),
          ns(st.stx_ctime)};
}

bool learn(int fd, facts& out) noexcept {
  struct statx x{};
  if (::statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_MNT_ID, &x) != 0)  // old, or filtered
    return (errno == ENOSYS || errno == EPERM) && ::fstat(fd, &out.st) == 0;
  const auto time = [](const statx_timestamp& t) { return timespec{t.tv_sec, static_cast<long>(t.tv_nsec)}; };
  out.st.st_dev = ::makedev(x.stx_dev_major, x.stx_dev_minor);
  out.st.st_ino = x.stx_ino, out.st.st_mode = x.stx_mode, out.st.st_nlink = x.stx_nlink;
  out.st.st_uid = x.stx_uid, out.st.st_gid = x.stx_gid, out.st.st_size = static_cast<off_t>(x.stx_size);
  out.st.st_mtim = time(x.stx_mtime), out.st.st_ctim = time(x.stx_ctime);
  out.tells_attributes = (x.stx_attributes_mask & STATX_ATTR_IMMUTABLE) != 0;
  out.immutable = (x.stx_attributes & STATX_ATTR_IMMUTABLE) != 0;
  out.append_only = (x.stx_attributes & STATX_ATTR_APPEND) != 0;
  out.mount_root = (x.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
  if ((x.stx_mask & STATX_MNT_ID) != 0) out.mount = x.stx_mnt_id;
  return true;
}

error_code last_error() noexcept { return {errno, boost::system::system_category()}; }

directory::directory(unique_fd fd, std::string path, bool confined)
    : fd_{std::move(fd)}, path_{std::move(path)}, confined_{confined} {
  facts f;
  if (!learn(fd_.get(), f)) return;
  device_ = f.st.st_dev, inode_ = f.st.st_ino, mount_ = f.mount;
  sticky_ = (f.st.st_mode & S_ISVTX) != 0 && f.st.st_uid != ::geteuid();
}

error_code directory::writable() const noexcept {
  if (::faccessat(fd_.get(), ".", W_OK | X_OK, AT_EACCESS) != 0) return last_error();
  facts now;  // access() does not speak of it
  if (learn(fd_.get(), now) && now.append_only) return core::obstacle::append_only_folder;
  return {};
}

bool directory::shares_mount(const directory& other) const noexcept {
  return device_ == other.device_ && (!mount_ || !other.mount_ || mount_ == other.mount_);
}

// A file's device may differ from its directory's in an overlay: where mounts are known, only they count.
bool directory::has_mounted(const facts& file) const noexcept {
  return file.mount_root || (mount_ && file.mount ? mount_ != file.mount : file.st.st_dev != device_);
}

bool directory::is_mount_root() const noexcept {
  facts here;
  if (!learn(fd_.get(), here)) return false;
  if (here.mount_root || here.mount) return here.mount_root;
  struct stat up{};
  return ::fstatat(fd_.get(), "..", &up, 0) == 0 && (up.st_dev != device_ || up.st_ino == inode_);
}

bool directory::lets_go(const struct stat& file) const noexcept {
  if (!sticky_ || file.st_uid == ::geteuid()) return true;
  return acts_as_owner() && is_mapped(file.st_uid, "/proc/self/uid_map") &&
         is_mapped(file.st_gid, "/proc/self/gid_map");
}

bool directory::sees_all_writers() const noexcept {
  if (!sees_all_writers_) sees_all_writers_ = io::sees_all_writers(fd_.get());
  return *sees_all_writers_;
}

std::shared_ptr<const directory> directory::open(const std::filesystem::path& path, error_code& ec) {
  return opened(open_directory_at(AT_FDCWD, path.string()), path.string(), true, ec);
}

std::shared_ptr<const directory> directory::working(error_code& ec) {
  return opened(::open(".", open_flags), ".", false, ec);
}

bool directory::still_has(const std::string& name, const directory& child) const noexcept {
  struct stat st{};
  return name.find('/') == std::string::npos &&
         ::fstatat(fd_.get(), name.c_str(), &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode) &&
         st.st_dev == child.device_ && st.st_ino == child.inode_;
}

std::shared_ptr<const directory> directory::below(const std::string& relative, error_code& ec) const {
  const int child = confined_ ? open_beneath(fd_.get(), relative) : open_directory_at(fd_.get(), relative);
  return opened(child, path_ + "/" + relative, confined_, ec);
}

}  // namespace sluice::io
