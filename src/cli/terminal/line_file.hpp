// A file of lines for people who look for a fault: it may lose lines, and holds nobody up.
#pragma once

#include <string>

namespace sluice::cli {

/// A file, a terminal, or a fifo that somebody reads. Only its user may read what it makes (mode 0600).
class line_file {
 public:
  enum class beginning {
    emptied,   ///< lines of before are gone
    appended,  ///< lines of before stay
  };
  line_file(const std::string& path, beginning how);
  ~line_file();
  line_file(const line_file&) = delete;

  /// Why it could not be opened, or why the first of the lines was lost; empty: all is written.
  const std::string& problem() const noexcept { return problem_; }
  /// Whether others than its user, or root, can read the file.
  bool is_open_to_others() const;
  /// Adds the line end. A line that the system does not take whole is written on with the next one; one of
  /// which it takes nothing is lost. False when a line is lost the first time.
  bool write(std::string line);

 private:
  bool flush();

  int fd_;
  std::string unwritten_;  ///< the rest of a line
  std::string problem_;
};

}  // namespace sluice::cli
