// Faults of the operating system: system calls that fail, file systems of a test's own, another clock.
#pragma once

#include "support/process.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace e2e {

/// `c`, with system calls that fail: each of `faults` as strace's `-e inject=` takes it, counting only calls
/// that concern `path` unless that is empty; what it saw goes to `log`. No leaks are looked for: a leak
/// checker traces, too.
support::command with_faults(support::command c, const std::vector<std::string>& faults,
                             const std::string& path = {}, const std::string& log = "/dev/null");

/// Why there is no strace, or empty.
std::string cannot_inject();

/// `c` with a wall clock that shows what `file` says, e.g. `+10y`; what a deadline is measured with goes on.
support::command with_clock(support::command c, const std::string& file);

/// Why with_clock() does not work here, or empty.
std::string cannot_fake_clock();

/// Whether `pid` has `file` open, has looked at it, and waits for something.
bool has_opened(int pid, const std::filesystem::path& file);

/// Mounts that only this process and its children see, gone with this object.
class mounts {
 public:
  mounts();
  ~mounts();
  mounts(const mounts&) = delete;
  mounts& operator=(const mounts&) = delete;

  /// Why none can be made here; empty when they can. Says also why the last one was refused.
  const std::string& refused() const noexcept { return refused_; }

  bool memory(const std::filesystem::path& at, const std::string& options);
  bool image(const std::filesystem::path& file, const std::filesystem::path& at,
             const std::string& options = {});
  /// A directory, or a file, a second time.
  bool again(const std::filesystem::path& directory, const std::filesystem::path& at);
  /// Mounts an overlay of the directories that `options` name.
  bool overlay(const std::filesystem::path& at, const std::string& options);
  /// A directory a second time, by a program: a FUSE mount.
  bool fuse(const std::filesystem::path& directory, const std::filesystem::path& at,
            std::vector<std::string> options = {});
  /// `mount -o OPTIONS`, of what is mounted there.
  bool change(const std::filesystem::path& at, const std::string& options);
  void unmount(const std::filesystem::path& at);

 private:
  bool mount(std::vector<std::string> options, const std::filesystem::path& at);

  std::string refused_;
  std::vector<std::filesystem::path> made_;
};

}  // namespace e2e
