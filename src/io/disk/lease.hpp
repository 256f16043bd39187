// Whether somebody has a file open for writing: what the kernel tells of it.
#pragma once

#include <string>

namespace sluice::io {

/// A read lease, which the kernel grants only where nobody has the file open for writing. While it is held a
/// writer's open waits, and would send us a signal: SIGURG, which is ignored unless somebody asked for it,
/// instead of SIGIO, which kills. A process that ignores SIGIO when it takes its first lease, and goes on
/// doing so, saves the call that says so.
class lease {
 public:
  enum class answer {
    no_writer,  ///< and none can come before this object goes
    has_writer,
    unknown,  ///< the kernel does not grant us a lease, or does not know of all writers
  };
  /// `sees_all`: every writer to this file system goes through this kernel (sees_all_writers()).
  lease(int fd, bool sees_all) noexcept;
  ~lease();
  lease(const lease&) = delete;
  answer says() const noexcept { return answer_; }

 private:
  int fd_;
  bool held_ = false;
  answer answer_ = answer::unknown;
};

/// Whether the file system of `fd` is one of this machine's own: a network or FUSE mount, and a layer over
/// other folders, can be written on their other side.
bool sees_all_writers(int fd) noexcept;

/// Why no lease is to be had of the open file `fd`, for people.
std::string why_no_lease(int fd);

}  // namespace sluice::io
