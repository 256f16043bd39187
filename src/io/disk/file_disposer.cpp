#include "io/disk/file_disposer.hpp"

#include "core/files/disposal.hpp"
#include "io/disk/unique_fd.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

namespace sluice::io {
namespace {

constexpr unsigned max_turns = 100;

/// The directory `relative` below `target`, made step by step with mode 0777 less the umask; each step goes
/// through the descriptor of the one before, so that no link leads a new directory out.
std::shared_ptr<const directory> make_below(const directory& target, const std::string& relative,
                                            error_code& ec) {
  auto dir = target.below(relative, ec);
  if (ec != boost::system::errc::no_such_file_or_directory) return dir;
  dir = target.below(".", ec);
  for (std::size_t at = 0; dir && at < relative.size();) {
    const auto end = std::min(relative.find('/', at), relative.size());
    const auto step = relative.substr(at, end - at);
    at = end + 1;
    if (step.empty()) continue;
    if (::mkdirat(dir->fd(), step.c_str(), 0777) != 0 && errno != EEXIST) {
      ec = last_error();
      return nullptr;
    }
    dir = dir->below(step, ec);
  }
  return dir;
}

/// EPERM may be the file's own attribute, set since it was opened, and perhaps one that is not told.
core::removal_failure failure(const source_file& file, const error_code& why, bool move) {
  if (why == boost::system::errc::operation_not_permitted) {
    const auto itself = file.holds_itself();
    if (itself.value_or(false)) return {core::obstacle::immutable, core::reach::file};
    if (!itself) return {why, core::reach::file};
  }
  return {why, core::reach_of(why, move)};
}

/// Does what renameat2() with RENAME_NOREPLACE does, where the file system lacks that flag (some FUSE mounts,
/// NFS): by a second name, or where it has no such names either, over an empty file that only we can have
/// made.
bool rename_without_flags(const source_file& file, const directory& into, const char* name) {
  const int from = file.parent().fd(), to = into.fd();
  if (::linkat(from, file.name().c_str(), to, name, 0) == 0) {
    if (::unlinkat(from, file.name().c_str(), 0) == 0) return true;
    const int why = errno;
    ::unlinkat(to, name, 0);
    errno = why;
    return false;
  }
  if (errno == EEXIST || errno == EXDEV) return false;
  const unique_fd place{::openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)};
  if (!place) return false;
  if (::renameat(from, file.name().c_str(), to, name) == 0) return true;
  const int why = errno;
  ::unlinkat(to, name, 0);
  errno = why;
  return false;
}

/// Never over an existing name. False with errno.
bool rename_to(const source_file& file, const directory& into, const char* name) {
  if (::renameat2(file.parent().fd(), file.name().c_str(), into.fd(), name, RENAME_NOREPLACE) == 0)
    return true;
  if (errno != EINVAL && errno != ENOSYS) return false;
  return rename_without_flags(file, into, name);
}

/// Whether somebody has removed the directory that is held open.
bool is_gone(const directory& dir) {
  struct stat st{};
  return ::fstat(dir.fd(), &st) == 0 && st.st_nlink == 0;
}

/// No directory to move to was to be had, or it does not take the name.
core::removal_failure failure_of_target(const source_file& file, const directory& target,
                                        const error_code& why) {
  namespace sys = boost::system::errc;
  if (is_gone(target)) return {why, core::reach::target};
  auto f = failure(file, why, true);
  const bool refused = why == sys::permission_denied || why == sys::operation_not_permitted;
  if (refused && f.of == core::reach::folder && !file.parent().writable() && target.writable())
    f.of = core::reach::target;
  return f;
}

}  // namespace

core::removal_failure remove_name(const source_file& file) noexcept {
  if (::unlinkat(file.parent().fd(), file.name().c_str(), 0) == 0) return {};
  return failure(file, last_error(), false);
}

core::removal_failure move_name(const source_file& file, const directory& target, const std::string& relative,
                                const std::string& key) {
  error_code ec;
  const auto slash = relative.rfind('/');
  const auto into = make_below(
      target, slash == std::string::npos ? "." : relative.substr(0, std::max<std::size_t>(slash, 1)), ec);
  if (ec) return failure_of_target(file, target, ec);
  std::string name = file.name();
  for (unsigned turn = 1; turn <= max_turns; ++turn) {
    if (rename_to(file, *into, name.c_str())) return {};
    if (errno != EEXIST) return failure_of_target(file, target, last_error());
    name = core::collision_name(file.name(), key, turn);
  }
  return {{EEXIST, boost::system::system_category()}, core::reach::file};
}

}  // namespace sluice::io
