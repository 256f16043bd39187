// The job log of earlier runs, as bytes.
#pragma once

#include "io/asio.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace sluice::io {

class log_bytes {
 public:
  virtual ~log_bytes() = default;
  /// Reads what comes next; 0 at the end, and with an error.
  virtual std::size_t read(std::span<char> into, error_code& ec) = 0;
  /// How many there were when it was opened.
  virtual std::uint64_t size() const noexcept = 0;
};

}  // namespace sluice::io
