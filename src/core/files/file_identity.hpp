// The identity makes a file the file that was opened.
#pragma once

#include "core/time.hpp"

#include <cstdint>

namespace sluice::core {

/// The values are those of fstat. Equal values before and after sending mean that the bytes sent are the
/// file's (delete rule d).
struct file_identity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t mtime_ns = 0;
  std::int64_t ctime_ns = 0;

  friend bool operator==(const file_identity&, const file_identity&) = default;
};

/// A link to the file was made or removed, or its mode was set: its bytes need not have changed.
inline bool only_change_time_differs(file_identity a, const file_identity& b) noexcept {
  a.ctime_ns = b.ctime_ns;
  return a == b;
}

/// The kernel gives a new file its name a moment before it knows that somebody writes to it, and tells of the
/// end of writing a moment before it forgets the writer.
constexpr milliseconds moment{50};

/// The file may be in the first of these moments: empty, and changed so lately.
inline bool just_made(const file_identity& f, wall_time now) noexcept {
  if (f.size != 0) return false;
  const auto age = age_of(f.ctime_ns, now);
  return age >= age.zero() && age < moment;
}

}  // namespace sluice::core
