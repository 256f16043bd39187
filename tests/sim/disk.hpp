// A file system in memory: inodes, names, people who write to them, and errors.
#pragma once

#include "core/files/content_digest.hpp"
#include "core/files/file_identity.hpp"
#include "core/files/removal.hpp"
#include "core/files/selection.hpp"
#include "core/files/settling.hpp"
#include "io/world/files.hpp"
#include "sim/world.hpp"

#include <sluice/config.hpp>
#include <sluice/source.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace sim {

struct inode {
  enum class kind { regular, link };
  std::uint64_t number = 0;
  kind what = kind::regular;
  std::string content;
  std::int64_t mtime = 0, ctime = 0;
  bool has_writer = false;
  bool unfinished = false;  ///< the writer has more to write

  sluice::core::file_identity identity() const { return {1, number, content.size(), mtime, ctime}; }
};
using inode_ptr = std::shared_ptr<inode>;

/// Names lead to inodes; a number is given again as soon as neither a name nor a descriptor holds it.
class disk {
 public:
  std::map<std::string, inode_ptr> names;  ///< keys are paths, such as `spool/a/f1`
  std::vector<std::string> job_log;

  double trouble = 0;  ///< how likely a call fails
  bool may_drop_log_lines = false;
  bool leases = true;  ///< the system says whether a file is being written

  // Other processes do these things. Each tick gives new times.
  void create(const std::string& path, std::string content, inode::kind what = inode::kind::regular);
  void rewrite(const std::string& path, std::string content);
  void replace(const std::string& path, std::string content) { create(path, std::move(content)); }
  void erase(const std::string& path) { names.erase(path); }
  void open_for_writing(const std::string& path, bool open);
  /// Another name for the same inode, which moves its change time; with `and_back` that name goes at once.
  void link(const std::string& path, const std::string& other, bool and_back);

  inode_ptr find(const std::string& path) const;
  /// Names taken away lately may be back after a power cut, and the log's last lines gone.
  void power_cut();
  void note_removed(const std::string& path, inode_ptr node);
  /// Folders (a path that ends with `/`, or all of them) from which no file can be removed.
  std::set<std::string> shut;
  bool lets_go(const std::string& path) const { return !shut.contains(path.substr(0, path.rfind('/') + 1)); }
  bool fails() { return world::here().chance(trouble); }

  bool root_is_gone = false;  ///< another directory has the source's name now
  /// Told, as by inotify, of files that were finished; empty: events were lost.
  std::function<void(const std::string& path)> news;

  /// Asked before a name is taken away: says what is wrong with it, or nothing.
  std::function<std::string(const std::string& path, const inode& node)> may_remove;

  bool touch(inode& node);
  /// The content has changed.
  void wrote(inode& node) { node.mtime = node.ctime = tick(); }
  /// Reports it to each listener, most of the time.
  void tell(const std::string& path);

 private:
  inode_ptr make(std::string content, inode::kind what);
  /// Never the same twice, and as late as the clock of the world says.
  std::int64_t tick() {
    return ticks_ = std::max<std::int64_t>(ticks_ + 1000, world::here().now().time_since_epoch().count());
  }

  struct removal {
    std::string path;
    inode_ptr node;
    std::size_t log_lines;
  };
  std::shared_ptr<std::set<std::uint64_t>> used_ = std::make_shared<std::set<std::uint64_t>>();
  std::vector<removal> undurable_;
  std::int64_t ticks_ = 0;
};

/// The real class without a descriptor: only its path matters here.
using directory_ptr = sluice::io::directory_ptr;
inline directory_ptr make_directory(const std::string& path) {
  return std::make_shared<sluice::io::directory>(sluice::io::unique_fd{}, path, true);
}

class file final : public sluice::io::opened_file {
 public:
  file(disk& d, std::string path, inode_ptr node, asio::any_io_executor executor, bool writers_known = true);

