// A job log made shorter: the newest line of each file that still is there.
#pragma once

#include "core/report/record_scanner.hpp"
#include "io/disk/directory.hpp"
#include "io/disk/log_index.hpp"
#include "io/disk/log_lines.hpp"
#include "io/disk/unique_fd.hpp"

#include <sluice/job_log.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sluice::io {

/// The lines go to a file beside the log, which takes its name in the last step. Until then, and after any
/// error, the log is what it was. What resuming knows of files that are there is the same afterwards.
class log_compaction {
 public:
  /// `log` is open, outlives this, and nobody else appends to it. Lines that are appended meanwhile stay.
  log_compaction(int log, std::filesystem::path path, std::vector<std::shared_ptr<const directory>> roots);
  ~log_compaction();
  log_compaction(const log_compaction&) = delete;

  /// Begins; the file beside it is made.
  error_code open();
  /// Does a part of it that takes a fraction of a millisecond. False: all but finish() is done, or an error.
  bool step(error_code& ec);
  /// Puts the shorter log in the place of the longer one: the disk has it before. errc::file_vanished:
  /// another file has the name by now, which stays. No line may be appended between the last step() and this.
  /// After an error, is_in_place() says which log has the name: the shorter one may lose it again to the
  /// longer one in a power failure.
  error_code finish();
  bool is_in_place() const noexcept { return file_ && beside_.empty(); }
  /// The file that has the name now.
  unique_fd take_file() noexcept { return std::move(file_); }
  const compaction& report() const noexcept { return report_; }

 private:
  bool look_for_newest(error_code& ec);
  bool copy_newest(error_code& ec);
  bool copy_rest(error_code& ec);
  std::unique_ptr<log_lines> lines() const;
  void keep(std::string_view line);
  bool is_there(const core::record_view& r) const noexcept;
  error_code write_out();

  struct {
    int fd;
    std::filesystem::path path;
    std::uint64_t end = 0;  ///< the lines before are sorted out, then those behind are copied
    std::uint64_t line = 0;
  } log_;
  std::vector<std::shared_ptr<const directory>> roots_;
  core::record_scanner scanner_;
  std::unique_ptr<log_lines> lines_;
  std::optional<log_index> index_;
  bool copying_ = false;
  std::filesystem::path beside_;  ///< empty: there is no file to be removed
  unique_fd file_;
  std::string unwritten_;
  std::uint64_t written_ = 0;
  compaction report_;
};

}  // namespace sluice::io
