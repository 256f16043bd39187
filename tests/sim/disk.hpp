// A file system in memory: inodes, names, people who write to them, and errors.
#pragma once

#include "core/file_identity.hpp"
#include "core/selection.hpp"
#include "io/body.hpp"
#include "io/entry.hpp"
#include "sim/world.hpp"

#include <sluice/config.hpp>
#include <sluice/source.hpp>

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

  sluice::core::file_identity identity() const { return {1, number, content.size(), mtime, ctime}; }
};
using inode_ptr = std::shared_ptr<inode>;

/// Names lead to inodes; a number is given again as soon as neither a name nor a descriptor holds it.
class disk {
 public:
  std::map<std::string, inode_ptr> names;  ///< by path, such as `spool/a/f1`
  std::vector<std::string> job_log;

  double trouble = 0;  ///< how likely a call fails
  bool may_drop_log_lines = false;

  // What other processes do. Each tick gives new times.
  void create(const std::string& path, std::string content, inode::kind what = inode::kind::regular);
  void rewrite(const std::string& path, std::string content);
  void replace(const std::string& path, std::string content) { create(path, std::move(content)); }
  void erase(const std::string& path) { names.erase(path); }
  void open_for_writing(const std::string& path, bool open);

  inode_ptr find(const std::string& path) const;
  /// Names taken away lately may be back after a power cut, and the log's last lines gone.
  void power_cut();
  void note_removed(const std::string& path, inode_ptr node);
  bool fails() { return world::here().chance(trouble); }

  bool root_is_gone = false;  ///< another directory has the source's name now
  /// Told, as by inotify, of files that were finished; empty: events were lost.
  std::function<void(const std::string& path)> news;

  /// Asked before a name is taken away: says what is wrong with it, or nothing.
  std::function<std::string(const std::string& path, const inode& node)> may_remove;

  /// To whoever listens, mostly.
  void tell(const std::string& path);

 private:
  inode_ptr make(std::string content, inode::kind what);
  std::int64_t tick() { return ++ticks_ * 1000; }

  struct removal {
    std::string path;
    inode_ptr node;
    std::size_t log_lines;
  };
  std::shared_ptr<std::set<std::uint64_t>> used_ = std::make_shared<std::set<std::uint64_t>>();
  std::vector<removal> undurable_;
  std::int64_t ticks_ = 0;
};

/// io::directory, as far as the engine knows it.
struct directory {
  std::string where;
  const std::string& path() const noexcept { return where; }
};
using directory_ptr = std::shared_ptr<const directory>;

class file final : public sluice::io::body {
 public:
  file(disk& d, std::string path, inode_ptr node, asio::any_io_executor executor);

  const sluice::core::file_identity& identity() const noexcept { return identity_; }
  std::optional<sluice::core::file_identity> identity_now() const;
  std::optional<sluice::core::file_identity> entry_now() const;
  std::string name() const { return path_.substr(path_.rfind('/') + 1); }
  const std::string& path() const noexcept { return path_; }
  const inode_ptr& node() const noexcept { return node_; }
  const std::string& opened_content() const noexcept { return opened_content_; }

  std::uint64_t size() const noexcept override { return identity_.size; }
  piece read_ready(std::uint64_t offset, std::span<char> into) override;
  sluice::awaitable<void> wait_ready(std::uint64_t offset) override;

 private:
  disk* disk_;
  std::string path_;
  inode_ptr node_;
  asio::any_io_executor executor_;
  sluice::core::file_identity identity_;
  std::string opened_content_;
};

/// io::file_system on the disk of the scenario.
class files {
 public:
  using directory_ptr = sim::directory_ptr;
  using file = sim::file;
  struct entry {
    enum class kind { file, skipped, unreadable_directory };
    kind what = kind::file;
    directory_ptr root;
    std::string path;
    error_code why;
    std::optional<sluice::core::file_identity> identity;
    enum class origin { first_walk, walk, told };
    origin from = origin::first_walk;
  };
  class follower;
  class reader {
   public:
    reader(disk& d, std::vector<directory_ptr> roots, asio::any_io_executor executor)
        : disk_{d}, roots_{std::move(roots)}, pause_{std::move(executor)} {}
    sluice::awaitable<std::optional<entry>> next(error_code& ec);
    void cancel() { cancelled_ = true, pause_.cancel(); }

