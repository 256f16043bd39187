// The window: how many uploads may be in flight at once, and what the automatic one tells of itself.
//
//     cfg.window = sluice::window::automatic(64);  // at most 64 at once
//     up.set_window(sluice::window::fixed(8));
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <string_view>

namespace sluice {

/// How many requests may be in flight at once; each holds one connection and at most two file descriptors.
class window {
 public:
  /// Always `n` in flight while there is work. `n` must be at least 1; the uploader's constructor checks it
  /// against the process's file-descriptor limit.
  static constexpr window fixed(std::size_t n) noexcept { return window{n, false}; }
  /// Returns a window of as many as the endpoint makes good use of: grows while goodput grows with it,
  /// shrinks when fewer are as fast, backs off when the endpoint is overloaded. Never more than `max`, nor
  /// than half of what the file-descriptor limit leaves; 0: at most 1,000.
  static constexpr window automatic(std::size_t max = 0) noexcept { return window{max, true}; }

  /// Whether it is one of automatic().
  constexpr bool is_automatic() const noexcept { return automatic_; }
  /// Returns the size of a fixed window; of an automatic one its maximum, 0 where none was given.
  constexpr std::size_t size() const noexcept { return size_; }

 private:
  constexpr window(std::size_t n, bool automatic) noexcept : size_{n}, automatic_{automatic} {}
  std::size_t size_;
  bool automatic_;
};

/// Why an automatic window changed.
enum class window_reason {
  growing,    ///< goodput grew with the last doubling
  saturated,  ///< the last doubling brought nothing: back to where it still did
  probing,    ///< tries more, or fewer, for a while
  faster,     ///< more were faster: they stay
  as_fast,    ///< fewer were as fast: they stay
  no_gain,    ///< more were not faster, or fewer slower: back
  overload,   ///< 429, 503, resets or timeouts
  limited,    ///< descriptors or memory ran out
};

/// The lower-case word used in reports.
constexpr std::string_view to_string(window_reason r) noexcept {
  constexpr std::array<std::string_view, 8> names{"growing", "saturated", "probing",  "faster",
                                                  "as_fast", "no_gain",   "overload", "limited"};
  return names[static_cast<std::size_t>(r)];
}

/// A change of the window. The figures are of the last round of requests that was measured as a whole, 0
/// before there was one.
struct window_change {
  std::chrono::steady_clock::time_point at;
  std::size_t from = 0, to = 0;
  window_reason reason = window_reason::growing;
  std::size_t in_flight = 0;
  double files_per_second = 0;
  double bytes_per_second = 0;  ///< bytes of files
  double server_ms = 0;         ///< mean time from the last byte sent to the first of the reply
};

}  // namespace sluice
