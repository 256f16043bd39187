// Where files come from, and which of them.
//
//     auto from = sluice::source::directory("/var/spool/images");
//     from.select.include = {"*.jpg"};
//     from.follow = sluice::following{};  // goes on with what is put there
//     up.async_drain(from, asio::detached);
#pragma once

#include <sluice/detail/export.hpp>
#include <sluice/problem.hpp>
#include <sluice/shard.hpp>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <ranges>
#include <string>
#include <vector>

namespace sluice {

/// The choice of files of a source. Globs are those of rclone: `*` and `?` do not match `/`, `**` does,
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
  /// Only the files of this part of the source; those of other parts are not seen, and in no figure. Drains
  /// of parts that do not overlap may go on at once over one directory; with a part that does, or with the
  /// whole, one of them is errc::locked. Nothing: the whole source.
  std::optional<sluice::shard> shard;
};

/// The order in which files are sent. Any but `none` holds names: of a source that is read once all of them,
/// in about 20 bytes each, or more where neighbours have little in common; of one that is followed the first
/// of a walk in 16 MiB, and the rest once these are sent. Other entries (not selected, missing) are told as
/// they are found, before the files.
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

/// A source of files: directory trees and single files, a list of names, or a range of paths.
///
/// Directories are streamed, in the order the file system gives them and in memory that does not depend on
/// their size. Links are never followed; fifos, sockets and devices are never opened.
class SLUICE_API source {
 public:
  /// All below `root`, which is not looked at before the drain begins.
  static source directory(std::filesystem::path root) { return directories({std::move(root)}); }
  /// The same of several, one after the other; none may be inside another. One that is a regular file is that
  /// file: selected, sent and disposed of as one right in its directory, which is locked, and nothing else of
  /// it is looked at. Files come after the directories; the same file twice is sent once; a link is not
  /// followed.
  static source directories(std::vector<std::filesystem::path> roots);

  /// Names from `file` (`-`: standard input), one a line, or ended by NUL when `nul` is set. They are taken
  /// relative to `base` and may not leave it; with an empty `base`, relative to the working directory, and
  /// absolute names are allowed. A name that the list had before (`a`, `./a`) is skipped; one that is not
  /// there is fate::missing. Which names it had is remembered, in 24 to 48 bytes each.
  static source list(std::filesystem::path file, bool nul = false, std::filesystem::path base = {});

  /// Files from `file` (`-`: standard input), a JSON object a line: `path` (or `path_b64`, its bytes in
  /// base64), and what the request of this file has of its own: `form` and `header` (objects of names and
  /// texts), which come after those of the configuration or instead of headers of the same name, `filename`,
  /// and `url`, of the same scheme, host and port. Any other member that is a text, a number, or true or
  /// false is the template
  /// `{@NAME}`. Paths are taken as those of list(). A line has at most 64 KiB.
  ///
  /// Nothing is remembered of a line: one that names a file again sends it again. A line that names no file
  /// is counted (run_summary::bad_lines) and told (config::on_notice); a file whose line cannot be used is
  /// deferred. Neither holds up another.
  static source manifest(std::filesystem::path file, std::filesystem::path base = {});

  /// Names from a range of the caller's: anything a path can be made of. They are taken relative to the
  /// working directory, and from the range only as there is room for them. An rvalue is kept, an lvalue
  /// referred to: it outlives the drain. Can be drained once. Names that come again, or are not there, are
  /// treated as those of list().
  template <std::ranges::viewable_range Range>
    requires std::convertible_to<std::ranges::range_reference_t<Range>, std::filesystem::path>
  static source paths(Range&& range);

  sluice::selection select;
  sluice::order order;
  std::optional<following> follow;  ///< directories only, no files; nothing: one walk

  /// Returns the roots as given; of a list its `base`, if there is one. Valid as long as this object, as is
  /// list_file().
  const std::vector<std::filesystem::path>& roots() const noexcept { return roots_; }
  /// Returns the list as given; empty unless made by list() or manifest().
  const std::filesystem::path& list_file() const noexcept { return list_file_; }
  /// Returns `nul`, as given to list().
  bool nul_separated() const noexcept { return nul_; }
  /// Made by manifest().
  bool is_manifest() const noexcept { return manifest_; }
  /// Gives the next path of a range.
  using next_path = std::function<std::optional<std::filesystem::path>()>;
  /// Returns the function of paths(): it gives the next one, or nothing at the end; empty for other sources.
  const next_path& next() const noexcept { return next_; }
  /// Directories, which can be walked more than once.
  bool is_walked() const noexcept { return list_file_.empty() && !next_; }

 private:
  std::vector<std::filesystem::path> roots_;
  std::filesystem::path list_file_;
  bool nul_ = false, manifest_ = false;
  next_path next_;
};

template <std::ranges::viewable_range Range>
  requires std::convertible_to<std::ranges::range_reference_t<Range>, std::filesystem::path>
source source::paths(Range&& range) {
  using view = std::views::all_t<Range>;
  struct state {
    explicit state(view v) : names{std::move(v)} {}
    view names;
    std::optional<std::ranges::iterator_t<view>> at;
  };
  source result;
  result.next_ = [s = std::make_shared<state>(std::views::all(
                      std::forward<Range>(range)))]() -> std::optional<std::filesystem::path> {
    if (!s->at)
      s->at = std::ranges::begin(s->names);
    else if (*s->at != std::ranges::end(s->names))
      ++*s->at;
    if (*s->at == std::ranges::end(s->names)) return std::nullopt;
    return std::filesystem::path{**s->at};
  };
  return result;
}

/// Returns every reason why `src` cannot be drained as asked (globs, contradictions). Opens nothing.
///
/// **Errors.** Throws std::bad_alloc only.
///
/// **Thread safety.** Safe.
SLUICE_API std::vector<problem> problems(const source& src);

}  // namespace sluice
