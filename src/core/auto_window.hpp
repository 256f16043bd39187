// The window that tunes itself: climbs the slope of goodput against requests in flight.
#pragma once

#include "core/window_round.hpp"

#include <sluice/window.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>

namespace sluice::core {

/// Judges a window by goodput only, measured over rounds of attempts that all began under it: a server's
/// queue, a full link and a busy processor look alike, goodput no longer rises. Goodput counts files and
/// bytes alike, half each, so neither a row of large files nor one of small ones looks like a change of the
/// server.
///
///   ramp     doubles in about a window of replies while goodput rises with it
///   confirm  a round at the reached window: stop here? Then Little's law says how many were needed
///   hold     the window stays, goodput is noted; from time to time
///   low      fewer for a round: as fast? Then they stay
///   high     more for a round: faster? Then they stay, and if much faster, ramp
///   climb    the same where more have met overload: step by step, and so seldom that it costs little
///
/// An attempt cut off by overload costs the window once in a burst. A window that is not used proves nothing
/// and stays as it is.
class auto_window {
 public:
  static constexpr std::size_t start = 2;
  explicit auto_window(std::size_t max);

  std::size_t limit() const noexcept { return limit_; }
  /// To be called for each attempt. limit() may have changed; a reason is told once a change is complete
  /// (growth is told as each doubling ends).
  std::optional<window_reason> observe(const window_sample& s);

  // Of the last round that was measured as a whole.
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

  bool steep() const;
  std::size_t wanted() const;
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
  int settling_ = 1;  ///< until an attempt that began under this limit ends, so many times

  std::size_t ramp_from_;
  double ramp_rate_ = 0, least_elapsed_ = 0;

  double reference_ = 0;  ///< goodput at the limit that is held
  std::size_t held_ = 0;  ///< that limit
  std::optional<probe> unjudged_;
  std::size_t rounds_since_low_ = 0, rounds_since_high_ = 0, low_every_ = 1, high_every_ = 1;
  steady_time high_at_{};
  bool low_is_next_ = true;

  std::size_t ceiling_ = 0;  ///< least limit that met overload lately; 0: none
  std::uint64_t fine_ = 0;   ///< answers since the last overload
  std::uint64_t burst_ = 0;  ///< overloads of the last burst
  unsigned bursts_ = 0;      ///< in a row, without a window of answers between
  unsigned failed_climbs_ = 0;
  steady_time overload_at_{}, climb_at_{};
  std::size_t step_ = 1;
  probe foot_;  ///< where the climb began
};

}  // namespace sluice::core
