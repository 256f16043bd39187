// The fast way to read the job log: lines in the very form that to_json(file_record) gives them.
#pragma once

#include "core/report/record.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace sluice::core {

/// A record whose texts are those of the line that it was read from.
struct record_view {
  std::string_view path, key;
  sluice::fate fate;
  bool taken_away = false;
  std::uint64_t size = 0;
  std::int64_t mtime_ns = 0;
  std::optional<std::uint64_t> digest;

  logged_file file() const noexcept { return {path, size, mtime_ns, key}; }
  /// The server has it, and nobody said that it would be taken away.
  bool is_kept() const noexcept {
    return !taken_away && (fate == fate::accepted || fate == fate::undeletable);
  }
  friend bool operator==(const record_view&, const record_view&) = default;
};

/// Gives what parse_record() gives for a line in our own form. Empty for any other line, which may be a
/// record.
std::optional<record_view> scan_record(std::string_view line) noexcept;

/// Reads lines of any form.
class record_scanner {
 public:
  /// The result is empty for a line that is no record. It is good until the next call, and as long as `line`.
  std::optional<record_view> read(std::string_view line) noexcept;

 private:
  std::optional<logged_fate> parsed_;
};

}  // namespace sluice::core
