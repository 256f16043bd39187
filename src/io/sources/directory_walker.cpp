#include "io/sources/directory_walker.hpp"

#include <sluice/error.hpp>

#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

namespace sluice::io {
namespace {

constexpr std::size_t listing_buffer_size = 32 * 1024;

unsigned char type_of(mode_t mode) { return S_ISDIR(mode) ? DT_DIR : S_ISREG(mode) ? DT_REG : DT_LNK; }

/// `lost+found` where a file system is mounted: its own, and nobody's to send. Elsewhere it is a folder like
/// any other.
bool is_of_the_file_system(const std::string& path, const directory& from, bool relative_to_root) {
  const auto slash = path.rfind('/');
  if (std::string_view{path}.substr(slash == std::string::npos ? 0 : slash + 1) != "lost+found") return false;
  if (!relative_to_root || slash == std::string::npos) return from.is_mount_root();
  error_code ec;
  const auto parent = from.below(path.substr(0, slash), ec);
  return parent && parent->is_mount_root();
}

std::string path_of(const std::string& prefix) {
  return prefix.substr(0, prefix.empty() ? 0 : prefix.size() - 1);
}

}  // namespace

directory_walker::directory_walker(std::shared_ptr<const directory> root, const core::selector& selector,
                                   bool stat_all, hooks told, const std::string& below,
                                   std::vector<ancestor> ancestors)
    : root_{std::move(root)},
      selector_{selector},
      stat_all_{stat_all || selector.needs_stat()},
      told_{std::move(told)},
      ancestors_{std::move(ancestors)},
      depth_{below == "." ? 0 : 1 + static_cast<unsigned>(std::ranges::count(below, '/'))} {
  pending_ = enter(below);  // a descriptor of its own: its position is the walk's
}

std::optional<entry> directory_walker::enter(std::string path) {
  const bool is_root = levels_.empty();
  const auto refuse = [&](error_code why) {
    return entry{entry::kind::unreadable_directory, root_, path, why, std::nullopt};
  };
  if (levels_.size() + depth_ >= max_depth) return refuse({ELOOP, boost::system::system_category()});
  const directory& from = is_root ? *root_ : *levels_.back().dir;
  error_code ec;
  if (is_of_the_file_system(path, from, is_root)) return std::nullopt;
  auto dir = from.below(is_root ? path : path.substr(path.rfind('/') + 1), ec);
  if (ec == boost::system::errc::no_such_file_or_directory)
    return std::nullopt;  // removed since it was listed
  if (ec) return refuse(ec);
  const auto same = [&](const level& l) {
    return l.dir->inode() == dir->inode() && l.dir->device() == dir->device();
  };
  const auto same_above = [&](const ancestor& a) {
    return a.inode == dir->inode() && a.device == dir->device();
  };
  if (std::ranges::any_of(levels_, same) || std::ranges::any_of(ancestors_, same_above))
    return refuse({ELOOP, boost::system::system_category()});
  if (path == ".") path.clear();
  if (told_.entered) told_.entered(*dir, path);
  levels_.push_back({std::move(dir), path.empty() ? "" : path + "/", std::vector<char>(listing_buffer_size)});
  return std::nullopt;
}

std::optional<entry> directory_walker::next(core::wall_time now) {
  if (pending_) return std::exchange(pending_, std::nullopt);
  if (levels_.empty()) return std::nullopt;
  auto& top = levels_.back();
  if (top.position == top.filled) {
    const auto n = ::getdents64(top.dir->fd(), top.buffer.data(), top.buffer.size());
    if (n <= 0) {
      const auto why = last_error();
      std::string path = path_of(top.prefix);
      leave(n == 0);
      if (n == 0 || (why == boost::system::errc::no_such_file_or_directory && !levels_.empty()))
        return std::nullopt;  // the directory has ended, or was removed while we read it: nothing is left to
                              // see
      return entry{entry::kind::unreadable_directory, root_, path.empty() ? "." : path, why, std::nullopt};
    }
    top.position = 0, top.filled = static_cast<std::size_t>(n);
  }
  const auto* d = reinterpret_cast<const dirent64*>(top.buffer.data() + top.position);
  top.position += d->d_reclen;
  const std::string_view name{d->d_name};
  if (name == "." || name == "..") return std::nullopt;
  ++top.entries;
  const auto offset = d->d_off;
  auto e = classify(d->d_name, d->d_type, now);
  if (e) e->offset = offset;
  return e;
}

void directory_walker::leave(bool whole) {
  const auto& top = levels_.back();
  if (told_.left) told_.left(*top.dir, path_of(top.prefix), whole, top.entries);
  levels_.pop_back();
}

std::optional<entry> directory_walker::classify(const char* name, unsigned char type, core::wall_time now) {
  const auto& top = levels_.back();
  entry e{entry::kind::skipped, root_, top.prefix + name, errc::not_selected, std::nullopt};
  const bool is_file = type == DT_REG;
  if (is_file && !selector_.is_ours(e.path)) return std::nullopt;
  const bool wanted = type == DT_DIR || selector_.wants_name(e.path);
  if (type == DT_UNKNOWN || (type == DT_REG && wanted && stat_all_)) {
    struct stat st{};
    if (::fstatat(top.dir->fd(), name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno == ENOENT) return std::nullopt;  // removed since it was listed
      st.st_mode = S_IFREG;                      // opening it will tell
    } else {
      e.identity = identity_of(st);
    }
    type = type_of(st.st_mode);
  }
  if (type == DT_DIR) {
    if (!selector_.wants_directory(e.path, static_cast<unsigned>(levels_.size()) + depth_))
      return selector_.is_ours(e.path) ? std::optional{std::move(e)} : std::nullopt;
    if (told_.passes_by && told_.passes_by(e.path)) return std::nullopt;
    return enter(std::move(e.path));
  }
  if (!is_file && !selector_.is_ours(e.path)) return std::nullopt;
  if (type != DT_REG) {
    e.why = errc::not_a_regular_file;
    return e;
  }
  if (!wanted) return e;
  if (e.identity && !selector_.wants_content(*e.identity, now)) return e;
  e.what = entry::kind::file;
  e.why = {};
  return e;
}

}  // namespace sluice::io
