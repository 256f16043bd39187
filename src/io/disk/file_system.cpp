#include "io/disk/file_system.hpp"

#include <sluice/error.hpp>

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <ctime>

namespace sluice::io {
namespace {

/// The kernel's own clock, of which its file systems have their times. The library's may be another one
/// (libfaketime).
std::optional<std::int64_t> kernel_clock() noexcept {
  timespec t{};
  if (::syscall(SYS_clock_gettime, CLOCK_REALTIME_COARSE, &t) != 0) return std::nullopt;
  return core::to_nanoseconds(t.tv_sec, t.tv_nsec);
}

/// Why names cannot be taken out of a folder, as it is told.
error_code obstacle_of(const error_code& why) {
  namespace sys = boost::system::errc;
  if (core::is_obstacle(why)) return why;
  if (why == sys::read_only_file_system) return core::obstacle::read_only;
  if (why == sys::operation_not_permitted) return core::obstacle::immutable_folder;
  return core::obstacle::closed_folder;
}

}  // namespace

std::chrono::nanoseconds file_system::unsettled(const opened_file& opened) {
  const auto& f = real(opened);
  if (f.writers_known()) return std::chrono::nanoseconds::zero();
  const auto ours = kernel_clock();
  const core::wall_time wall{
      std::chrono::duration_cast<core::wall_time::duration>(std::chrono::nanoseconds{ours.value_or(0)})};
  return settling_.remaining(f.identity(), f.parent().sees_all_writers() ? ours : std::nullopt, wall,
                             std::chrono::steady_clock::now());
}

error_code file_system::open(const directory_ptr& root, const std::string& path, const open_terms& terms,
                             std::unique_ptr<opened_file>& out) {
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
    if (ec == boost::system::errc::no_such_file_or_directory || ec == boost::system::errc::not_a_directory)
      return errc::file_vanished;
    if (ec == boost::system::errc::too_many_symbolic_link_levels) return errc::not_a_regular_file;
    if (ec) return ec;
    if (!as_before || !same_directory(*last_parent_, *opened)) {
      last_root_ = root, last_parent_ = std::move(opened), last_path_ = parent;
      last_writable_ = false;
    }
  }
  if (terms.to_take_away && !last_writable_) {
    if (const auto why = last_parent_->writable()) return obstacle_of(why);
    last_writable_ = true;
  }
  if (terms.to_take_away && terms.into != nullptr && !last_parent_->shares_mount(*terms.into))
    return core::obstacle::another_file_system;
  std::optional<source_file> file;
  ec = source_file::open(executor_, last_parent_, path.substr(slash + 1), terms.to_take_away, file,
                         terms.only_unwritten, cold_);
  if (!ec) out = std::make_unique<source_file>(std::move(*file));
  return ec;
}

bool file_system::has_alike(const directory& root, const std::string& path,
                            const core::file_identity& f) const noexcept {
  struct stat st{};
  if (stat_at(root.fd(), path, st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode)) return false;
  const auto other = identity_of(st);
  return other.size == f.size && other.mtime_ns == f.mtime_ns;
}

namespace {

/// Reads the identity before one of several names is removed.
std::optional<core::file_identity> identity_before(const source_file& f) noexcept {
  return f.has_other_names() ? f.identity_now() : std::nullopt;
}

}  // namespace

core::removal_failure file_system::remove(const opened_file& opened) noexcept {
  const auto& f = real(opened);
  const auto before = identity_before(f);
  return noted(f, before, remove_name(f));
}

core::removal_failure file_system::move(const opened_file& opened, const directory& target,
                                        const std::string& relative, const std::string& key) {
  const auto& f = real(opened);
  const auto before = identity_before(f);
  return noted(f, before, move_name(f, target, relative, key));
}

/// A folder that kept a name is asked again. What taking a name away did to the file's other names is no
/// change of theirs.
core::removal_failure file_system::noted(const source_file& f,
                                         const std::optional<core::file_identity>& before,
                                         const core::removal_failure& failed) noexcept try {
  if (failed) last_writable_ = false;
  if (failed || !before) return failed;
  if (const auto after = f.identity_now()) settling_.name_removed(*before, *after);
  return failed;
} catch (const std::bad_alloc&) {
  return failed;  // the file's other names are looked at anew
}

awaitable<void> file_system::confirm(opened_file& f) {
  constexpr int most = 8;  // other processes may go on making and removing names of it
  const auto sent = f.sent_digest();
  for (int n = 0; n < most; ++n) {
    auto now = f.identity_now();
    if (!now || !core::only_change_time_differs(*now, f.identity())) co_return;
    if (!settling_.only_names_removed(f.identity(), *now)) {
      if (co_await f.read_digest() != sent) co_return;
      const auto after = f.identity_now();
      if (!after) co_return;
      if (*after != *now && !settling_.only_names_removed(*now, *after)) continue;
      now = after;
    }
    f.rebase(*now);
    co_return;
  }
}

}  // namespace sluice::io
