// A walk of the trees of a followed source that passes by directories in which nothing has changed.
#pragma once

#include "core/files/selection.hpp"
#include "core/time.hpp"
#include "io/sources/directory_walker.hpp"
#include "io/sources/directory_watches.hpp"
#include "io/sources/entry.hpp"
#include "io/sources/followed_roots.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace sluice::io {

/// Directories that are not known are read with all that is below them, and are known then. Of those that are
/// known each is read by itself, if it is not as it was.
class tree_walk {
 public:
  /// `known`: the file is done with, and need not be found again.
  using judge = std::function<bool(const entry&)>;
  struct site {
    const followed_roots& roots;
    directory_watches& watches;
    const core::selector& selector;
    judge known;
  };
  struct step {
    bool ended = false;
    std::optional<entry> what{};  ///< empty: ask again
    std::size_t root = 0;         ///< number of the root
    bool known = false;
  };

  explicit tree_walk(const site& s) : site_{s} {}

  /// Begins a walk of all roots. Files have an identity.
  void begin();
  /// Begins a walk of one directory with all below it, of which nothing is known.
  void begin_below(const directory_watches::place& p);
  bool under_way() const noexcept { return under_way_; }
  void give_up() noexcept;
  /// The next entry, or none yet: a step looks at one name at most, or at one directory.
  step next(core::wall_time now);

 private:
  /// A directory that is being read.
  struct level {
    std::string path;
    bool settled = true, has_directories = false;
  };
  bool next_directory();
  void read(const directory_watches::place& p, bool all_below);
  directory_walker::hooks hooks_of(std::size_t root, bool all_below);
  std::vector<directory_walker::ancestor> above(const directory_watches::place& p) const;

  site site_;
  bool under_way_ = false, by_record_ = false;
  std::uint32_t number_ = 0;
  std::size_t next_root_ = 0, root_ = 0;
  std::optional<directory_watches::place> at_;  ///< the directory that was looked at last
  std::optional<directory_walker> walker_;
  std::vector<level> levels_;
  core::wall_time now_{};
};

}  // namespace sluice::io
