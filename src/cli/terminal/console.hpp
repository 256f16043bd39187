// Standard error, without ever waiting for who reads it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::cli {

/// Lines, and one status line that is redrawn in place on a terminal. A reader that does not read costs
/// lines, never time: they are dropped and counted.
class console {
 public:
  console();
  bool is_terminal() const noexcept { return terminal_; }
  /// Columns of the terminal, 80 where it cannot tell.
  std::size_t columns() const noexcept;

  void line(std::string_view text);
  void status(std::string_view text);  ///< only on a terminal
  void keep_status();                  ///< keeps the status on the screen; the next line begins below it
  std::uint64_t dropped() const noexcept { return dropped_; }

 private:
  void write(std::string_view bytes);

  bool terminal_;
  bool regular_;  ///< a file: never blocks for long
  std::string status_;
  std::uint64_t dropped_ = 0;
};

}  // namespace sluice::cli
