// The file system as the engine sees it; tests/sim has another one.
#pragma once

#include "core/files/emptied_folders.hpp"
#include "core/files/removal.hpp"
#include "core/files/selection.hpp"
#include "io/disk/directory.hpp"
#include "io/disk/directory_lock.hpp"
#include "io/sources/opened_source.hpp"
#include "io/world/log_bytes.hpp"
#include "io/world/opened_file.hpp"
#include "io/world/record_writer.hpp"
#include "io/world/sources.hpp"

#include <sluice/source.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace sluice::io {

using directory_ptr = std::shared_ptr<const directory>;

/// The purpose of opening a file.
struct open_terms {
  bool to_take_away = false;    ///< only what is nobody's to write and ours to remove: else a core::obstacle
  bool only_unwritten = false;  ///< only what is nobody's to write
  const directory* into = nullptr;  ///< target of a later move
};

class files {
 public:
  virtual ~files() = default;

  /// Opens `path` below `root`; without a root, as the process would.
  virtual error_code open(const directory_ptr& root, const std::string& path, const open_terms& terms,
                          std::unique_ptr<opened_file>& out) = 0;
  /// How much longer `f` must be left alone before it counts as written; zero: it does.
  virtual std::chrono::nanoseconds unsettled(const opened_file& f) = 0;
  /// Where only the change time of `f` has moved: its identity is what it is now, if its bytes are those that
  /// were sent.
  virtual awaitable<void> confirm(opened_file& f) = 0;

  virtual error_code open_source(const source& from, opened_source& out,
                                 std::filesystem::path& failed) const = 0;
  virtual directory_ptr open_directory(const std::filesystem::path& path, error_code& ec) const = 0;
  /// Whether names can be taken out of `dir`.
  virtual error_code writable(const directory& dir) const noexcept = 0;
  /// Whether a file of that path below `root` has the same size and modification time.
  virtual bool has_alike(const directory& root, const std::string& path,
                         const core::file_identity& f) const noexcept = 0;
  /// Locks these places of each root, or of `lock_file`.
  virtual error_code lock(const std::vector<directory_ptr>& roots, const std::filesystem::path& lock_file,
                          const core::shard_range& places, directory_lock& out) const = 0;
  /// The network file system that `dir` is on; empty: none.
  virtual std::string network(const directory& dir) const = 0;

  /// `from` and `s` outlive what is returned. `stat_all`: entries have an identity.
  virtual std::unique_ptr<entry_reader> read(const source& from, const opened_source& opened,
                                             const core::selector& s, bool stat_all) const = 0;
  /// `news`: it may have something more. `known`: the file is done with, and need not be found again.
  virtual std::unique_ptr<followed_source> follow(const source& from, std::vector<directory_ptr> roots,
                                                  const core::selector& s, std::function<void()> news,
                                                  std::function<bool(const entry&)> known) const = 0;

  /// The job log of earlier runs; null when there is none.
  virtual std::unique_ptr<log_bytes> old_log(const std::filesystem::path& path, error_code& ec) const = 0;
  virtual std::unique_ptr<record_writer> open_log(const std::filesystem::path& path,
                                                  error_code& ec) const = 0;

  virtual core::removal_failure remove(const opened_file& f) noexcept = 0;
  virtual core::removal_failure move(const opened_file& f, const directory& target,
                                     const std::string& relative, const std::string& key) = 0;

  /// Removes the folder `path` below `root`, if it is empty and is `left`.
  virtual core::folder_removal remove_folder(const directory& /*root*/, const std::string& /*path*/,
                                             const core::file_identity& /*left*/) noexcept {
    return {};
  }
  /// Whether there is an empty folder of that path.
  virtual bool has_empty_folder(const directory& /*root*/, const std::string& /*path*/) const noexcept {
    return false;
  }
};

}  // namespace sluice::io
