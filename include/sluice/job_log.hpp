// A job log that has grown long, made short again.
//
//     const auto c = sluice::compact_job_log("sent.jsonl");
//     if (c.error) std::cerr << c.detail << '\n';
#pragma once

#include <sluice/detail/export.hpp>

#include <boost/system/error_code.hpp>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace sluice {

/// The result of a compaction.
struct compaction {
  boost::system::error_code error;  ///< no error: the log is compacted
  std::string detail;               ///< one line for people, when there is an error
  std::uint64_t lines = 0;          ///< lines before
  std::uint64_t kept = 0;           ///< lines now
  std::uint64_t others = 0;    ///< lines that are no records (torn, or of another version): they are kept
  std::uint64_t too_long = 0;  ///< lines of more than 1 MiB, which are no records, and are dropped
  std::uint64_t known = 0, found = 0;  ///< files that the log has as accepted and kept; those that are there
  std::uint64_t bytes_before = 0, bytes = 0;
};

/// Rewrites a job log with the newest line of each file that still is in one of the sources. A file that the
/// log has as accepted keeps the line that says so; config::resume knows what it knew before. The new log
/// takes the old one's place, mode and owner at once, when the disk has it. After an error the log is as it
/// was.
///
/// **Parameters.** `log`: a regular file. `sources`: the directories that its paths are relative to; none:
/// those that its runs noted at it, in the extended attribute `user.sluice.sources`.
///
/// **Errors.** In the result: errc::locked when a run uses the log or a source, errc::source_unreadable when
/// a source cannot be opened, or has none of the files, and those of the operating system. Throws
/// std::bad_alloc.
///
/// **Thread safety.** Safe; it reads and writes files, and returns when all is done. Memory: a bit for each
/// line, and at most 64 MiB.
SLUICE_API compaction compact_job_log(const std::filesystem::path& log,
                                      std::vector<std::filesystem::path> sources = {});

}  // namespace sluice
