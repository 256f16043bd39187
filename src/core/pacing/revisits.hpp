// Files that keep failing: when each may be tried again, in memory that does not grow with their number.
#pragma once

#include "core/time.hpp"

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace sluice::core {

/// Names a file of a followed source: 64 bits of its root's number and its path. Never 0.
std::uint64_t revisit_id(std::size_t root, std::string_view path) noexcept;

/// The n-th failure of a file makes it wait `again`·2ⁿ⁻¹, at most `again_most`. Success, or a walk that does
/// not find it, forgets it; so does a full table, those due soonest first: they are then files like any
/// other.
class revisits {
 public:
  struct policy {
    milliseconds again{60'000}, again_most{3'600'000};
    std::size_t most = 65'536;  ///< entries of 24 bytes, and 16 to find them by
  };
  explicit revisits(policy p) : policy_{p} {
    constexpr std::chrono::hours longest{24 * 366};
    policy_.again = std::min<milliseconds>(policy_.again, longest);
    policy_.again_most = std::min<milliseconds>(policy_.again_most, longest);
  }

  /// Notes that the file failed (once more).
  void failed(std::uint64_t id, steady_time now);
  void forget(std::uint64_t id) noexcept;
  bool knows(std::uint64_t id) const noexcept { return index_.contains(id); }
  std::size_t size() const noexcept { return heap_.size(); }

  /// A walk found a file that has failed before: whether its time has come.
  bool due(std::uint64_t id, steady_time now) noexcept;
  /// The file is being tried: due no more, until it fails or is let go.
  void taken(std::uint64_t id) noexcept { reschedule(id, steady_time::max()); }
  /// The file was not tried after all, and waits for `again` as if it had failed for the first time.
  void let_go(std::uint64_t id, steady_time now) noexcept { reschedule(id, now + policy_.again); }
  /// Makes all that wait due now: what was against them may be over.
  void hurry(steady_time now) noexcept;
  /// When the first is due; nothing when none waits.
  std::optional<steady_time> next_due() const noexcept;

  /// Frames a walk of the whole source. Files that the walk did not find are forgotten, but for those being
  /// tried.
  void walk_begins() noexcept { ++walk_; }
  void walk_ends();

 private:
  struct entry {
    std::uint64_t id;
    steady_time due;
    std::uint32_t failures;
    std::uint32_t seen;  ///< number of the last walk that saw it
  };
  void reschedule(std::uint64_t id, steady_time due) noexcept;
  void place(std::size_t at, const entry& e) noexcept;
  void sift(std::size_t at) noexcept;
  void take_out(std::size_t at) noexcept;

  policy policy_;
  std::vector<entry> heap_;  ///< soonest first
  boost::unordered_flat_map<std::uint64_t, std::uint32_t> index_;
  std::uint32_t walk_ = 0;
};

}  // namespace sluice::core