   private:
    disk& disk_;
    std::vector<directory_ptr> roots_;
    timer pause_;
    std::string last_;
    bool cancelled_ = false;
  };
  struct lock {
    error_code take(const std::vector<directory_ptr>&, const std::filesystem::path&) { return {}; }
  };
  class log {
   public:
    error_code open(const std::filesystem::path&) { return open_ = true, error_code{}; }
    error_code reopen(const std::filesystem::path&) { return {}; }
    bool is_open() const noexcept { return open_; }
    void append(std::string line);
    void drop() noexcept { ++dropped_; }
    std::uint64_t dropped() const noexcept { return dropped_; }

   private:
    bool open_ = false;
    std::uint64_t dropped_ = 0;
  };
  class keys {
   public:
    error_code read(const std::filesystem::path&);
    bool contains(const std::string& key) const { return keys_.contains(key); }
    void add(const std::string& key) { keys_.insert(key); }

   private:
    std::set<std::string> keys_;
  };

  explicit files(asio::any_io_executor executor) : executor_{std::move(executor)} {}
  /// The disk that all of them are on.
  static inline disk* on = nullptr;

  error_code open_file(const directory_ptr& root, const std::string& path, bool refuse_writers,
                       std::optional<file>& out, bool only_unwritten = false);
  directory_ptr open_directory(const std::filesystem::path& path, error_code&) const {
    return std::make_shared<directory>(path.string());
  }
  error_code writable(const directory&) const noexcept { return {}; }
  std::unique_ptr<reader> read(const sluice::source&, std::vector<directory_ptr> roots,
                               const sluice::core::selector&, bool = false) const {
    return std::make_unique<reader>(*on, std::move(roots), executor_);
  }
  std::unique_ptr<follower> follow(const sluice::source& from, std::vector<directory_ptr> roots,
                                   const sluice::core::selector&, std::function<void()> news) const;
  error_code remove(const file& f) const;
  error_code move(const file& f, const directory& target, const std::string& relative,
                  const std::string& key) const;

 private:
  asio::any_io_executor executor_;
};

/// io::source_follower: walks of the disk, and what it tells between them.
class files::follower {
 public:
  follower(disk& d, const sluice::source& from, std::vector<directory_ptr> roots, std::function<void()> news);
  ~follower() { disk_.news = nullptr; }
  follower(const follower&) = delete;

  struct step {
    enum class kind { found, more, nothing, walk_begins, walk_ends, walk_is_torn, lost, ended };
    kind is = kind::nothing;
    std::optional<entry> what{};
  };
  step next(steady_time now, sluice::core::wall_time, sluice::io::follow_room room, bool stat);
  steady_time next_at(steady_time, sluice::core::wall_time) const { return walk_at_; }
  void rescan() noexcept { again_ = true; }
  void finish() noexcept { finishing_ = again_ = true; }
  bool finishing() const noexcept { return finishing_; }
  void walk_by(steady_time t) noexcept { walk_at_ = std::min(walk_at_, t); }
  bool walking() const noexcept { return walking_ || again_; }
  void look_again(const directory_ptr&, std::string path) { told_.push_back("spool/" + std::move(path)); }
  bool only_rescans() const noexcept { return false; }
  bool still_there(const directory&) const { return !disk_.root_is_gone; }
  const std::string& lost() const noexcept { return roots_.front()->where; }
  std::size_t too_young() const noexcept { return 0; }

 private:
  step next_walked(steady_time now, bool stat);

  disk& disk_;
  steady_time::duration rescan_;
  std::vector<directory_ptr> roots_;
  std::function<void()> news_;
  std::vector<std::string> told_;
  std::string last_;
  bool walking_ = false, again_ = true, finishing_ = false, final_ = false, first_ = true, whole_ = true;
  steady_time walk_at_ = steady_time::max();
};

}  // namespace sim
