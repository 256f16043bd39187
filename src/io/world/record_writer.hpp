// Where the lines of a job log go.
#pragma once

#include "io/asio.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace sluice::io {

class directory;

/// A job log that is being made shorter while lines are appended.
class log_shortening {
 public:
  virtual ~log_shortening() = default;
  /// Does a part of it that takes a fraction of a millisecond. False: it is done, or an error.
  virtual bool step(error_code& ec) = 0;
  /// True once lines go to the shorter log. With an error, a power failure may bring the longer one back.
  virtual bool is_in_place() const noexcept = 0;
};

/// The job log. A line is handed to the kernel before append() returns; what is lost is counted.
class record_writer {
 public:
  virtual ~record_writer() = default;
  virtual void append(std::string line) = 0;
  /// Why lines are not written; empty while all is well.
  virtual const std::string& failure() const noexcept = 0;
  /// Tries once more what is unwritten. False: a slow reader has yet to take it.
  virtual bool flush() = 0;
  /// Counts a line that could not even be made.
  virtual void drop() noexcept = 0;
  virtual std::uint64_t dropped() const noexcept = 0;
  /// The same path, which leads to another file now. On an error the old file stays.
  virtual error_code reopen(const std::filesystem::path& path) = 0;
  /// Notes at the log what its paths are relative to, where it can.
  virtual void note_sources(std::vector<std::string> /*paths*/) {}
  /// Bytes of the file; 0 where it is none.
  virtual std::uint64_t size() const noexcept = 0;
  /// Begins to make the file shorter: files are asked for below `roots`. Null with `ec`. The result must not
  /// outlive the log.
  virtual std::unique_ptr<log_shortening> shorten(std::vector<std::shared_ptr<const directory>> roots,
                                                  error_code& ec) = 0;
};

}  // namespace sluice::io
