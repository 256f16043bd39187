// The output that a run leaves behind for others to read.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace sluice::cli {

/// A file, or a fifo that somebody reads: to open it does not wait for a reader, and to write it not longer
/// than it says.
class output_file {
 public:
  /// Makes the file, or empties it.
  explicit output_file(const std::string& path);
  ~output_file();
  output_file(const output_file&) = delete;

  /// Why it cannot be written; empty: so far it can.
  const std::string& problem() const noexcept { return problem_; }
  /// False when it was not written, this time or before.
  bool write(std::string_view text, std::chrono::milliseconds patience);

 private:
  int fd_;
  std::string problem_;
};

/// A reader gets some time to read; one that does not keeps neither the program nor the lock.
bool write_to_standard_output(std::string_view text);
/// Writes to the file `where`, or to standard output when it is `-`. Returns what was against it; empty: all
/// is written.
std::string write_output(const std::string& where, std::string_view text);
/// Returns what will be against it, as far as can be seen without making the file; empty: nothing.
std::string why_not_writable(const std::string& where);

}  // namespace sluice::cli
