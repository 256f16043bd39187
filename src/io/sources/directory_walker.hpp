// Streams the files of a tree, never the whole listing.
#pragma once

#include "core/files/selection.hpp"
#include "io/disk/directory.hpp"
#include "io/sources/entry.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sluice::io {

/// Depth first, in the order of the file system, over held descriptors: one and 32 KiB for each level of
/// depth, at most `max_depth`. Links are entries like any other: skipped. A directory that is its own
/// ancestor (a bind mount) is skipped. Of a shard, names that belong to another are no entries.
class directory_walker {
 public:
  static constexpr std::size_t max_depth = 128;

  /// A walk tells of its directories; their paths are relative to the root, empty for the root.
  struct hooks {
    /// A directory was opened and is about to be read.
    std::function<void(const directory&, const std::string& path)> entered;
    /// A directory was read; `whole`: to its end, and it has `entries`.
    std::function<void(const directory&, const std::string& path, bool whole, std::size_t entries)> left;
    /// True: it is not entered.
    std::function<bool(const std::string& path)> passes_by;
  };
  /// Device and inode of a directory that the walk is in without having entered it.
  struct ancestor {
    std::uint64_t device, inode;
  };

  /// `selector` outlives the walker. `stat_all`: fill in entry::identity for files. `below`: only what is
  /// below that directory.
  directory_walker(std::shared_ptr<const directory> root, const core::selector& selector, bool stat_all,
                   hooks told = {}, const std::string& below = ".", std::vector<ancestor> ancestors = {});

  /// The next entry, or nothing: there is none yet, or has_ended(). A step looks at one name at most, so that
  /// a caller can do something else between two, however many empty directories there are. `now` is for the
  /// age rules.
  std::optional<entry> next(core::wall_time now);
  bool has_ended() const noexcept { return levels_.empty() && !pending_; }

 private:
  struct level {
    std::shared_ptr<const directory> dir;
    std::string prefix;  ///< "" or "a/b/"
    std::vector<char> buffer;
    std::size_t position = 0, filled = 0;
    std::size_t entries = 0;  ///< read so far
  };
  std::optional<entry> enter(std::string path);
  void leave(bool whole);
  std::optional<entry> classify(const char* name, unsigned char type, core::wall_time now);

  std::shared_ptr<const directory> root_;
  const core::selector& selector_;
  bool stat_all_;
  hooks told_;
  std::vector<ancestor> ancestors_;
  unsigned depth_ = 0;  ///< depth of the first level
  std::optional<entry> pending_;
  std::vector<level> levels_;
};

}  // namespace sluice::io
