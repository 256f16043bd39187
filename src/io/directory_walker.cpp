#include "io/directory_walker.hpp"

#include <sluice/error.hpp>

#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

namespace sluice::io {
namespace {

constexpr std::size_t buffer_size = 32 * 1024;

unsigned char type_of(mode_t mode) { return S_ISDIR(mode) ? DT_DIR : S_ISREG(mode) ? DT_REG : DT_LNK; }

}  // namespace

directory_walker::directory_walker(std::shared_ptr<const directory> root, const core::selector& selector,
                                   bool stat_all, entered on_enter, const std::string& below)
    : root_{std::move(root)},
      selector_{selector},
      stat_all_{stat_all || selector.needs_stat()},
      on_enter_{std::move(on_enter)},
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
  auto dir = from.below(is_root ? path : path.substr(path.rfind('/') + 1), ec);
  if (ec == boost::system::errc::no_such_file_or_directory)
    return std::nullopt;  // removed since it was listed
  if (ec) return refuse(ec);
  const auto same = [&](const level& l) {
    return l.dir->inode() == dir->inode() && l.dir->device() == dir->device();
  };
  if (std::ranges::any_of(levels_, same)) return refuse({ELOOP, boost::system::system_category()});
  if (path == ".") path.clear();
  if (on_enter_) on_enter_(*dir, path);
  levels_.push_back({std::move(dir), path.empty() ? "" : path + "/", std::vector<char>(buffer_size)});
  return std::nullopt;
}

std::optional<entry> directory_walker::next(core::wall_time now) {
  if (pending_) return std::exchange(pending_, std::nullopt);
  while (!levels_.empty()) {
    auto& top = levels_.back();
    if (top.position == top.filled) {
      const auto n = ::getdents64(top.dir->fd(), top.buffer.data(), top.buffer.size());
      if (n <= 0) {
        const auto why = last_error();
        std::string path = top.prefix.substr(0, top.prefix.empty() ? 0 : top.prefix.size() - 1);
        levels_.pop_back();
        if (n == 0 || (why == boost::system::errc::no_such_file_or_directory && !levels_.empty()))
          continue;  // its end, or it was removed while we read it: nothing is left to see
        return entry{entry::kind::unreadable_directory, root_, path.empty() ? "." : path, why, std::nullopt};
      }
      top.position = 0, top.filled = static_cast<std::size_t>(n);
    }
    const auto* d = reinterpret_cast<const dirent64*>(top.buffer.data() + top.position);
    top.position += d->d_reclen;
    const std::string_view name{d->d_name};
    if (name == "." || name == "..") continue;
    if (auto e = classify(d->d_name, d->d_type, now)) return e;
  }
  return std::nullopt;
}

std::optional<entry> directory_walker::classify(const char* name, unsigned char type, core::wall_time now) {
  const auto& top = levels_.back();
  entry e{entry::kind::skipped, root_, top.prefix + name, errc::not_selected, std::nullopt};
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
    if (!selector_.wants_directory(e.path, static_cast<unsigned>(levels_.size()) + depth_)) return e;
    return enter(std::move(e.path));
  }
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
