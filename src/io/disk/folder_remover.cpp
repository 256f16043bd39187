#include "io/disk/folder_remover.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <new>
#include <string_view>

namespace sluice::io {
namespace {

using result = core::folder_removal::result;

std::shared_ptr<const directory> parent_of(const directory& root, const std::string& path, error_code& ec) {
  const auto slash = path.rfind('/');
  return root.below(slash == std::string::npos ? "." : path.substr(0, slash), ec);
}

std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

std::optional<core::file_identity> identity_of(const directory& dir) noexcept {
  struct stat st{};
  return ::fstat(dir.fd(), &st) == 0 ? std::optional{io::identity_of(st)} : std::nullopt;
}

core::folder_removal refused(error_code why) noexcept {
  core::folder_removal r;
  r.what = result::refused, r.why = why;
  return r;
}
core::folder_removal outcome(result what) noexcept {
  core::folder_removal r;
  r.what = what;
  return r;
}

/// The outcome of a call that failed. What is mounted, and what became a link or a file meanwhile, is no
/// news.
core::folder_removal outcome_of(int error) noexcept {
  switch (error) {
    case ENOENT:
      return outcome(result::gone);
    case ENOTEMPTY:
    case EEXIST:
      return outcome(result::not_empty);
    case EBUSY:
    case ENOTDIR:
    case ELOOP:
      return outcome(result::not_ours);
    default:
      return refused({error, boost::system::system_category()});
  }
}

/// Whether the folder has no entry; false where it cannot be read.
bool is_empty(const directory& parent, const std::string& name) {
  error_code ec;
  const auto dir = parent.below(name, ec);
  if (!dir) return false;
  alignas(dirent64) std::array<char, 1024> buffer;
  for (;;) {
    const auto n = ::getdents64(dir->fd(), buffer.data(), buffer.size());
    if (n <= 0) return n == 0;
    for (std::size_t at = 0; at < static_cast<std::size_t>(n);) {
      const auto* d = reinterpret_cast<const dirent64*>(buffer.data() + at);
      const std::string_view entry{d->d_name};
      if (entry != "." && entry != "..") return false;
      at += d->d_reclen;
    }
  }
}

}  // namespace

core::folder_removal remove_folder(const directory& root, const std::string& path,
                                   const core::file_identity& left) noexcept try {
  error_code ec;
  const auto parent = parent_of(root, path, ec);
  if (!parent) return outcome_of(ec.value());
  const auto name = name_of(path);
  struct stat st{};
  if (::fstatat(parent->fd(), name.c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0) return outcome_of(errno);
  const auto now = io::identity_of(st);
  if (!S_ISDIR(st.st_mode) || now.device != left.device || now.inode != left.inode ||
      now.device != parent->device())
    return outcome(result::not_ours);
  if (now != left) {
    auto r = outcome(is_empty(*parent, name) ? result::touched : result::not_empty);
    r.now = now;
    return r;
  }
  auto r = outcome(result::removed);
  r.parent_before = identity_of(*parent);
  if (::unlinkat(parent->fd(), name.c_str(), AT_REMOVEDIR) != 0) return outcome_of(errno);
  r.parent_after = identity_of(*parent);
  return r;
} catch (const std::bad_alloc&) {
  return refused(make_error_code(boost::system::errc::not_enough_memory));
}

bool has_empty_folder(const directory& root, const std::string& path) noexcept try {
  error_code ec;
  const auto parent = parent_of(root, path, ec);
  return parent && is_empty(*parent, name_of(path));
} catch (const std::bad_alloc&) {
  return false;
}

}  // namespace sluice::io
