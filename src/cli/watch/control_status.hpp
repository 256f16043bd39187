// The state of a running watch, as its control socket tells it.
#pragma once

#include "cli/terminal/progress_text.hpp"

#include <sluice/result.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sluice::cli {

struct watch_status {
  std::string url;  ///< the URL without its query
  std::vector<std::string> sources;
  sluice::progress progress;
  pace now;
  std::vector<failure_reason> reasons;
  bool window_auto = true;
  double requests_per_second = 0;      ///< the limit; 0: none
  std::uint64_t bytes_per_second = 0;  ///< the limit; 0: none
  std::chrono::system_clock::time_point at;
};

/// `{"ok":true,"status":{…}}` in one line.
std::string status_line(const watch_status& s);
/// The object in such a line, indented; nothing where there is none.
std::optional<std::string> status_json(const std::string& line);
/// The same for people, several lines; nothing where there is none.
std::optional<std::string> status_text(const std::string& line);
/// The error of a reply; empty when it is none, nothing when `line` is no reply.
std::optional<std::string> error_of(const std::string& line);

}  // namespace sluice::cli
