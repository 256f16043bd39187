#include "io/sources/listed_places.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <utility>

namespace sluice::io {

listed_places::listed_places(std::shared_ptr<const directory> root) : root_{std::move(root)} {
  base_ = core::plain_path(std::filesystem::absolute(root_->path()).lexically_normal().string());
  if (!base_.ends_with('/')) base_ += '/';
}

std::string listed_places::below_root(std::string path) const {
  if (path.starts_with(base_)) path.erase(0, base_.size());
  return path;
}

bool listed_places::add_place(const std::string& path) { return seen_.add(place_of(path)); }

/// The place is the same for all spellings of a name: its directory, as the system knows it, and the name
/// there.
std::string listed_places::place_of(const std::string& path) {
  const auto slash = path.rfind('/');
  auto parent =
      slash == std::string::npos ? std::string{"."} : path.substr(0, std::max<std::size_t>(slash, 1));
  if (parent != last_parent_) {
    struct stat st{};
    place_ = stat_at(root_->fd(), parent, st, 0) == 0
                 ? std::to_string(st.st_dev) + ':' + std::to_string(st.st_ino)
                 : (parent.starts_with('/') ? parent : base_ + parent);
    last_parent_ = std::move(parent);
  }
  return place_ + '/' + path.substr(slash == std::string::npos ? 0 : slash + 1);
}

}  // namespace sluice::io
