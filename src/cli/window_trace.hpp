// What an automatic window did, as JSON lines.
#pragma once

#include <sluice/window.hpp>

#include <chrono>
#include <fstream>
#include <string>

namespace sluice::cli {

/// One line a change: `t_ms` since the trace began, `from`, `to`, `reason`, `in_flight`, `files_per_s`,
/// `bytes_per_s`, `server_ms`.
class window_trace {
 public:
  explicit window_trace(const std::string& path) : out_{path, std::ios::binary | std::ios::trunc} {}

  bool good() const { return out_.good(); }
  void write(const window_change& c);

 private:
  std::ofstream out_;
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

}  // namespace sluice::cli
