// The directories of a followed source: what the kernel tells of them, and which of them need not be read
// again.
#pragma once

#include "core/time.hpp"
#include "io/sources/inotify_watcher.hpp"

#include <sluice/source.hpp>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>

namespace sluice::io {

/// Each directory has a record, and one inotify watch as long as the kernel has any. When it has none left,
/// the youngest directories get those of the oldest, and of empty ones first.
///
/// A directory is settled when all files in it were known to be done with. Neither it nor a file in it has
/// changed while its change time is the same and its watch told of nothing.
class directory_watches {
 public:
  using change = inotify_watcher::change;
  struct place {
    std::size_t root = 0;
    std::string path;  ///< relative to the root; empty: the root itself
    auto operator<=>(const place&) const = default;
  };
  /// The course of reading a directory.
  struct reading {
    bool settled = false;  ///< read to its end, and no file in it has to be found again
    bool is_empty = false, has_directories = false;
    bool hides_writers = false;  ///< other machines may change files unseen
  };
  /// One walk in so many reads a settled directory all the same: a file may change without a word, through
  /// another name of it or a mapping of its bytes.
  static constexpr std::uint32_t full_every = 16;

  directory_watches(asio::any_io_executor executor, const selection& rules, std::function<void()> news);
  ~directory_watches() { watcher_->stop(); }
  directory_watches(const directory_watches&) = delete;

  /// Watches `dir`, which walk number `walk` is about to read (0: no walk does).
  void enter(const directory& dir, const place& p, std::uint32_t walk, core::wall_time now);
  /// The directory was read.
  void leave(const place& p, const reading& read);
  bool knows(const place& p) const { return records_.contains(p); }
  bool is_entered(const place& p, std::uint32_t walk) const;
  /// The directory after `p`, or the first of all.
  std::optional<place> next_after(const std::optional<place>& p) const;
  /// A look at its entry, no reading: it is as it was. One that is no directory any more is forgotten.
  bool is_as_it_was(const directory& root, const place& p, std::uint32_t walk);
  /// The directory is there no more, nor is what was below it.
  void forget(const place& p);
  /// Device and inode as they were when it was read.
  std::optional<std::pair<std::uint64_t, std::uint64_t>> inode_of(const place& p) const;
  /// The next walk reads each directory.
  void distrust_all() noexcept { ++trust_; }

  std::optional<change> next_change();
  /// The kernel is not heard any more.
  void stop_hearing() noexcept;
  /// Some directories are not watched.
  bool missed_some() const noexcept { return !stopped_ && unwatched_ > 0; }

 private:
  /// The sooner it gives its watch away, the less it is.
  enum class use : std::uint8_t { empty, files, directories };
  struct record {
    std::uint64_t device = 0, inode = 0;
    std::int64_t changed_ns = 0;  ///< change time
    int watch = -1;
    std::uint32_t walk = 0;   ///< the last one that read it
    std::uint32_t trust = 0;  ///< `trust_`, when it was settled
    bool is_quiet = false;    ///< the last change was over when it was entered
    bool told = false;        ///< the kernel told of a file in it since it was entered
    use holds = use::files;
  };
  using records = std::map<place, record>;
  using rank = std::tuple<use, std::int64_t, const place*>;
  static rank rank_of(const records::value_type& r) {
    return {r.second.holds, r.second.changed_ns, &r.first};
  }
  /// The rank depends on what `change` changes.
  template <class Change>
  void rank_anew(records::value_type& r, Change change) {
    if (r.second.watch >= 0) watched_.erase(rank_of(r));
    change();
    if (r.second.watch >= 0) watched_.insert(rank_of(r));
  }
  void watch(const directory& dir, records::value_type& r);
  void unwatch(records::value_type& r);
  bool make_room_for(const records::value_type& r);

  std::shared_ptr<inotify_watcher> watcher_;
  std::optional<unsigned> max_depth_;
  records records_;
  std::set<rank> watched_;  ///< sorted: the first gives its watch away first
  std::size_t unwatched_ = 0;
  std::uint32_t trust_ = 1;
  bool stopped_ = false;
};

/// The depth of a path below its root; 1 for what is right in it.
unsigned depth_of(const std::string& path);

}  // namespace sluice::io
