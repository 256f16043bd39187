// The age of the oldest of very many files that wait, in memory that does not grow with their number.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

namespace sluice::core {

/// Modification times are counted by quarters of a second. The oldest `most` quarters are exact; of younger
/// files only the number is known. When the exact ones are used up, a new count is due.
class waiting_ages {
 public:
  explicit waiting_ages(std::size_t most = 16'384) : most_{most} {}

  void add(std::int64_t mtime_ns);
  /// A time that was not added changes nothing.
  void remove(std::int64_t mtime_ns) noexcept;
  /// Nanoseconds since the epoch, at most a quarter of a second before the truth. Once the exact ones are
  /// used up, no file is older than this.
  std::optional<std::int64_t> least() const noexcept;
  bool is_used_up() const noexcept { return times_.empty() && beyond_ > 0; }

 private:
  struct quarter {
    std::int64_t number;
    std::uint32_t files;
    std::uint32_t first;  ///< nanoseconds from its beginning to the least time in it
  };
  std::vector<quarter>::iterator place_of(std::int64_t number) noexcept;
  void drop_youngest();

  std::size_t most_;
  std::vector<quarter> times_;  ///< youngest first: the oldest goes without moving others
  std::int64_t limit_ = std::numeric_limits<std::int64_t>::max();  ///< the first quarter that is not exact
  std::uint64_t beyond_ = 0;                                       ///< files from there on
};

}  // namespace sluice::core
