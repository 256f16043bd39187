// Figures of this process as the operating system sees it.
#pragma once

#include <optional>

namespace sluice::cli {

/// A figure that cannot be read is nothing.
struct process_figures {
  double cpu_seconds = 0;  ///< user and system
  std::optional<double> resident_bytes, virtual_bytes;
  std::optional<double> open_files, most_files;
  std::optional<double> started;  ///< seconds since 1970

  static process_figures now();
};

}  // namespace sluice::cli
