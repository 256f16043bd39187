// A child process whose output is read while it runs; waiting always has a deadline.
#pragma once

#include "support/refused_call.hpp"

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace support {

struct command {
  std::vector<std::string> arguments;      ///< the first one is the program's path
  std::vector<std::string> environment{};  ///< `NAME=VALUE`, besides ours without SLUICE_* and proxies
  std::string directory{};                 ///< empty: ours
  std::string input{};                     ///< standard input, less than a pipe holds
  std::optional<unsigned> descriptor_limit{};
  std::optional<refused_call> refused{};  ///< fails for the program from its beginning
  bool terminal = false;                  ///< standard error is one, 100 columns wide
  bool as_nobody = false;  ///< runs without root's right to pass all permissions; only root can give it up
};

class process {
 public:
  explicit process(const command& c);
  ~process();  ///< kills what still runs
  process(const process&) = delete;
  process& operator=(const process&) = delete;

  pid_t pid() const noexcept { return pid_; }
  const std::string& out() const noexcept { return out_.text; }
  const std::string& err() const noexcept { return err_.text; }

  void signal(int number) const;
  /// Reads output until `holds`; false when the deadline passes or the process ends first.
  bool wait_until(const std::function<bool()>& holds, std::chrono::milliseconds deadline = patience);
  /// The exit status, or minus the signal that killed it. Throws when the deadline passes first.
  int wait(std::chrono::milliseconds deadline = patience);
  /// Waits for its end. The most memory the program had, in KiB: the last look counts, because before it is
  /// the program it is a copy of us. Says nothing of the program where a sanitizer's own memory is in it.
  std::uint64_t peak_memory();
  /// The same of a program that runs: one look.
  std::uint64_t peak_memory_so_far() const;

  static constexpr std::chrono::milliseconds patience{30'000};

 private:
  struct pipe_end {
    int fd = -1;
    std::string text;
  };
  void read_for(std::chrono::milliseconds most);
  static bool read_some(pipe_end& from);

  pid_t pid_ = -1;
  pipe_end out_, err_;
  std::optional<int> status_;
};

struct finished {
  int code = 0;  ///< exit code, as process::wait() returns it
  std::string out, err;
};
finished run(const command& c, std::chrono::milliseconds deadline = process::patience);

/// `c` in a mount namespace of its own, in which `target` is `file`.
command with_file_at(command c, const std::string& target, const std::string& file);
/// Why with_file_at() does not work here, or nothing. In a chroot, for one, no namespace can be told apart.
std::string cannot_put_files();

/// The lines of `text`, without their ends.
std::vector<std::string> lines_of(const std::string& text);

}  // namespace support
