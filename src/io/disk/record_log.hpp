// The job log: appended line by line.
#pragma once

#include "io/asio.hpp"
#include "io/disk/unique_fd.hpp"
#include "io/world/record_writer.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace sluice::io {

/// Append-only lines (O_APPEND, mode 0600). A line is handed to the kernel before append() returns; a slow
/// reader of standard output is never waited for: its lines are kept up to 1 MiB. Beyond that, and when a
/// write fails, failure() says why; what is lost is counted. Several processes may append to one file (it has
/// a shared flock); none may make it shorter then.
class record_log final : public record_writer {
 public:
  /// `-` is standard output. A torn last line of an earlier run is ended first. errc::locked while the file
  /// is being made shorter.
  error_code open(const std::filesystem::path& path);
  /// The same path, which leads to another file now. What waits to be written goes there. On an error the old
  /// file stays.
  error_code reopen(const std::filesystem::path& path) override;
  void note_sources(std::vector<std::string> paths) override;
  bool is_open() const noexcept { return static_cast<bool>(fd_); }
  void append(std::string line) override;
  /// Why lines are not written; empty while all is well, and again once all are.
  const std::string& failure() const noexcept override { return failure_; }
  /// Tries once more what is unwritten. False: a slow reader has yet to take it.
  bool flush() override;
  /// Counts a line that could not even be made.
  void drop() noexcept override { ++dropped_; }
  /// Lines that the kernel does not have: dropped, or kept and lost if no later append() gets rid of them.
  std::uint64_t dropped() const noexcept override;
  std::uint64_t size() const noexcept override { return path_.empty() ? 0 : size_; }
  /// errc::locked when another process has the file, too.
  std::unique_ptr<log_shortening> shorten(std::vector<std::shared_ptr<const directory>> roots,
                                          error_code& ec) override;

 private:
  class shortening;
  error_code open_file(const std::filesystem::path& path);
  error_code lock_file(const std::filesystem::path& path) const;
  bool write_some();

  unique_fd fd_;
  std::filesystem::path path_;
  std::vector<std::string> sources_;  ///< the directories that the paths are relative to
  std::uint64_t size_ = 0;
  std::uint64_t reopened_ = 0;  ///< how often
  bool may_block_ = false;      ///< a pipe or terminal: asked before each write
  std::string unwritten_;
  bool ends_torn_line_ = false;  ///< unwritten_ begins with the end of somebody else's line
  std::uint64_t dropped_ = 0;
  std::string failure_;
};

}  // namespace sluice::io
