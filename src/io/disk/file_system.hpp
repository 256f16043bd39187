// The real file system, as the engine sees it.
#pragma once

#include "core/files/disposal.hpp"
#include "core/files/settling.hpp"
#include "io/disk/directory_lock.hpp"
#include "io/disk/file_disposer.hpp"
#include "io/disk/folder_remover.hpp"
#include "io/disk/log_file.hpp"
#include "io/disk/network_mount.hpp"
#include "io/disk/record_log.hpp"
#include "io/disk/source_file.hpp"
#include "io/sources/source_follower.hpp"
#include "io/sources/source_reader.hpp"
#include "io/world/files.hpp"

#include <sluice/config.hpp>

namespace sluice::io {

class file_system final : public files {
 public:
  /// `settle`: how long a file is left alone where the system does not say whether it is being written.
  explicit file_system(asio::any_io_executor executor, core::milliseconds settle = {})
      : executor_{std::move(executor)}, settling_{settle} {}

  error_code open(const directory_ptr& root, const std::string& path, const open_terms& terms,
                  std::unique_ptr<opened_file>& out) override;
  std::chrono::nanoseconds unsettled(const opened_file& f) override;
  awaitable<void> confirm(opened_file& f) override;

  error_code open_source(const source& from, opened_source& out,
                         std::filesystem::path& failed) const override {
    return io::open_source(from, out, failed);
  }
  directory_ptr open_directory(const std::filesystem::path& path, error_code& ec) const override {
    return path.empty() ? directory::working(ec) : directory::open(path, ec);
  }
  error_code writable(const directory& dir) const noexcept override { return dir.writable(); }
  bool has_alike(const directory& root, const std::string& path,
                 const core::file_identity& f) const noexcept override;
  error_code lock(const std::vector<directory_ptr>& roots, const std::filesystem::path& lock_file,
                  const core::shard_range& places, directory_lock& out) const override {
    return out.take(roots, lock_file, places);
  }
  std::string network(const directory& dir) const override { return network_file_system(dir); }

  std::unique_ptr<entry_reader> read(const source& from, const opened_source& opened, const core::selector& s,
                                     bool stat_all) const override {
    return std::make_unique<source_reader>(executor_, from, opened.roots, s, stat_all, opened.named);
  }
  std::unique_ptr<followed_source> follow(const source& from, std::vector<directory_ptr> roots,
                                          const core::selector& s, std::function<void()> news,
                                          std::function<bool(const entry&)> known) const override {
    return std::make_unique<source_follower>(executor_, from, std::move(roots), s, std::move(news),
                                             std::move(known));
  }

  std::unique_ptr<log_bytes> old_log(const std::filesystem::path& path, error_code& ec) const override {
    return log_file::open(path, ec);
  }
  std::unique_ptr<record_writer> open_log(const std::filesystem::path& path, error_code& ec) const override {
    auto log = std::make_unique<record_log>();
    ec = log->open(path);
    return log;
  }

  core::removal_failure remove(const opened_file& f) noexcept override;
  core::removal_failure move(const opened_file& f, const directory& target, const std::string& relative,
                             const std::string& key) override;

  core::folder_removal remove_folder(const directory& root, const std::string& path,
                                     const core::file_identity& left) noexcept override {
    return io::remove_folder(root, path, left);
  }
  bool has_empty_folder(const directory& root, const std::string& path) const noexcept override {
    return io::has_empty_folder(root, path);
  }

 private:
  /// The files that this opened are the only ones it is given.
  static const source_file& real(const opened_file& f) noexcept { return static_cast<const source_file&>(f); }
  core::removal_failure noted(const source_file& f, const std::optional<core::file_identity>& before,
                              const core::removal_failure& failed) noexcept;

  asio::any_io_executor executor_;
  core::settling settling_;
  std::shared_ptr<core::cold_reads> cold_ = std::make_shared<core::cold_reads>();
  directory_ptr last_root_, last_parent_;  ///< most files below a root lie beside the one before
  std::string last_path_;
  bool last_writable_ = false;
};

/// Why files of `from` cannot be disposed of as `cfg` asks, or its roots are none: `/` as a root, a file as a
/// root, a move directory on another file system or inside a root, a job log or lock file inside a root.
std::vector<problem> placement_problems(const config& cfg, const source& from);

}  // namespace sluice::io
