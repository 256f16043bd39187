// Files that were recognised before, by their inode and times: no key has to be made for them again.
#pragma once

#include "core/files/file_identity.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace sluice::core {

/// 64 bits of a file's place and identity.
inline std::uint64_t fingerprint_of(std::uint64_t place, const file_identity& f) noexcept {
  auto h = place;
  for (const auto part : {f.device, f.inode, f.size, static_cast<std::uint64_t>(f.mtime_ns),
                          static_cast<std::uint64_t>(f.ctime_ns)}) {
    h = (h ^ part) * 0x9e3779b97f4a7c15;  // MurmurHash3's finalizer, in part
    h ^= h >> 32;
  }
  return h | 1;  // 0 is an empty slot
}

/// A cache: a fingerprint that it has lost costs time. Two files of one fingerprint would be taken for one;
/// the second stays where it is, unsent, with a chance of one in 10^18 for each look. 8 bytes a slot, at most
/// 32 MiB.
class recognised_files {
 public:
  bool has(std::uint64_t fingerprint) const noexcept {
    if (slots_.empty()) return false;
    const auto at = group_of(fingerprint);
    return std::find(at, at + group, fingerprint) != at + group;
  }

  /// `files`: as many are to be remembered as far as there is room. A table that grows begins anew.
  void add(std::uint64_t fingerprint, std::size_t files) {
    if (slots_.size() < most && used_ >= slots_.size() / 2) {
      slots_.assign(std::clamp(std::bit_ceil(files * 2), least, most), 0);
      used_ = 0;
    }
    const auto at = slots_.begin() + (group_of(fingerprint) - slots_.cbegin());
    const auto end = at + group;
    if (std::find(at, end, fingerprint) != end) return;
    if (const auto free = std::find(at, end, 0u); free != end) {
      *free = fingerprint;
      ++used_;
    } else {
      at[static_cast<std::ptrdiff_t>(fingerprint >> 62)] = fingerprint;
    }
  }

  std::size_t slots() const noexcept { return slots_.size(); }

 private:
  static constexpr std::ptrdiff_t group = 4;  ///< places where a fingerprint may be
  static constexpr std::size_t least = 1024, most = std::size_t{1} << 22;

  std::vector<std::uint64_t>::const_iterator group_of(std::uint64_t fingerprint) const noexcept {
    const auto number = (fingerprint >> 8) & (slots_.size() / group - 1);
    return slots_.cbegin() + static_cast<std::ptrdiff_t>(number) * group;
  }

  std::vector<std::uint64_t> slots_;
  std::size_t used_ = 0;
};

}  // namespace sluice::core
