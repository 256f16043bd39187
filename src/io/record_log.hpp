// The job log: appended line by line, read back to resume.
#pragma once

#include "io/asio.hpp"
#include "io/unique_fd.hpp"

#include <array>
#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::io {

/// Append-only lines (O_APPEND, mode 0600). A line is handed to the kernel before append() returns; a slow
/// reader of standard output is never waited for: its lines are kept up to 1 MiB, then dropped and counted.
class record_log {
 public:
  /// `-` is standard output. A torn last line of an earlier run is ended first.
  error_code open(const std::filesystem::path& path);
  /// The same path, which leads to another file now. What waits to be written goes there. On an error the old
  /// file stays.
  error_code reopen(const std::filesystem::path& path);
  bool is_open() const noexcept { return static_cast<bool>(fd_); }
  void append(std::string line);
  /// Counts a line that could not even be made.
  void drop() noexcept { ++dropped_; }
  /// Lines that the kernel does not have: dropped, or kept and lost if no later append() gets rid of them.
  std::uint64_t dropped() const noexcept;

 private:
  bool write_some();

  unique_fd fd_;
  bool may_block_ = false;  ///< a pipe or terminal: asked before each write
  std::string unwritten_;
  bool ends_torn_line_ = false;  ///< unwritten_ begins with the end of somebody else's line
  std::uint64_t dropped_ = 0;
};

/// The idempotency keys of files that were accepted and are still there, by the job log or by this run: 16
/// bytes each.
class accepted_keys {
 public:
  /// A missing file is an empty log. Lines that are no records (a torn last one) are passed over.
  error_code read(const std::filesystem::path& path);
  error_code read(std::istream& in);
  void add(std::string_view key);
  bool contains(std::string_view key) const noexcept;
  std::size_t size() const noexcept;

 private:
  using packed = std::array<unsigned char, 16>;
  static bool pack(std::string_view key, packed& out) noexcept;
  /// Sorted, by the first byte: a key that is added moves few others.
  std::array<std::vector<packed>, 256> shelves_;
};

}  // namespace sluice::io
