// Where things lie in relation to each other: what must not be inside a source, or on another file system.
#include "io/file_system.hpp"

#include <sluice/text.hpp>

#include <fcntl.h>

#include <algorithm>

namespace sluice::io {
namespace {

namespace fs = std::filesystem;
using directory_ptr = file_system::directory_ptr;

bool same(const directory& a, const directory& b) {
  return a.device() == b.device() && a.inode() == b.inode();
}

/// Whether `dir` is `root` or lies below it, by climbing: names say nothing where there are links and mounts.
bool inside(directory_ptr dir, const directory& root) {
  for (;;) {
    if (same(*dir, root)) return true;
    unique_fd up{::openat(dir->fd(), "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!up) return false;
    auto parent = std::make_shared<const directory>(std::move(up), "..", false);
    if (same(*parent, *dir)) return false;
    dir = std::move(parent);
  }
}

/// Where `file` is, or will be made: the end of a chain of links, which may lead to nothing yet.
directory_ptr parent_of(fs::path file) {
  constexpr int most_links = 40;
  std::error_code not_a_link;
  for (int n = 0; n < most_links; ++n) {
    const auto next = fs::read_symlink(file, not_a_link);
    if (not_a_link) break;
    file = file.parent_path() / next;
  }
  error_code ec;
  return directory::open(file.has_parent_path() ? file.parent_path() : ".", ec);
}

std::string in_quotes(const fs::path& p) { return "'" + printable(p.string()) + "'"; }

void check_move(const char* member, const disposal& d, const std::vector<directory_ptr>& roots,
                std::vector<std::string>& problems) {
  if (d.what != disposal::action::move) return;
  error_code ec;
  const auto target = directory::open(d.directory, ec);
  if (!target) {
    problems.push_back(std::string(member) + ": cannot open the directory " + in_quotes(d.directory) +
                       " to move files to: " + ec.message() + "; make it first");
    return;
  }
  for (const auto& root : roots) {
    if (inside(target, *root))
      problems.push_back(std::string(member) + ": " + in_quotes(d.directory) + " is inside the source " +
                         in_quotes(root->path()) +
                         ": moved files would be sent again; choose a directory outside it");
    else if (target->device() != root->device())
      problems.push_back(std::string(member) + ": " + in_quotes(d.directory) +
                         " is on another file system than the source " + in_quotes(root->path()) +
                         ": a move must be a rename; choose a directory on the same one");
  }
}

void check_outside(const char* member, const fs::path& file, const std::vector<directory_ptr>& roots,
                   std::vector<std::string>& problems) {
  if (file.empty() || file == "-") return;
  const auto parent = parent_of(file);
  if (!parent) return;  // opening it will say more
  for (const auto& root : roots)
    if (inside(parent, *root))
      problems.push_back(std::string(member) + ": " + in_quotes(file) + " is inside the source " +
                         in_quotes(root->path()) +
                         ": it would be sent, and perhaps removed; choose a place outside it");
}

}  // namespace

std::vector<std::string> placement_problems(const config& cfg, const source& from) {
  std::vector<std::string> problems;
  std::vector<directory_ptr> roots;
  error_code ec;
  const auto slash = directory::open("/", ec);
  for (const auto& path : from.roots()) {
    struct stat st{};
    if (::stat(path.c_str(), &st) == 0 && !S_ISDIR(st.st_mode)) {
      problems.push_back("source: " + in_quotes(path) +
                         " is not a directory; name the directory it is in, or list files with " +
                         "--files-from");
      continue;
    }
    auto root = directory::open(path, ec);
    if (!root) continue;  // unreadable: the run says so
    if (slash && same(*root, *slash)) {
      problems.push_back("source: " + in_quotes(path) +
                         " is the root of the file system; name the directory that holds the files");
      continue;
    }
    for (const auto& other : roots)
      if (inside(root, *other) || inside(other, *root))
        problems.push_back("source: " + in_quotes(path) + " and " + in_quotes(other->path()) +
                           " overlap: name only the outer one");
    roots.push_back(std::move(root));
  }
  check_move("on_success", cfg.on_success, roots, problems);
  check_move("on_reject", cfg.on_reject, roots, problems);
  check_outside("job_log", cfg.job_log, roots, problems);
  check_outside("lock_file", cfg.lock_file, roots, problems);
  for (const auto& file : cfg.own_files) check_outside("own_files", file, roots, problems);
  check_outside("tls.ca_file", cfg.tls.ca_file, roots, problems);
  check_outside("tls.cert_file", cfg.tls.cert_file, roots, problems);
  check_outside("tls.key_file", cfg.tls.key_file, roots, problems);
  return problems;
}

}  // namespace sluice::io
