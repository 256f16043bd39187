// The job log's lines: written by to_json(file_record), read back by --resume.
#pragma once

#include <sluice/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::core {

/// The properties that tell a file from others.
struct logged_file {
  std::string_view path;
  std::uint64_t size = 0;
  std::int64_t mtime_ns = 0;
  std::string_view key;
};

/// The part of a line that resuming needs.
struct logged_fate {
  std::string key;
  sluice::fate fate;
  bool taken_away = false;  ///< the removal, or move, was announced
  std::string path{};       ///< raw bytes
  std::uint64_t size = 0;
  std::int64_t mtime_ns = 0;
  std::optional<std::uint64_t> digest{};  ///< digest of the bytes of a file that could not be removed

  logged_file file() const noexcept { return {path, size, mtime_ns, key}; }
};

/// The result is empty for a line that is no job-log line: torn, of another version, or junk. Never throws.
std::optional<logged_fate> parse_record(std::string_view line) noexcept;

/// RFC 3339 in UTC with milliseconds: `2026-11-23T10:33:40.123Z`.
std::string rfc3339(std::chrono::system_clock::time_point t);

}  // namespace sluice::core
