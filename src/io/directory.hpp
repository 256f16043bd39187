// An open directory: every later step goes through its descriptor, never through its path again.
#pragma once

#include "core/file_identity.hpp"
#include "io/asio.hpp"
#include "io/unique_fd.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <memory>
#include <string>

namespace sluice::io {

core::file_identity identity_of(const struct stat& st) noexcept;
/// The operating system's last error.
error_code last_error() noexcept;

class directory {
 public:
  /// As the caller named it: links in `path` are followed, this once.
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
  const std::string& path() const noexcept { return path_; }  ///< for messages
  std::uint64_t device() const noexcept { return device_; }
  std::uint64_t inode() const noexcept { return inode_; }

  /// Whether names can be taken out of it.
  error_code writable() const noexcept;
  /// Whether `file`, an entry of it, can be taken out of it, if any can: what is somebody else's stays in a
  /// sticky directory.
  bool lets_go(const struct stat& file) const noexcept;

  directory(unique_fd fd, std::string path, bool confined);

 private:
  unique_fd fd_;
  std::string path_;
  std::uint64_t device_ = 0, inode_ = 0;
  bool confined_;
  bool sticky_ = false;  ///< and somebody else's
};

}  // namespace sluice::io
