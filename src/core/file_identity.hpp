// What makes a file the file that was opened.
#pragma once

#include <cstdint>

namespace sluice::core {

/// From fstat. Equal before and after sending means: the bytes sent are the file's (delete rule d).
struct file_identity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t mtime_ns = 0;
  std::int64_t ctime_ns = 0;

  friend bool operator==(const file_identity&, const file_identity&) = default;
};

}  // namespace sluice::core
