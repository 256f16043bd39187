// The window that tunes itself: climbs the slope of goodput against requests in flight.
#pragma once

#include "core/window/overload_memory.hpp"
#include "core/window/probe_turns.hpp"
#include "core/window/window_round.hpp"

#include <sluice/window.hpp>

#include <cstddef>
#include <optional>

namespace sluice::core {

/// Judges a window by goodput only, measured over rounds of attempts that all began under it: a server's
/// queue, a full link and a busy processor look alike, goodput no longer rises. Goodput counts files and
/// bytes alike, half each, so neither a row of large files nor one of small ones looks like a change of the
/// server.
///
///   ramp     doubles in about a window of replies while goodput rises with it; quadruples where the replies
///            take no longer for it
///   confirm  a round at the reached window: stop here? Then Little's law says how many were needed
///   hold     the window stays, goodput is noted; from time to time
///   low      fewer for a round: as fast? Then they stay
///   high     more for a round: faster? Then they stay, and if much faster, ramp
///   climb    the same where more have met overload: step by step, and so seldom that it costs little
///
/// Where this machine is the limit (window_round::limited_by_us), the slope says nothing: the window is at
/// least `own_least`, which keeps the loop busy, and only shrinks toward it.
///
/// An attempt cut off by overload costs the window once in a burst. A window that is not used proves nothing
/// and stays as it is.
class auto_window {
 public:
  static constexpr std::size_t start = 2;
  static constexpr std::size_t own_least = 16;
  explicit auto_window(std::size_t max);

  std::size_t limit() const noexcept { return limit_; }
  /// Notes the end of each attempt. limit() may have changed; a reason is told once a change is complete
  /// (growth is told as each doubling ends).
  std::optional<window_reason> observe(const window_sample& s);

  // The rate of the last round that was measured as a whole.
  double files_per_second() const noexcept { return told_.files; }
  double bytes_per_second() const noexcept { return told_.bytes; }
  double server_seconds() const noexcept { return told_.server; }

 private:
  using reason = std::optional<window_reason>;
  enum class phase { ramp, confirm, hold, low, high, climb };
  struct figures {
    double files = 0, bytes = 0, server = 0;
  };
  struct probe {
    std::size_t limit = 0;
    double rate = 0;
  };

  struct ramp {
    std::size_t from;  ///< the limit that the last step reached
    double rate = 0, least_elapsed = 0;
    std::size_t factor = 2;  ///< the step under way
  };
  struct held_window {
    std::size_t limit;
    double goodput = 0;
    std::optional<probe> unjudged{};
    /// The least length of a round: rounds that differ at the same limit are compared over a longer time.
    steady_time::duration length = window_round::shortest;
  };
  struct ascent {
    std::size_t step = 1;
    probe foot{};  ///< where the climb began
  };

  bool steep() const;
  std::size_t wanted() const;
  std::size_t least() const;
  bool round_is_complete(std::size_t wanted) const;
  double least_change() const;
  void note_difference(double rate);
  std::size_t ramp_top() const;
  void change(std::size_t limit, phase p, steady_time now);
  void begin_ramp(double rate, steady_time now);
  reason overloaded(const window_sample& s);
  reason ramp_ended(steady_time now);
  reason confirmed(steady_time now);
  reason held(steady_time now);
  reason judged(const probe& p, double rate, steady_time now);
  reason next_probe(steady_time now);
  reason probed(steady_time now);
  reason climbed(steady_time now);

  std::size_t max_, limit_;
  phase phase_ = phase::ramp;
  window_round round_;
  figures told_;
  steady_time changed_at_{};
  int settling_ = 1;  ///< number of attempts that began under this limit and must end first
  ramp ramp_;
  held_window held_;
  probe_turns turns_;
  overload_memory overloads_;
  ascent climb_;
};

}  // namespace sluice::core
