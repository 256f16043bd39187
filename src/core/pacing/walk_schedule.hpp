// When a source that is followed is walked: at first, every so often, when somebody asks, and once at the
// end.
#pragma once

#include "core/time.hpp"

#include <algorithm>
#include <cstdint>

namespace sluice::core {

/// A walk that is asked for in the midst of another follows it. The last walk ends the following, but what is
/// asked for during it makes one more.
class walk_schedule {
 public:
  enum class state : std::uint8_t {
    resting,             ///< no walk before its time
    asked,               ///< a walk begins now
    walking,             ///< a walk is under way
    walking_asked,       ///< another one follows it
    end_asked,           ///< the last walk begins now
    walking_end_asked,   ///< a walk is under way, and the last one follows it
    last_walking,        ///< the last walk is under way
    last_walking_asked,  ///< another last walk follows it
    over,                ///< the last walk has ended
    ended,               ///< the source yields no more
  };
  /// The next step of whoever walks.
  enum class turn : std::uint8_t { walk, begin, rest, end };

  /// The time between the end of a walk and the beginning of the next.
  explicit walk_schedule(milliseconds rest) noexcept : rest_{rest} {}

  turn turn_at(steady_time now) const noexcept;
  /// A walk begins, where that is the turn.
  void begin_walk() noexcept;
  /// The walk ends, where one is under way. False: it is torn, some things could not be seen.
  bool end_walk(steady_time now) noexcept;
  /// The following ends, where that is the turn.
  void end_following() noexcept;

  /// A walk begins now, or after the one that is under way.
  void ask_walk() noexcept;
  /// The same for the last walk.
  void ask_last() noexcept;
  /// A walk begins at `t`, if none does before.
  void walk_by(steady_time t) noexcept { next_at_ = std::min(next_at_, t); }
  /// The walk that is under way could not see all. One that begins later is whole again.
  void tear_walk() noexcept { whole_ = false; }

  state now_is() const noexcept { return state_; }
  bool under_way() const noexcept;
  bool is_expected() const noexcept;   ///< a walk is under way, or was asked for
  bool is_finishing() const noexcept;  ///< the last walk was asked for
  bool is_last() const noexcept;       ///< the last walk is under way
  /// No walk has ended yet.
  bool is_first() const noexcept { return first_; }
  bool has_ended() const noexcept { return state_ == state::ended; }
  /// The time of the next walk that nobody asked for.
  steady_time next_at() const noexcept { return next_at_; }

 private:
  milliseconds rest_;
  state state_ = state::asked;
  bool first_ = true, whole_ = true;
  steady_time next_at_ = steady_time::max();
};

}  // namespace sluice::core
