#include "io/file_system.hpp"

#include <sluice/error.hpp>

namespace sluice::io {
namespace {

bool same(const directory& a, const directory& b) noexcept {
  return a.device() == b.device() && a.inode() == b.inode();
}

}  // namespace

error_code file_system::open_file(const directory_ptr& root, const std::string& path, bool to_take_away,
                                  std::optional<source_file>& out, bool only_unwritten) {
  const auto slash = path.rfind('/');
  const auto parent =
      slash == std::string::npos ? std::string{} : path.substr(0, std::max<std::size_t>(slash, 1));
  error_code ec;
  const bool as_before = root && last_parent_ && last_root_ == root && last_path_ == parent;
  // Another directory may have the name by now, the one before be elsewhere.
  if (!as_before || (!parent.empty() && !root->still_has(parent, *last_parent_))) {
    auto base = root ? root : directory::working(ec);
    if (ec) return ec;
    auto opened = parent.empty() ? base : base->below(parent, ec);
    if (ec == boost::system::errc::no_such_file_or_directory) return errc::file_vanished;
    if (ec == boost::system::errc::too_many_symbolic_link_levels) return errc::not_a_regular_file;
    if (ec) return ec;
    if (!as_before || !same(*last_parent_, *opened)) {
      last_root_ = root, last_parent_ = std::move(opened), last_path_ = parent;
      last_writable_ = false;
    }
  }
  if (to_take_away && !last_writable_) last_writable_ = !last_parent_->writable();  // it may be mended by now
  if (to_take_away && !last_writable_) return errc::not_removable;
  return source_file::open(executor_, last_parent_, path.substr(slash + 1), to_take_away, out,
                           only_unwritten);
}

}  // namespace sluice::io
