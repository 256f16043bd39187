// What a run that follows its source remembers, all of it bounded.
#pragma once

#include "core/revisits.hpp"
#include "io/entry.hpp"

#include <sluice/source.hpp>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <unordered_map>

namespace sluice::engine {

/// The least modification times of files that wait, as far as they were counted.
class oldest_times {
 public:
  void clear() noexcept { times_.clear(); }
  void add(std::int64_t ns) {
    times_.insert(ns);
    if (times_.size() > 64) times_.erase(std::prev(times_.end()));
  }
  void remove(std::int64_t ns) {
    if (const auto at = times_.find(ns); at != times_.end() && times_.size() > 1) times_.erase(at);
  }
  std::optional<std::int64_t> least() const {
    return times_.empty() ? std::nullopt : std::optional{*times_.begin()};
  }

 private:
  std::multiset<std::int64_t> times_;
};

using io::follow_room;

template <class Files>
struct followed {
  explicit followed(const following& f) : failed{{f.again, f.again_most}}, again{f.again} {}

  static constexpr std::size_t most_due = 1024;

  std::unique_ptr<typename Files::follower> source;
  core::revisits failed;
  core::milliseconds again;
  /// Files on their way, those in `due` too; true: the kernel told of it since. Bounded by the backlog's
  /// marks.
  std::unordered_map<std::uint64_t, bool> under_way;
  std::deque<typename Files::entry> due;  ///< failed before, found by a walk, their time has come
  bool left_out = false;                  ///< more were than `due` takes
  std::size_t retrying = 0;               ///< of those outstanding, how many failed before
  std::uint64_t left_alone = 0;           ///< taken from the source, and left without a fate
  std::uint64_t begun = 0;                ///< taken from the source, for max_files
  core::steady_time last_good = core::steady_time::min();  ///< when the endpoint last spoke of a file
  core::steady_time walked = core::steady_time::min();     ///< the end of the last walk

  // What waits, counted by a walk of its own; what came and went since that began.
  bool counting = false;
  std::optional<std::uint64_t> counted;
  std::uint64_t came = 0, went = 0;
  oldest_times oldest;

  bool at_rest() const { return !source->walking() && under_way.empty(); }
  std::uint64_t waiting() const {
    const std::uint64_t known = under_way.size(), kept_back = failed.size() + source->too_young();
    if (at_rest() && failed.size() < 65'536) return kept_back;
    const auto all = *counted + came;
    return std::max(all > went ? all - went : 0, known);
  }
};

}  // namespace sluice::engine
