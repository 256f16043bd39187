// What the kernel knows of a process: memory, descriptors, threads, processor time.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <vector>

namespace soak {

struct sample {
  std::chrono::steady_clock::time_point at;
  std::size_t kib = 0;  ///< resident, without what files back
  std::size_t descriptors = 0, threads = 0;
  double cpu_seconds = 0;  ///< so far
};

sample look_at(pid_t pid);

/// Growth of `what` from the end of the first fifth to the greatest of the last fifth, as a share of it.
double growth(const std::vector<sample>& samples, std::size_t sample::* what);

}  // namespace soak
