#include "io/sources/opened_source.hpp"

#include "core/files/seen_names.hpp"

#include <map>
#include <unordered_map>
#include <utility>

namespace sluice::io {
namespace {

using directory_ptr = std::shared_ptr<const directory>;

/// Directories by their path, and by what that leads to.
class folders {
 public:
  explicit folders(const std::vector<directory_ptr>& roots) {
    for (const auto& r : roots) known_.emplace(std::pair{r->device(), r->inode()}, r);
  }
  /// Null with `ec`. A new one is added to `fresh`.
  directory_ptr open(const std::string& path, std::vector<directory_ptr>& fresh, error_code& ec) {
    ec = {};
    auto& at = by_path_[path];
    if (at) return at;
    auto opened = directory::open(path, ec);
    if (!opened) return nullptr;
    const auto [it, is_new] = known_.emplace(std::pair{opened->device(), opened->inode()}, opened);
    if (is_new) fresh.push_back(opened);
    return at = it->second;
  }

 private:
  std::map<std::pair<std::uint64_t, std::uint64_t>, directory_ptr> known_;
  std::unordered_map<std::string, directory_ptr> by_path_;
};

/// `a/b` → `a`, `b`; a path that says it is a directory, or has no name, is none of a file.
bool split(const std::string& path, std::string& parent, std::string& name) {
  const auto slash = path.rfind('/');
  parent = slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
  name = slash == std::string::npos ? path : path.substr(slash + 1);
  return !name.empty() && name != "." && name != "..";
}

}  // namespace

error_code open_source(const source& from, opened_source& out, std::filesystem::path& failed) {
  error_code ec;
  std::vector<std::string> files;
  for (const auto& path : from.roots()) {
    auto root = directory::open(path, ec);
    if (root)
      out.roots.push_back(std::move(root));
    else if (ec == boost::system::errc::not_a_directory && from.is_walked())
      files.push_back(path.string());
    else
      return failed = path, ec;
  }
  ec = {};
  if (from.roots().empty()) out.roots.push_back(directory::working(ec));
  if (ec) return ec;
  folders in{out.roots};
  core::seen_names seen;
  for (const auto& path : files) {
    failed = path;
    std::string parent, name;
    if (!split(path, parent, name))
      return boost::system::errc::make_error_code(boost::system::errc::not_a_directory);
    auto folder = in.open(parent, out.parents, ec);
    if (!folder) return ec;
    struct stat st{};
    if (::fstatat(folder->fd(), name.c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0) return last_error();
    const auto place = std::to_string(folder->device()) + ":" + std::to_string(folder->inode()) + "/";
    if (seen.add(place + name)) out.named.push_back({std::move(folder), std::move(name)});
  }
  return {};
}

}  // namespace sluice::io
