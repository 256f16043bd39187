// How many files are opened, and asked of the disk, before a connection wants them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace sluice::core {

/// The number of files that are opened ahead follows how many the connections take while the disk fetches
/// one. It is twice the window at first, and doubles each time a connection had to wait for its file, as long
/// as the bytes asked for stay few.
class read_ahead {
 public:
  static constexpr std::size_t least = 4, most = 64;       ///< files
  static constexpr std::uint64_t of_a_file = 1 << 20;      ///< bytes asked for at once
  static constexpr std::uint64_t of_all = 16 * of_a_file;  ///< bytes asked for and not yet wanted, about

  /// `at_most`: files that descriptors allow, from `least` on.
  explicit read_ahead(std::size_t window, std::size_t at_most = most) noexcept
      : most_{std::clamp(at_most, least, most)} {
    widen(window);
  }

  /// The window grew.
  void widen(std::size_t window) noexcept { files_ = std::max(files_, std::clamp(2 * window, least, most_)); }
  /// A file of `size` bytes went out; `late`: its first bytes were not in memory when they were wanted.
  void sent(std::uint64_t size, bool late) noexcept {
    average_ += (static_cast<double>(std::min(size, of_a_file)) - average_) / 16;
    if (late) files_ = std::min(2 * files_, most_);
  }
  std::size_t depth() const noexcept {
    const auto fit = static_cast<double>(of_all) / std::max(average_, 1.0);
    return fit >= static_cast<double>(files_) ? files_ : std::max(least, static_cast<std::size_t>(fit));
  }

 private:
  std::size_t most_, files_ = 0;
  double average_ = 0;  ///< moving average of the sizes
};

}  // namespace sluice::core
