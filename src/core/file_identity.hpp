// What makes a file the file that was opened.
#pragma once

#include "core/time.hpp"

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

/// The kernel gives a new file its name a moment before it knows that somebody writes to it, and tells of the
/// end of writing a moment before it forgets the writer.
constexpr milliseconds moment{50};

/// It may be in the first of these moments: empty, and changed so lately.
inline bool just_made(const file_identity& f, wall_time now) noexcept {
  if (f.size != 0) return false;
  const auto age = std::chrono::nanoseconds{now.time_since_epoch()} - std::chrono::nanoseconds{f.ctime_ns};
  return age >= age.zero() && age < moment;
}

}  // namespace sluice::core
