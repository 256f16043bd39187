// The trace has the changes of an automatic window as JSON lines.
#pragma once

#include "output.hpp"

#include <sluice/window.hpp>

#include <chrono>
#include <string>

namespace sluice::cli {

/// One line a change: `t_ms` since the trace began, `from`, `to`, `reason`, `in_flight`, `files_per_s`,
/// `bytes_per_s`, `server_ms`.
class window_trace {
 public:
  explicit window_trace(const std::string& path) : out_{path} {}

  bool good() const noexcept { return out_.problem().empty(); }
  const std::string& problem() const noexcept { return out_.problem(); }
  /// False when it cannot be written, the first time.
  bool write(const window_change& c);

 private:
  output_file out_;
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

}  // namespace sluice::cli
