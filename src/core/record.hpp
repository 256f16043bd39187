// The job log's lines: written by to_json(file_record), read back by --resume.
#pragma once

#include <sluice/result.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace sluice::core {

/// What resuming needs of a line.
struct logged_fate {
  std::string key;
  sluice::fate fate;
  bool taken_away = false;  ///< its removal, or move, was announced
};

/// Nothing for a line that is no job-log line: torn, of another version, or junk. Never throws.
std::optional<logged_fate> parse_record(std::string_view line) noexcept;

/// RFC 4648 §4, padded.
std::string base64(std::string_view bytes);

/// RFC 3339 in UTC with milliseconds: `2026-11-23T10:33:40.123Z`.
std::string rfc3339(std::chrono::system_clock::time_point t);

}  // namespace sluice::core
