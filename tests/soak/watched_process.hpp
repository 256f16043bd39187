// The facts that the kernel has of a process: memory, descriptors, threads, processor time.
#pragma once

#include <sys/types.h>

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace soak {

struct sample {
  std::chrono::steady_clock::time_point at;
  std::size_t kib = 0;  ///< resident, without what files back
  std::size_t descriptors = 0, threads = 0;
  double cpu_seconds = 0;  ///< so far
};

sample look_at(pid_t pid);

struct growth {
  std::size_t before = 0, after = 0;  ///< a figure of the first cycle, and of the last
  /// True when it grew by less than five per cent, or than `slack`.
  bool within(std::size_t slack) const noexcept { return after < before + std::max(before / 20, slack); }
};

}  // namespace soak
