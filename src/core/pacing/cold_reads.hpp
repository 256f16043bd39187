// Reads show whether the disk is worth asking ahead, and how long to wait for it.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace sluice::core {

/// Some file systems bring nothing that they are asked for, until a read waits: ext4 and f2fs with inline
/// data. Such a read takes no time, because the bytes came with the inode. That is learned of a file system,
/// and its small files are read at once. A read that did take time shows that the disk was only slow.
///
/// A spool that was written lately lies in memory, and asking the disk for it is a system call a file for
/// nothing. A file now and then is not asked for; when a few of these lay in memory, no file is asked for
/// until one did not. Each miss makes such a try half as frequent, because it makes a connection wait.
class cold_reads {
 public:
  using duration = std::chrono::nanoseconds;
  /// Most bytes of one read that waits, and of a small file.
  static constexpr std::uint64_t small = 64 * 1024;
  static constexpr std::size_t most_devices = 16;
  static constexpr unsigned enough = 3;  ///< reads in a row that show it
  static constexpr std::chrono::milliseconds no_time{1};

  explicit cold_reads(duration for_small = std::chrono::milliseconds{20},
                      duration for_large = std::chrono::seconds{4}) noexcept
      : for_small_{for_small}, for_large_{for_large} {}

  /// How long a file of `size` bytes is waited for with the loop free.
  duration patience(std::uint64_t device, std::uint64_t size) const noexcept;
  /// The disk brought what was missing, with the loop free.
  void bytes_came(std::uint64_t device) noexcept;
  /// The disk did not, and then a read that waited took `time`.
  void read_waited(std::uint64_t device, duration time) noexcept;

  /// Whether the disk is asked for the next small file before it is read.
  bool asks_ahead() noexcept;
  /// A file that asks_ahead() was false for was read.
  void read_unasked(bool was_in_memory) noexcept;

  static constexpr unsigned enough_hits = 3, first_pause = 16, longest_pause = 1024;  ///< files

 private:
  struct seen {
    std::uint64_t device = 0;
    unsigned count = 0;  ///< 0: the place is free
  };
  const seen* find(std::uint64_t device) const noexcept;

  duration for_small_, for_large_;
  std::array<seen, most_devices> devices_{};
  std::size_t oldest_ = 0;  ///< gives its place away when none is free
  struct {
    unsigned hits = 0;             ///< files in a row that were not asked for, and lay in memory
    unsigned pause = first_pause;  ///< files from one try to the next
    unsigned left = 0;             ///< files until then
  } tries_;
};

}  // namespace sluice::core
