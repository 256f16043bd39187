// Keeps the count of a followed source: with its walks, or beside them where they have to wait.
#pragma once

#include "engine/context.hpp"
#include "engine/run/run_files.hpp"
#include "engine/run/waiting_count.hpp"
#include "io/sources/entry.hpp"

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <functional>
#include <string>

namespace sluice::engine {

/// A walk counts what it finds. One that has to wait for room in the backlog cannot: then another walk only
/// counts, for a millisecond in ten. Until the first walk has ended, nobody hears of files that come to the
/// directories it has not reached, so the count is made anew all the time. Does nothing unless it was asked
/// to count ahead.
class source_count {
 public:
  source_count(const context& c, const run_files& files, const source& from);

  const waiting_count& figures() const noexcept { return figures_; }

  void walk_begins();
  /// A walk came by a file that waits.
  void walk_saw(std::uint64_t place, const io::entry& e);
  /// `whole`: each directory was read, and is watched by now.
  void walk_ends(const std::function<bool(std::uint64_t)>& is_on_its_way, bool whole);
  /// The kernel told of a file.
  void came(std::uint64_t place, const io::entry& e);
  void taken(std::uint64_t place, const io::entry& e);
  void went(std::uint64_t place) noexcept { figures_.went(place); }
  /// The figures may be wrong from now on.
  void doubt() noexcept { in_doubt_ = true; }

  /// Whether count() is to begin. `walks_wait`: there is no room for what a walk finds.
  bool is_due(core::steady_time now, bool walks_wait) noexcept;
  /// The time of the next look at is_due(), where nothing else may happen before.
  core::steady_time wakes_at() const noexcept;
  /// Reads the whole source, until `stopped` says so.
  awaitable<void> count(std::function<bool()> stopped, std::function<bool(std::uint64_t)> is_on_its_way);
  /// Ends a count() that found no memory; another one begins at its time.
  void give_up() noexcept { rest(true); }

 private:
  enum class state : std::uint8_t { resting, with_a_walk, by_itself };
  void look_at(const io::entry& e);
  bool has_passed(const io::entry& e) const;
  std::uint64_t directory_of(const io::entry& e) const;
  void rest(bool counted) noexcept;

  const context& context_;
  const run_files& files_;
  const source& from_;
  waiting_count figures_;
  state state_ = state::resting;
  bool in_doubt_ = false, walked_ = false;
  core::steady_time next_at_ = core::steady_time::min();
  /// The last offset that count() has read in each directory.
  boost::unordered_flat_map<std::uint64_t, std::int64_t> passed_;
};

}  // namespace sluice::engine
