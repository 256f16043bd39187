// Where files come from, and which of them.
#pragma once

#include <sluice/detail/export.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace sluice {

/// Which files of a source are sent. Globs are those of rclone: `*` and `?` do not match `/`, `**` does,
/// `[a-z]`, `{jpg,png}`; a pattern with a `/` is matched from the root, any other against the base name.
/// `dir/` is everything below it, and `\` takes the next character's meaning away. What is below an excluded
/// directory is excluded; a hidden directory is entered when an include pattern such as `.name/**` writes it
/// out.
///
/// Names of unfinished files (`.*`, `*.tmp`, `*.part`) are left out unless an include pattern matches them:
/// an uploader that removes what it sent must not race the writer.
struct selection {
  std::vector<std::string> include;                      ///< empty: everything
  std::vector<std::string> exclude;                      ///< wins over include
  std::optional<std::chrono::seconds> min_age, max_age;  ///< now − mtime
  std::optional<std::uint64_t> min_size, max_size;       ///< bytes, inclusive
  std::optional<unsigned> max_depth;                     ///< 1: only files right in the root
  std::uint64_t max_files = 0;                           ///< 0: no limit
};

/// The order in which files are sent. Any but `none` holds the whole listing in memory.
struct order {
  /// `none`: as the directory gives them.
  enum class by { none, name, mtime, size };
  by what = by::none;
  bool descending = false;
};

/// How a source is followed once it has been walked to its end: files are sent as they are finished (closed
/// after writing, or moved in), until the drain is cancelled or uploader::finish() is called.
///
/// A file that could not be sent stays, and is tried again after `again`, then after twice as long each time,
/// up to `again_most`; such files never hold more than an eighth of the window, so that fresh ones get their
/// turn.
struct following {
  std::chrono::milliseconds rescan{60'000};  ///< walked again at least so often, whatever the kernel tells
  std::chrono::milliseconds again{60'000};
  std::chrono::milliseconds again_most{3'600'000};
};

/// A source of files: directory trees, or a list of names.
///
/// Directories are streamed, in the order the file system gives them and in memory that does not depend on
/// their size. Links are never followed; fifos, sockets and devices are never opened.
class SLUICE_API source {
 public:
  /// All below `root`, which is not looked at before the drain begins.
  static source directory(std::filesystem::path root) { return directories({std::move(root)}); }
  /// The same of several, one after the other; none may be inside another.
  static source directories(std::vector<std::filesystem::path> roots);

  /// Names from `file` (`-`: standard input), one a line, or ended by NUL when `nul` is set. They are taken
  /// relative to `base` and may not leave it; with an empty `base`, relative to the working directory, and
  /// absolute names are allowed.
  static source list(std::filesystem::path file, bool nul = false, std::filesystem::path base = {});

  sluice::selection select;
  sluice::order order;
  std::optional<following> follow;  ///< directories only; nothing: one walk

  /// As given; of a list its `base`, if there is one. Valid as long as this object, as is list_file().
  const std::vector<std::filesystem::path>& roots() const noexcept { return roots_; }
  /// As given; empty unless made by list().
  const std::filesystem::path& list_file() const noexcept { return list_file_; }
  /// As given to list().
  bool nul_separated() const noexcept { return nul_; }

 private:
  std::vector<std::filesystem::path> roots_;
  std::filesystem::path list_file_;
  bool nul_ = false;
};

/// Every reason why `src` cannot be drained as asked (globs, contradictions), one line each; opens nothing.
SLUICE_API std::vector<std::string> problems(const source& src);

}  // namespace sluice
