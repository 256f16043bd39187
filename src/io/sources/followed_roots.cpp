#include "io/sources/followed_roots.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>

namespace sluice::io {

followed_roots::followed_roots(std::vector<std::shared_ptr<const directory>> roots)
    : roots_{std::move(roots)} {
  for (const auto& root : roots_) {
    std::error_code no_working_directory;
    const auto path = std::filesystem::absolute(root->path(), no_working_directory);
    where_.push_back(no_working_directory ? std::filesystem::path{root->path()} : path);
  }
}

std::optional<std::size_t> followed_roots::number_of(const directory* root) const noexcept {
  const auto at = std::ranges::find_if(roots_, [&](const auto& r) { return r.get() == root; });
  if (at == roots_.end()) return std::nullopt;
  return static_cast<std::size_t>(at - roots_.begin());
}

bool followed_roots::still_there(const directory& root) const {
  const auto n = number_of(&root);
  if (!n) return true;
  struct stat st{};
  return stat_at(AT_FDCWD, where_[*n].native(), st, 0) == 0 && st.st_dev == root.device() &&
         st.st_ino == root.inode();
}

bool followed_roots::look_for_all(core::steady_time now) {
  if (!lost_.empty()) return false;
  if (now < look_at_) return true;
  look_at_ = now + look_every;
  for (const auto& root : roots_)
    if (!still_there(*root)) lost_ = root->path();
  return lost_.empty();
}

}  // namespace sluice::io
