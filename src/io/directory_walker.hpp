// Streams the files of a tree, never the whole listing.
#pragma once

#include "core/selection.hpp"
#include "io/directory.hpp"
#include "io/entry.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sluice::io {

/// Depth first, in the order of the file system, over held descriptors: one and 32 KiB for each level of
/// depth, at most `max_depth`. Links are entries like any other: skipped. A directory that is its own
/// ancestor (a bind mount) is skipped.
class directory_walker {
 public:
  static constexpr std::size_t max_depth = 128;

  /// A directory was opened and is about to be read; its path is relative to the root, empty for the root.
  using entered = std::function<void(const directory&, const std::string& path)>;

  /// `selector` outlives the walker. `stat_all`: fill in entry::identity for files. `below`: only what is
  /// below that directory.
  directory_walker(std::shared_ptr<const directory> root, const core::selector& selector, bool stat_all,
                   entered on_enter = {}, const std::string& below = ".");

  /// The next entry, or nothing at the end. `now` is for the age rules.
  std::optional<entry> next(core::wall_time now);

 private:
  struct level {
    std::shared_ptr<const directory> dir;
    std::string prefix;  ///< "" or "a/b/"
    std::vector<char> buffer;
    std::size_t position = 0, filled = 0;
  };
  std::optional<entry> enter(std::string path);
  std::optional<entry> classify(const char* name, unsigned char type, core::wall_time now);

  std::shared_ptr<const directory> root_;
  const core::selector& selector_;
  bool stat_all_;
  entered on_enter_;
  unsigned depth_ = 0;  ///< of the first level
  std::optional<entry> pending_;
  std::vector<level> levels_;
};

}  // namespace sluice::io
