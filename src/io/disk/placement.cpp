// Where things lie in relation to each other: what must not be inside a source, or on another file system.
#include "io/disk/file_system.hpp"

#include <sluice/text.hpp>

#include <fcntl.h>

#include <algorithm>
#include <set>
#include <utility>

namespace sluice::io {
namespace {

namespace fs = std::filesystem;

/// Whether `dir` is `root` or lies below it, by climbing: names say nothing where there are links and mounts.
bool inside(directory_ptr dir, const directory& root) {
  for (;;) {
    if (same_directory(*dir, root)) return true;
    unique_fd up{::openat(dir->fd(), "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!up) return false;
    auto parent = std::make_shared<const directory>(std::move(up), "..", false);
    if (same_directory(*parent, *dir)) return false;
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

/// Files that are sources by themselves, and the directories they are in.
class named_files {
 public:
  /// False: `path` is a directory, or cannot be looked at, which the run will say.
  bool note(const fs::path& path, const source& from, std::vector<problem>& problems) {
    struct stat st{};
    if (::stat(path.c_str(), &st) != 0) return false;
    if (S_ISDIR(st.st_mode)) return false;
    if (!from.is_walked())
      problems.push_back(
          {"source", in_quotes(path) + " is not a directory; a list's names are taken relative to one"});
    else if (!S_ISREG(st.st_mode))
      problems.push_back({"source", in_quotes(path) + " is neither a directory nor a regular file"});
    else if (from.follow)
      problems.push_back(
          {"source", in_quotes(path) + " is a file: only directories can be watched; name the one it is in"});
    else
      add(path, st);
    return true;
  }
  void check_outside_of(const std::vector<directory_ptr>& roots, std::vector<problem>& problems) const {
    for (const auto& [parent, example] : parents_)
      for (const auto& root : roots)
        if (inside(parent, *root))
          problems.push_back({"source", in_quotes(example) + " and " + in_quotes(root->path()) +
                                            " overlap: name only the outer one"});
  }
  bool has(const fs::path& file) const {
    struct stat st{};
    return !file.empty() && file != "-" && !files_.empty() && ::stat(file.c_str(), &st) == 0 &&
           files_.contains({st.st_dev, st.st_ino});
  }
  std::vector<directory_ptr> parents() const {
    std::vector<directory_ptr> all;
    all.reserve(parents_.size());
    for (const auto& p : parents_) all.push_back(p.first);
    return all;
  }

 private:
  void add(const fs::path& path, const struct stat& st) {
    files_.emplace(st.st_dev, st.st_ino);
    auto parent = path.parent_path();
    if (!opened_.insert(parent.native()).second) return;
    error_code ec;
    if (auto dir = directory::open(parent.empty() ? "." : parent, ec))
      parents_.emplace_back(std::move(dir), path);
  }

  std::set<std::pair<dev_t, ino_t>> files_;
  std::set<std::string> opened_;
  std::vector<std::pair<directory_ptr, fs::path>> parents_;
};

void check_move(const char* member, const disposal& d, const std::vector<directory_ptr>& roots,
                const std::vector<directory_ptr>& parents, std::vector<problem>& problems) {
  if (d.what() != disposal::action::move) return;
  error_code ec;
  const auto target = directory::open(d.directory(), ec);
  if (!target) {
    problems.push_back({member, "cannot open the directory " + in_quotes(d.directory()) +
                                    " to move files to: " + ec.message() + "; make it first"});
    return;
  }
  for (const auto& root : roots) {
    if (inside(target, *root))
      problems.push_back({member, in_quotes(d.directory()) + " is inside the source " +
                                      in_quotes(root->path()) +
                                      ": moved files would be sent again; choose a directory outside it"});
  }
  for (const auto& parent : parents)
    if (target->device() == parent->device() && target->inode() == parent->inode())
      problems.push_back(
          {member, in_quotes(d.directory()) +
                       " is the directory of the files themselves: moved files would be sent again; choose "
                       "another directory"});
  auto all = roots;
  all.insert(all.end(), parents.begin(), parents.end());
  for (const auto& root : all)
    if (!inside(target, *root) && !target->shares_mount(*root))
      problems.push_back(
          {member, in_quotes(d.directory()) +
                       (target->device() == root->device() ? " is on another mount than the source "
                                                           : " is on another file system than the source ") +
                       in_quotes(root->path()) +
                       ": a move must be a rename; choose a directory on the same one"});
}

/// Attributes that another machine's cache still has may make a file that was replaced pass for the one that
/// was sent.
void check_network(const config& cfg, const source& from, const std::vector<directory_ptr>& dirs,
                   std::vector<problem>& problems) {
  if (cfg.on_success.what() != disposal::action::remove || cfg.dry_run || from.select.shard ||
      !cfg.lock_file.empty())
    return;
  for (const auto& dir : dirs)
    if (const auto network = network_file_system(*dir); !network.empty())
      return problems.push_back(
          {"on_success",
           in_quotes(dir->path()) + " is on " + network +
               ", where runs on other machines do not see this one's lock, and could remove what "
               "this one has not sent; give each run its part with --shard K/N, or all of them one "
               "lock file with --lock FILE"});
}

void check_outside(const char* member, const fs::path& file, const std::vector<directory_ptr>& roots,
                   std::vector<problem>& problems) {
  if (file.empty() || file == "-") return;
  const auto parent = parent_of(file);
  if (!parent) return;  // opening it will say more
  for (const auto& root : roots)
    if (inside(parent, *root))
      problems.push_back({member, in_quotes(file) + " is inside the source " + in_quotes(root->path()) +
                                      ": it would be sent, and perhaps removed; choose a place outside it"});
}

}  // namespace

std::vector<problem> placement_problems(const config& cfg, const source& from) {
  std::vector<problem> problems;
  std::vector<directory_ptr> roots;
  named_files files;
  error_code ec;
  const auto slash = directory::open("/", ec);
  for (const auto& path : from.roots()) {
    if (files.note(path, from, problems)) continue;
    auto root = directory::open(path, ec);
    if (!root) continue;  // unreadable: the run says so
    if (slash && same_directory(*root, *slash)) {
      problems.push_back(
          {"source",
           in_quotes(path) + " is the root of the file system; name the directory that holds the files"});
      continue;
    }
    for (const auto& other : roots)
      if (same_directory(*root, *other))
        problems.push_back(
            {"source", "directory " + in_quotes(path) + " is given twice: its files would be sent twice"});
      else if (inside(root, *other) || inside(other, *root))
        problems.push_back({"source", in_quotes(path) + " and " + in_quotes(other->path()) +
                                          " overlap: name only the outer one"});
    roots.push_back(std::move(root));
  }
  files.check_outside_of(roots, problems);
  check_move("on_success", cfg.on_success, roots, files.parents(), problems);
  check_move("on_reject", cfg.on_reject, roots, files.parents(), problems);
  auto locked = files.parents();
  locked.insert(locked.end(), roots.begin(), roots.end());
  check_network(cfg, from, locked, problems);
  const auto own = [&](const char* member, const fs::path& file) {
    check_outside(member, file, roots, problems);
    if (files.has(file))
      problems.push_back(
          {member,
           in_quotes(file) + " is named as a source: it would be sent, and perhaps removed; leave it out"});
  };
  if (cfg.delete_empty_dirs && from.roots().empty())
    problems.push_back(
        {"delete_empty_dirs",
         "a list alone has no directory below which folders could go; name the SOURCE that its "
         "names are relative to"});
  if (!cfg.sidecar.empty() && from.is_manifest())
    problems.push_back({"sidecar", "a manifest says in its own lines what is special of a file"});
  own("job_log", cfg.job_log);
  own("lock_file", cfg.lock_file);
  for (const auto& file : cfg.own_files) own("own_files", file);
  own("tls.ca_file", cfg.tls.ca_file);
  own("tls.cert_file", cfg.tls.cert_file);
  own("tls.key_file", cfg.tls.key_file);
  own("proxy.tls.ca_file", cfg.proxy.tls.ca_file);
  own("proxy.tls.cert_file", cfg.proxy.tls.cert_file);
  own("proxy.tls.key_file", cfg.proxy.tls.key_file);
  return problems;
}

}  // namespace sluice::io