  const sluice::core::file_identity& identity() const noexcept override { return identity_; }
  bool writers_known() const noexcept override { return writers_known_; }
  std::string why_unknown() const override { return "the simulation grants no leases"; }
  void rebase(const sluice::core::file_identity& now) noexcept override { identity_ = now; }
  bool has_writer() const noexcept override { return writers_known_ && node_->has_writer; }
  std::uint64_t sent_digest() const noexcept override { return sent_.value(); }
  sluice::awaitable<std::optional<std::uint64_t>> read_digest() override;
  std::optional<sluice::core::file_identity> identity_now() const noexcept override;
  std::optional<sluice::core::file_identity> entry_now() const noexcept override;
  const std::string& name() const noexcept override { return name_; }
  const std::string& path() const noexcept { return path_; }
  const inode_ptr& node() const noexcept { return node_; }
  const std::string& opened_content() const noexcept { return opened_content_; }

  std::uint64_t size() const noexcept override { return identity_.size; }
  piece read_ready(std::uint64_t offset, std::span<char> into) override;
  sluice::awaitable<void> wait_ready(std::uint64_t offset) override;

 private:
  disk* disk_;
  std::string path_, name_;
  inode_ptr node_;
  asio::any_io_executor executor_;
  sluice::core::file_identity identity_;
  std::string opened_content_;
  sluice::core::content_digest sent_;
  bool writers_known_;
};

/// Keys of the files that a job log has as accepted and still there.
std::set<std::string> logged_keys(const disk& d);

using entry = sluice::io::entry;

/// Lists the disk, whose directories may be unreadable.
class reader final : public sluice::io::entry_reader {
 public:
  reader(disk& d, directory_ptr root, asio::any_io_executor executor)
      : disk_{d}, root_{std::move(root)}, pause_{std::move(executor)} {}
  sluice::awaitable<std::optional<entry>> next(error_code& ec) override;
  void cancel() override { cancelled_ = true, pause_.cancel(); }

 private:
  disk& disk_;
  directory_ptr root_;
  timer pause_;
  std::string last_;
  bool cancelled_ = false;
};

/// Walks the disk, and hears of it between walks.
class follower final : public sluice::io::followed_source {
 public:
  follower(disk& d, const sluice::source& from, directory_ptr root, std::function<void()> news);
  ~follower() override { disk_.news = nullptr; }
  follower(const follower&) = delete;

  using step = sluice::io::follow_step;
  step next(steady_time now, sluice::core::wall_time wall, sluice::io::follow_room room) override;
  steady_time next_at(steady_time now, sluice::core::wall_time wall) const override {
    return later_.empty() ? walk_at_ : std::min(walk_at_, now + (later_.begin()->first - wall));
  }
  void rescan(bool) noexcept override { again_ = true; }
  void finish() noexcept override { finishing_ = again_ = true; }
  bool finishing() const noexcept override { return finishing_; }
  void walk_by(steady_time t) noexcept override { walk_at_ = std::min(walk_at_, t); }
  bool walking() const noexcept override { return walking_ || again_; }
  void look_again(const directory_ptr&, std::string path) override {
    told_.push_back("spool/" + std::move(path));
  }
  bool put_off(const directory_ptr&, std::string path, sluice::core::wall_time t) override {
    if (later_.size() >= 4) return false;
    later_.emplace(t, "spool/" + std::move(path));
    return true;
  }
  bool only_rescans() const noexcept override { return false; }
  bool still_there(const sluice::io::directory&) const override { return !disk_.root_is_gone; }
  const std::string& lost() const noexcept override { return root_->path(); }
  std::size_t too_young() const noexcept override { return later_.size(); }

 private:
  step next_walked(steady_time now);

  disk& disk_;
  steady_time::duration rescan_;
  directory_ptr root_;
  std::function<void()> news_;
  std::vector<std::string> told_;
  std::multimap<sluice::core::wall_time, std::string> later_;
  std::string last_;
  bool walking_ = false, again_ = true, finishing_ = false, final_ = false, first_ = true, whole_ = true;
  steady_time walk_at_ = steady_time::max();
};

