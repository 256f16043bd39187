// The file system as the engine sees it; a simulation has one of its own.
#pragma once

#include "core/disposal.hpp"
#include "io/directory_lock.hpp"
#include "io/file_disposer.hpp"
#include "io/record_log.hpp"
#include "io/source_file.hpp"
#include "io/source_follower.hpp"
#include "io/source_reader.hpp"

#include <sluice/config.hpp>

namespace sluice::io {

class file_system {
 public:
  using directory_ptr = std::shared_ptr<const directory>;
  using file = source_file;
  using entry = io::entry;
  using reader = source_reader;
  using follower = source_follower;
  using lock = directory_lock;
  using log = record_log;
  using keys = accepted_keys;

  explicit file_system(asio::any_io_executor executor) : executor_{std::move(executor)} {}

  /// Opens `path` below `root`; without a root, as the process would. With `to_take_away`, only what is
  /// nobody's to write and ours to remove; with `only_unwritten`, what is nobody's to write.
  error_code open_file(const directory_ptr& root, const std::string& path, bool to_take_away,
                       std::optional<source_file>& out, bool only_unwritten = false);

  directory_ptr open_directory(const std::filesystem::path& path, error_code& ec) const {
    return path.empty() ? directory::working(ec) : directory::open(path, ec);
  }
  /// Whether names can be taken out of `dir`.
  error_code writable(const directory& dir) const noexcept { return dir.writable(); }

  std::unique_ptr<source_reader> read(const source& from, std::vector<directory_ptr> roots,
                                      const core::selector& s, bool stat_all = false) const {
    return std::make_unique<source_reader>(executor_, from, std::move(roots), s, stat_all);
  }

  /// `news`: it may have something more.
  std::unique_ptr<source_follower> follow(const source& from, std::vector<directory_ptr> roots,
                                          const core::selector& s, std::function<void()> news) const {
    return std::make_unique<source_follower>(executor_, from, std::move(roots), s, std::move(news));
  }

  error_code remove(const source_file& f) const noexcept { return remove_name(f); }
  error_code move(const source_file& f, const directory& target, const std::string& relative,
                  const std::string& key) const {
    return move_name(f, target, relative, key);
  }

 private:
  asio::any_io_executor executor_;
  directory_ptr last_root_, last_parent_;  ///< below a root, most files lie beside the one before
  std::string last_path_;
  bool last_writable_ = false;
};

/// Why files of `from` cannot be disposed of as `cfg` asks, or its roots are none: `/` as a root, a file as a
/// root, a move directory on another file system or inside a root, a job log or lock file inside a root.
std::vector<std::string> placement_problems(const config& cfg, const source& from);

}  // namespace sluice::io
