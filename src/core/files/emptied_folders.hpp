// Folders that we emptied, and when each has been left alone for long enough to be removed.
#pragma once

#include "core/files/file_identity.hpp"
#include "core/time.hpp"

#include <boost/system/error_code.hpp>
#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>

namespace sluice::core {

/// A folder below a root of the source.
struct folder_place {
  std::size_t root = 0;  ///< the number of the root
  std::string path;      ///< relative to the root; never empty: the root itself is no such folder
  auto operator<=>(const folder_place&) const = default;
};
/// The folder that a file or a folder of that path is in; nothing: it is the root, or not surely below it.
std::optional<std::string> folder_of(const std::string& path);

/// The outcome of a try to remove a folder.
struct folder_removal {
  enum class result {
    removed,
    touched,    ///< an empty folder, and not as we left it: `now`
    not_empty,  ///< a writer was there, or more files are on their way
    gone,       ///< removed by somebody else, or moved away
    not_ours,   ///< another folder has its name, or something that is none; or something is mounted on it
    refused,    ///< the system says `why`
  } what = result::not_ours;
  file_identity now{};
  std::optional<file_identity> parent_before{}, parent_after{};  ///< the parent, where that is known
  boost::system::error_code why{};
};

/// A folder may go once nobody but us has changed it for the settle time. Its identity says so, which is
/// noted each time we take something out of it: no clock of a file system is compared with ours.
///
/// Folders that find no room are left.
class emptied_folders {
 public:
  struct folder {
    file_identity left;               ///< the folder after we last took something out of it
    steady_time since;                ///< the last change that is known
    std::chrono::nanoseconds before;  ///< the time for which its writers had left it alone until then
  };
  struct candidate {
    folder_place place;
    folder is;
  };

  explicit emptied_folders(milliseconds settle, std::size_t most = 65'536) : settle_{settle}, most_{most} {}

  /// A file was taken out of it. `left`: the folder afterwards; `written_ns`: the file's last change.
  void took_file(folder_place p, const file_identity& left, std::int64_t written_ns, steady_time now);

  /// When the first of them is due; steady_time::max(): none is.
  steady_time next_at() const noexcept;
  /// Takes one out that is due: of those due at the same time the deepest.
  std::optional<candidate> next_due(steady_time now);
  /// The time counts from now on for which a folder's writers had left it alone before it was empty: a run
  /// ends sooner than a settle time. Those that are still too young are never due.
  void finish();
  /// Takes any out, after finish(): it stays.
  std::optional<candidate> next_left();

  /// The outcome for a candidate. What it changes is due at some time, too: its parent, or itself again.
  void tried(const candidate& c, const folder_removal& r, steady_time now);

  /// Folders that found no room.
  std::uint64_t left_out() const noexcept { return left_out_; }
  bool empty() const noexcept { return folders_.empty(); }

 private:
  using folders = std::map<folder_place, folder>;
  struct turn {
    steady_time due;
    std::ptrdiff_t height;  ///< minus its depth
    const folder_place* place;
    bool operator<(const turn& b) const noexcept {
      return std::tie(due, height, *place) < std::tie(b.due, b.height, *b.place);
    }
  };
  turn turn_of(const folders::value_type& f) const noexcept;
  candidate take(folders::iterator at);
  void put(folder_place p, const folder& f);
  void emptied_parent(const candidate& c, const folder_removal& r, steady_time now);

  milliseconds settle_;
  std::size_t most_;
  folders folders_;
  std::set<turn> turns_;
  std::uint64_t left_out_ = 0;
  bool finishing_ = false;
};

}  // namespace sluice::core
