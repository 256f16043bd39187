// How many files are opened, and asked of the disk, before a connection wants them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace sluice::core {

/// In front of the connections go as many files as they take while the disk fetches one: twice the window at
/// first, twice as many each time one of them had to wait for its file, as long as what is asked for stays
/// small.
class read_ahead {
 public:
  static constexpr std::size_t least = 4, most = 64;       ///< files
  static constexpr std::uint64_t of_a_file = 1 << 20;      ///< bytes asked for at once
  static constexpr std::uint64_t of_all = 16 * of_a_file;  ///< bytes asked for and not yet wanted, about

  explicit read_ahead(std::size_t window) noexcept : files_{std::clamp(2 * window, least, most)} {}

  /// The window grew.
  void widen(std::size_t window) noexcept { files_ = std::max(files_, std::clamp(2 * window, least, most)); }
  /// A file of `size` bytes went out; `late`: its first bytes were not in memory when they were wanted.
  void sent(std::uint64_t size, bool late) noexcept {
    average_ += (static_cast<double>(std::min(size, of_a_file)) - average_) / 16;
    if (late) files_ = std::min(2 * files_, most);
  }
  std::size_t depth() const noexcept {
    const auto fit = static_cast<double>(of_all) / std::max(average_, 1.0);
    return fit >= static_cast<double>(files_) ? files_ : std::max(least, static_cast<std::size_t>(fit));
  }

 private:
  std::size_t files_;
  double average_ = 0;  ///< of the sizes lately, moving
};

}  // namespace sluice::core
