// How much waits in a followed source, and since when.
#pragma once

#include "core/files/file_identity.hpp"
#include "core/report/waiting_ages.hpp"

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

namespace sluice::engine {

/// A number of files, and their ages.
struct tally {
  std::uint64_t files = 0;
  core::waiting_ages ages{};
  void add(std::int64_t ns) { ++files, ages.add(ns); }
  void remove(std::int64_t ns) noexcept {
    if (files > 0) --files;
    ages.remove(ns);
  }
};

/// Files that are on their way, or that the kernel told of, are known one by one, so none is counted twice.
/// All others are a number that a walk counts from time to time. A file goes from the number to the known
/// ones when it is taken, and leaves from there.
class waiting_count {
 public:
  static constexpr std::size_t most_known = 65'536;

  /// A walk begins to count. The figures of the last one stay until it ends.
  void begin(std::int64_t now_ns) {
    fresh_.emplace();
    since_ns_ = now_ns;
    ++number_;
  }
  bool counting() const noexcept { return fresh_.has_value(); }
  /// The walk that counts came by a file that waits.
  void saw(std::uint64_t place, const core::file_identity& f);
  /// The walk has ended. What it did not see, and what is not on its way, is not there.
  void end(const std::function<bool(std::uint64_t place)>& is_on_its_way);
  void give_up() noexcept { fresh_.reset(); }

  /// The kernel told of a file.
  void came(std::uint64_t place, const core::file_identity& f);
  /// A file is on its way. `counted`: the walk that counts has come by it.
  void taken(std::uint64_t place, const core::file_identity& f, bool counted);
  /// A file waits no more.
  void went(std::uint64_t place) noexcept;

  bool known() const noexcept { return known_; }
  std::uint64_t files() const noexcept { return met_.size() + others_.files; }
  /// Nanoseconds since the epoch.
  std::optional<std::int64_t> oldest() const noexcept;
  /// The oldest is only a bound: another count tells it.
  bool wants_another() const noexcept { return others_.ages.is_used_up(); }

 private:
  struct met {
    std::int64_t mtime_ns;
    std::uint32_t count;  ///< the number of the last count that saw it
  };
  bool meet_again(std::uint64_t place, std::int64_t mtime_ns);
  void meet(std::uint64_t place, std::int64_t mtime_ns);

  boost::unordered_flat_map<std::uint64_t, met> met_;
  core::waiting_ages ages_{2 * most_known};  ///< ages of those that were met: all are exact
  tally others_;
  std::optional<tally> fresh_;  ///< the others, as the walk under way finds them
  std::int64_t since_ns_ = 0;
  std::uint32_t number_ = 0;
  bool known_ = false;
};

}  // namespace sluice::engine
