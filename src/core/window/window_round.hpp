// A round measures attempts under one window: goodput and times.
#pragma once

#include "core/time.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace sluice::core {

/// One attempt that came to its end, as the window sees it.
struct window_sample {
  enum class kind {
    answered,  ///< the server did its work, whatever it said of the file
    overload,  ///< 429, 503, a reset, a timeout: too many at once, perhaps
    other,     ///< says nothing: a file that could not be read, an error of ours
  };
  kind what = kind::answered;
  steady_time begun, now;
  steady_time::duration connecting{};   ///< the part of that time for DNS, TCP, TLS
  std::uint64_t bytes = 0;              ///< bytes of the file
  steady_time::duration server_time{};  ///< last byte sent to first of the reply
  /// Processor time that the loop's thread has used so far; nothing: not asked for this attempt.
  std::optional<steady_time::duration> worked{};
  bool waited_for_file = false;  ///< the file's first bytes were not in memory yet
  std::size_t in_flight = 0;     ///< attempts in flight, itself included, before the next one begins
};

/// Attempts that ended one after the other, all of them under the same window or while it grew.
class window_round {
 public:
  static constexpr std::chrono::milliseconds shortest{20};

  void begin(steady_time at) noexcept;
  /// `limit`: of the window, as the attempt ended.
  void add(const window_sample& s, std::size_t limit) noexcept;

  std::size_t count() const noexcept { return count_; }
  /// True when the round has as many attempts as wanted, or as many as a slow server has answered in a while;
  /// and it lasted `least`, which is longer than the scheduler takes to be fair.
  bool complete(std::size_t wanted, std::size_t limit, steady_time::duration least = shortest) const noexcept;
  /// Nearly all of the window, nearly all of the time.
  bool in_use() const noexcept { return used_ * 10 >= count_ * 9; }

  /// True when this machine is the limit: its loop hardly rested, or most files were waited for. More in
  /// flight brings nothing then.
  bool limited_by_us() const noexcept;

  /// Goodput: work a second. A file of average length is 1: half of that for being a file, half for its
  /// bytes.
  ///
  /// By Little's law, not by the clock: attempts that began together end together, and where a round happens
  /// to be cut would matter more than what it is to tell.
  double rate() const noexcept;
  double exchange_seconds() const noexcept;  ///< mean time of one, on its connection

  // The rate by the clock, for people.
  double files_per_second() const noexcept;
  double bytes_per_second() const noexcept;
  double server_seconds() const noexcept;  ///< mean

 private:
  double seconds() const noexcept;

  steady_time since_{}, last_{};
  double work_ = 0, bytes_ = 0, server_ = 0, elapsed_ = 0, connecting_ = 0, in_flight_ = 0;
  std::size_t count_ = 0, used_ = 0;
  struct work {
    steady_time at{};                ///< when it was asked for
    steady_time::duration worked{};  ///< processor time of the loop's thread until then
  };
  struct {
    std::optional<work> first{}, last{};
    std::size_t waits = 0;  ///< attempts that waited for their file
    /// Attempts that opened their connection: a handshake is much work, and passes.
    std::size_t connects = 0;
  } ours_;
  double mean_bytes_ = 0;  ///< moving mean over all rounds
};

}  // namespace sluice::core
