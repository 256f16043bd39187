// The overload that a server told of: how low it lies, and when to come near it again.
#pragma once

#include "core/time.hpp"

#include <cstddef>
#include <cstdint>

namespace sluice::core {

/// An overload costs the window once in a burst. Climbs toward it are paid for with answers that went well,
/// so few overloads are provoked; a climb that failed doubles the price of the next.
class overload_memory {
 public:
  static constexpr std::uint64_t fine_per_overload = 64;  ///< keeps overloads that are provoked below 2 %
  static constexpr unsigned most_failed_climbs = 3;       ///< doublings of that
  static constexpr std::chrono::seconds rested{2};        ///< most between two climbs that are paid for

  void went_well() noexcept { ++fine_; }
  /// An attempt that began before the window gave way belongs to the burst it gave way to.
  bool in_burst(steady_time begun) const noexcept { return begun < overload_at_; }
  void goes_on() noexcept { ++burst_; }
  /// A burst begins under `limit`.
  void begin_burst(std::size_t limit, steady_time now) noexcept;
  /// The bursts in a row, without a window of answers between; 0 for the first.
  unsigned bursts_before() const noexcept { return bursts_; }

  /// The least limit that met overload lately; 0: none.
  std::size_t ceiling() const noexcept { return ceiling_; }
  /// The overload met a window that tried more.
  void met_probe(std::size_t limit) noexcept;
  /// The overload met a window that was held.
  void met_held(std::size_t ceiling) noexcept;
  void forget_ceiling() noexcept { ceiling_ = 0; }

  bool climb_due(steady_time now) const noexcept;
  void look_up(steady_time now) noexcept { climb_at_ = now; }
  /// The climbs that failed count no more.
  void forgive_climbs() noexcept { failed_climbs_ = 0; }

 private:
  std::size_t ceiling_ = 0;
  std::uint64_t fine_ = 0;   ///< answers since the last overload
  std::uint64_t burst_ = 0;  ///< overloads of the last burst
  unsigned bursts_ = 0;
  unsigned failed_climbs_ = 0;
  steady_time overload_at_{}, climb_at_{};
};

}  // namespace sluice::core
