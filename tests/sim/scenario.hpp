// One seed's story: runs in all weathers, killed and restarted; then the world heals, and all must be
// delivered.
#pragma once

#include "sim/disk.hpp"
#include "sim/endpoint.hpp"

#include <sluice/result.hpp>

#include <boost/asio/io_context.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sluice::engine {
class uploader_engine;
}

namespace sim {

struct story {
  std::string failure;  ///< empty: all invariants held
  std::uint64_t hash = 0;
  std::uint64_t runs = 0, kills = 0, requests = 0, duplicates = 0, files = 0, events = 0;
};

story tell(std::uint64_t seed, bool trace = false);

/// A folder, an endpoint and an engine between them; the pieces a story is made of.
class scenario {
 public:
  explicit scenario(std::uint64_t seed, bool trace = false);
  ~scenario();

  /// Some files, and people who go on to write, rewrite, replace and remove them.
  void populate(std::size_t count);
  void disturb(std::size_t times);

  /// A new process. Settings come from the world's chance.
  void start();
  /// Drains to the end of the run, or until the process is killed. Nothing when it was killed.
  std::optional<sluice::run_summary> drain(bool may_be_killed, bool interfere);
  /// Follows the source through all weathers; then all is well, and everything must be delivered while it
  /// goes on; then it is told to finish.
  void follow_to_the_end();
  /// Follows the source as `sluice watch` does unless told otherwise, and finishes after `how_long`.
  std::optional<sluice::run_summary> follow_for(milliseconds how_long);
  /// The process is gone, without a word.
  void end();

  bool follows() const noexcept { return follows_; }
  void heal();
  /// Drains until the folder is empty (of what can be sent); fails the world when it never is.
  void deliver_all();

  world w;
  disk on;
  endpoint to;
  sluice::config cfg;
  story told;

 private:
  void settings();
  sluice::source some_source();
  /// A folder that gives nothing away for a while.
  void shut_a_folder(milliseconds within);
  void stayed(const std::string& path);
  void people_write(std::size_t times, milliseconds within);
  void write_slowly(const std::string& path, std::uint64_t parts);
  void write_on(const std::string& path, const inode_ptr& node, std::uint64_t parts);
  void interfere();
  void check(const sluice::run_summary& s);
  void advance(const std::function<bool()>& until);
  /// Files to be sent; with `may_stay`, one that was confirmed may be there still: it could not be removed.
  std::size_t waiting(bool may_stay = false) const;

  std::unique_ptr<asio::io_context> loop_;
  std::shared_ptr<sluice::engine::uploader_engine> engine_;
  std::optional<sluice::run_summary> summary_;
  std::uint64_t drain_id_ = 0, uploads_ = 0, uploads_done_ = 0;
  std::size_t widest_ = 0;
  bool killed_ = false;
  bool follows_ = false;
  std::vector<std::string> excused_later_;  ///< keys that another run may send again, this one not
  struct shut_folder {
    std::size_t stayed = 0;   ///< confirmed files that could not be taken away, in this run
    std::size_t touched = 0;  ///< times that somebody did something to its files
  };
  std::map<std::string, shut_folder> shut_;
  steady_time stopped_at_ = steady_time::max();
};

}  // namespace sim
