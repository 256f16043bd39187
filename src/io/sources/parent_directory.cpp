#include "io/sources/parent_directory.hpp"

#include <fcntl.h>

#include <string>

namespace sluice::io {

/// The directory is opened once for all files that lie in it, and again when it seems to have gone: another
/// may have come in its place.
bool parent_directory::stat_place(const directory& root, const core::told_queue::place& p, struct stat& st) {
  const auto slash = p.path.rfind('/');
  const core::told_queue::place parent{p.root, slash == std::string::npos ? "." : p.path.substr(0, slash)};
  const auto name = p.path.substr(slash == std::string::npos ? 0 : slash + 1);
  const auto there = [&] {
    return open_ && ::fstatat(open_->fd(), name.c_str(), &st, AT_SYMLINK_NOFOLLOW) == 0;
  };
  if (at_ == parent && there()) return true;
  error_code ec;
  open_ = root.below(parent.path, ec);
  at_ = parent;
  return there();
}

}  // namespace sluice::io
