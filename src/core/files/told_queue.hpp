// A followed source knows of these besides its walks: names that the kernel told of, files that are too
// young, and new directories.
#pragma once

#include "core/time.hpp"

#include <compare>
#include <cstddef>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace sluice::core {

/// Names come out in the order in which they came. A walk has to find what does not fit.
class told_queue {
 public:
  static constexpr std::size_t most_told = 4096, most_young = 4096, most_new = 1024;

  struct place {
    std::size_t root;  ///< the number of the root
    std::string path;  ///< relative to the root
    auto operator<=>(const place&) const = default;
  };

  /// Names that the kernel tells of are added only while there is room. What is looked at again needs none.
  bool has_room() const noexcept { return told_.size() < most_told; }
  void add_file(place p) { told_.push_back(std::move(p)); }
  bool has_file() const noexcept { return !told_.empty(); }
  std::optional<place> next_file();

  /// False: there is no room for it.
  bool add_directory(place p);
  bool has_directory() const noexcept { return !new_.empty(); }
  std::optional<place> next_directory();

  /// The file is told of at `t`. False: there is no room for it.
  bool put_off(place p, wall_time t);
  /// The same for a file that is too young: those that are old enough soonest have the room.
  void wait_to_grow(place p, wall_time t);
  /// Files whose time has come are told of, as far as there is room for them.
  void grow_up(wall_time now);
  std::size_t young_files() const noexcept { return young_.size(); }
  /// The time of the next young file.
  std::optional<wall_time> next_at() const noexcept;

  void forget_all() noexcept;

 private:
  std::deque<place> told_;
  std::set<std::pair<wall_time, place>> young_;  ///< each behind the time when it is old enough
  std::deque<place> new_;
};

}  // namespace sluice::core
