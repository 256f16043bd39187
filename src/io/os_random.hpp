// Random bytes from the operating system, drawn a page at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace sluice::io {

/// Unpredictable bytes (boundaries, seeds, keys of bodies from memory). Throws boost::system::system_error
/// when the operating system has none to give.
class os_random {
 public:
  void fill(std::span<std::byte> out);
  std::array<std::byte, 16> block() {
    std::array<std::byte, 16> b;
    fill(b);
    return b;
  }
  std::uint64_t number();

 private:
  std::array<std::byte, 2048> page_{};
  std::size_t used_ = page_.size();
};

}  // namespace sluice::io
