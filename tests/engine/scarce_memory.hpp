// Memory that runs out when a test says so.
#pragma once

#include <cstddef>

namespace fake {

/// Fails one allocation, the one after `good` others, while it lives.
class scarce_memory {
 public:
  explicit scarce_memory(std::size_t good = 0) noexcept;
  ~scarce_memory();
  scarce_memory(const scarce_memory&) = delete;
  /// Whether it came to that allocation.
  bool failed() const noexcept;
};

}  // namespace fake
