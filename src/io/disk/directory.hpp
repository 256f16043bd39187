// An open directory: every later step goes through its descriptor, never through its path again.
#pragma once

#include "core/files/file_identity.hpp"
#include "io/asio.hpp"
#include "io/disk/unique_fd.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace sluice::io {

core::file_identity identity_of(const struct stat& st) noexcept;
core::file_identity identity_of(const struct statx& st) noexcept;

/// The facts that the system tells of an open file or directory: fstat, and where there is statx, what else
/// is against removing it.
struct facts {
  struct stat st{};
  bool tells_attributes = false;  ///< true when the system tells these two attributes
  bool immutable = false, append_only = false;
  bool mount_root = false;             ///< true when a mount is right here
  std::optional<std::uint64_t> mount;  ///< empty when it cannot be told
};
/// False with errno.
bool learn(int fd, facts& out) noexcept;

/// stat and open, of paths of any length: what is too long for one system call is gone step by step.
int stat_at(int from, const std::string& path, struct stat& st, int flags) noexcept;
int open_directory_at(int from, const std::string& path) noexcept;

/// The operating system's last error.
error_code last_error() noexcept;

class directory {
 public:
  /// Opens the directory that the caller named: links in `path` are followed, this once.
  static std::shared_ptr<const directory> open(const std::filesystem::path& path, error_code& ec);
  /// The working directory, for lists without a base: names below it may be absolute and pass through links.
  static std::shared_ptr<const directory> working(error_code& ec);

  /// A directory below this one, by its relative path; no link on the way is followed and `..` does not lead
  /// out (openat2 with RESOLVE_BENEATH and RESOLVE_NO_SYMLINKS, or step by step where the kernel has none).
  std::shared_ptr<const directory> below(const std::string& relative, error_code& ec) const;
  /// Whether `name`, one step below this, still is `child`: what below() would open, for one system call
  /// instead of three. False as well when it cannot be told so.
  bool still_has(const std::string& name, const directory& child) const noexcept;

  int fd() const noexcept { return fd_.get(); }
  const std::string& path() const noexcept { return path_; }  ///< the path, for messages
  std::uint64_t device() const noexcept { return device_; }
  std::uint64_t inode() const noexcept { return inode_; }

  /// Whether names can be taken out of it: an error of the system, or a core::obstacle.
  error_code writable() const noexcept;
  /// Whether a name can be renamed from here to there: they are of one file system and one mount.
  bool shares_mount(const directory& other) const noexcept;
  /// Whether a file's facts say that it is mounted on its name.
  bool has_mounted(const facts& file) const noexcept;
  /// Whether a file system, or a part of one, is mounted right here.
  bool is_mount_root() const noexcept;
  /// Whether `file`, an entry of it, can be taken out of it, if any can: what is somebody else's stays in a
  /// sticky directory.
  bool lets_go(const struct stat& file) const noexcept;
  /// Every writer to its files goes through this kernel; asked for once.
  bool sees_all_writers() const noexcept;

  directory(unique_fd fd, std::string path, bool confined);

 private:
  unique_fd fd_;
  std::string path_;
  std::uint64_t device_ = 0, inode_ = 0;
  std::optional<std::uint64_t> mount_;
  bool confined_;
  bool sticky_ = false;  ///< and somebody else's
  mutable std::optional<bool> sees_all_writers_;
};

inline bool same_directory(const directory& a, const directory& b) noexcept {
  return a.device() == b.device() && a.inode() == b.inode();
}

}  // namespace sluice::io
