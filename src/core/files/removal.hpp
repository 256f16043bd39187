// Obstacles keep a confirmed file from being removed, and hold back files that are not sent because of them.
#pragma once

#include <boost/system/error_code.hpp>
#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace sluice::core {

using boost::system::error_code;

/// The system says before a file is sent that it could not be removed afterwards.
enum class obstacle {
  immutable = 1,
  append_only,
  mount_point,
  sticky_folder,
  append_only_folder,
  immutable_folder,
  closed_folder,
  read_only,
  another_file_system,
};
const boost::system::error_category& obstacle_category() noexcept;
error_code make_error_code(obstacle o) noexcept;
inline bool is_obstacle(const error_code& e) noexcept { return e.category() == obstacle_category(); }

/// The reach of a failed removal says how many other files share its cause.
enum class reach {
  file,         ///< the file itself: others may go
  folder,       ///< no file can be removed from its folder
  file_system,  ///< no file can be removed from any folder of that device
  target,       ///< no file can be moved, wherever it is from
};

/// The reach of an error of unlink, or with `move` of rename.
reach reach_of(const error_code& why, bool move) noexcept;

/// A removal that failed, and its reach; false when the name was removed.
struct removal_failure {
  error_code why;
  reach of = reach::file;
  explicit operator bool() const noexcept { return why.failed(); }
};

/// Folders that files cannot be taken out of, as far as a removal that failed has shown. Folders go by a hash
/// of their root and path; where there are too many of them, everything is held.
class held_folders {
 public:
  explicit held_folders(std::size_t most = 65'536) : most_{most} {}

  /// A removal failed. What is held from now on that was not before, or nothing. A reason that one folder
  /// after the other has is their file system's: it is held once so many folders have failed and nothing was
  /// taken away between them (two, and three where each may have lost its permission by itself).
  std::optional<reach> hold(std::uint64_t folder, std::uint64_t device, const removal_failure& f);
  /// Notes that a file of that folder, on that file system, was removed.
  void went(std::uint64_t folder, std::uint64_t device) noexcept;
  /// Frees what a failure of that reach had held, because a file was removed after all.
  void free(std::uint64_t folder, std::uint64_t device, reach of) noexcept;
  /// Why nothing of that folder is to be sent, or no error. `device` 0: not known yet.
  error_code why(std::uint64_t folder, std::uint64_t device = 0) const noexcept;
  bool empty() const noexcept { return folders_.empty() && devices_.empty() && !all_; }
  /// The reach that such a failure has by now.
  reach reach_on(std::uint64_t folder, std::uint64_t device, reach of) const noexcept;

 private:
  using reasons = boost::unordered_flat_map<std::uint64_t, error_code>;
  struct failures {
    std::uint64_t folder = 0;  ///< the last one
    unsigned folders = 0;
    error_code why;
  };
  bool is_of_file_system(std::uint64_t folder, std::uint64_t device, const error_code& why);

  std::size_t most_;
  reasons folders_, devices_;
  error_code all_;
  boost::unordered_flat_map<std::uint64_t, failures> in_a_row_;  ///< failures in a row, by device
  boost::unordered_flat_set<std::uint64_t> doubtful_;            ///< folders with one such failure
};

}  // namespace sluice::core

/// @cond
template <>
struct boost::system::is_error_code_enum<sluice::core::obstacle> : std::true_type {};
/// @endcond