/// The job log, on the disk of the scenario.
class log final : public sluice::io::record_writer {
 public:
  explicit log(disk& d) : disk_{d} {}
  void append(std::string line) override;
  const std::string& failure() const noexcept override { return failure_; }
  bool flush() override { return true; }
  void drop() noexcept override { ++dropped_; }
  std::uint64_t dropped() const noexcept override { return dropped_; }
  error_code reopen(const std::filesystem::path&) override { return {}; }
  std::uint64_t size() const noexcept override { return 0; }
  std::unique_ptr<sluice::io::log_shortening> shorten(
      std::vector<std::shared_ptr<const sluice::io::directory>>, error_code&) override {
    return nullptr;
  }

 private:
  disk& disk_;
  std::string failure_;
  std::uint64_t dropped_ = 0;
};

/// The part of a file system that is the same in every simulation: each directory is there, and ours alone.
class own_directories : public sluice::io::files {
 public:
  error_code open_source(const sluice::source& from, sluice::io::opened_source& out,
                         std::filesystem::path&) const override {
    for (const auto& root : from.roots()) out.roots.push_back(make_directory(root.string()));
    return {};
  }
  directory_ptr open_directory(const std::filesystem::path& path, error_code&) const override {
    return make_directory(path.string());
  }
  error_code writable(const sluice::io::directory&) const noexcept override { return {}; }
  bool has_alike(const sluice::io::directory&, const std::string&,
                 const sluice::core::file_identity&) const noexcept override {
    return false;
  }
  error_code lock(const std::vector<directory_ptr>&, const std::filesystem::path&,
                  const sluice::core::shard_range&, sluice::io::directory_lock&) const override {
    return {};
  }
  std::string network(const sluice::io::directory&) const override { return {}; }
};

/// A file system on the disk of the scenario.
class files final : public own_directories {
 public:
  files(disk& d, asio::any_io_executor executor, milliseconds settle)
      : disk_{d}, executor_{std::move(executor)}, settling_{settle} {}

  error_code open(const directory_ptr& root, const std::string& path, const sluice::io::open_terms& terms,
                  std::unique_ptr<sluice::io::opened_file>& out) override;
  std::chrono::nanoseconds unsettled(const sluice::io::opened_file& f) override;
  sluice::awaitable<void> confirm(sluice::io::opened_file& f) override;

  std::unique_ptr<sluice::io::entry_reader> read(const sluice::source&,
                                                 const sluice::io::opened_source& opened,
                                                 const sluice::core::selector&, bool) const override {
    return std::make_unique<reader>(disk_, opened.roots.front(), executor_);
  }
  std::unique_ptr<sluice::io::followed_source> follow(const sluice::source& from,
                                                      std::vector<directory_ptr> roots,
                                                      const sluice::core::selector&,
                                                      std::function<void()> news,
                                                      std::function<bool(const entry&)>) const override {
    return std::make_unique<follower>(disk_, from, roots.front(), std::move(news));
  }
  std::unique_ptr<sluice::io::log_bytes> old_log(const std::filesystem::path&, error_code&) const override;
  std::unique_ptr<sluice::io::record_writer> open_log(const std::filesystem::path&,
                                                      error_code&) const override {
    return std::make_unique<log>(disk_);
  }
  sluice::core::removal_failure remove(const sluice::io::opened_file& f) noexcept override;
  sluice::core::removal_failure move(const sluice::io::opened_file& f, const sluice::io::directory& target,
                                     const std::string& relative, const std::string& key) override;

 private:
  void taken_away(const file& f, const inode_ptr& node, const sluice::core::file_identity& before);

  disk& disk_;
  asio::any_io_executor executor_;
  sluice::core::settling settling_;
};

}  // namespace sim
