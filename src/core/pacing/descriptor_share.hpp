// The descriptors that a process may have, shared out.
#pragma once

#include "core/pacing/read_ahead.hpp"

#include <algorithm>
#include <cstddef>

namespace sluice::core {

/// Half of a small limit is for what is neither an upload nor a file opened ahead: standard streams, epoll,
/// timers, DNS, the walk, logs, the status page, the program's own. Of the rest a quarter is for files opened
/// ahead, and an upload has two: its connection and its file.
struct descriptor_share {
  static constexpr std::size_t most_others = 64, least_others = 20;
  /// A smaller limit allows no window that would work.
  static constexpr std::size_t least_limit = least_others + read_ahead::least + 2;

  std::size_t window = 0;  ///< uploads at once; 0: the limit is too small
  std::size_t ahead = 0;   ///< files opened ahead

  static constexpr descriptor_share of(std::size_t limit) noexcept {
    if (limit < least_limit) return {};
    const auto left = limit - std::clamp(limit / 2, least_others, most_others);
    const auto ahead = std::clamp(left / 4, read_ahead::least, read_ahead::most);
    return {(left - ahead) / 2, ahead};
  }
};

}  // namespace sluice::core
