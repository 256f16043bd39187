// A body is what a request's file part is read from.
#pragma once

#include "io/asio.hpp"

#include <cstdint>
#include <span>

namespace sluice::io {

/// `size()` bytes, read in order, without ever holding the loop for a disk.
class body {
 public:
  virtual ~body() = default;
  virtual std::uint64_t size() const noexcept = 0;
  /// Returns whether the body can be read from its beginning once more.
  virtual bool rewinds() const noexcept { return true; }

  struct piece {
    error_code error;      ///< would_block: not in memory yet; others: the file's
    std::size_t size = 0;  ///< 0 without an error: the file ends here
  };
  virtual piece read_ready(std::uint64_t offset, std::span<char> into) = 0;
  /// Waits after would_block, until read_ready() is worth another try.
  virtual awaitable<void> wait_ready(std::uint64_t offset) = 0;
};

}  // namespace sluice::io
