// The window: how many uploads may be in flight at once.
#pragma once

#include <cstddef>

namespace sluice {

/// How many requests may be in flight at once; each holds one connection and at most two file descriptors.
class window {
 public:
  /// Always `n` in flight while there is work. `n` must be at least 1; the uploader's constructor checks it
  /// against the process's file-descriptor limit.
  static constexpr window fixed(std::size_t n) noexcept { return window{n}; }

  constexpr std::size_t size() const noexcept { return size_; }

 private:
  explicit constexpr window(std::size_t n) noexcept : size_{n} {}
  std::size_t size_;
};

}  // namespace sluice
