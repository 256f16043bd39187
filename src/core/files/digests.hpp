// The digests that templates name: which are wanted of a file, and what they are.
#pragma once

#include <array>
#include <cstddef>
#include <string>

namespace sluice::core {

enum class digest_kind : unsigned char { md5, sha1, sha256, sha512, crc32 };
inline constexpr std::array all_digests{digest_kind::md5, digest_kind::sha1, digest_kind::sha256,
                                        digest_kind::sha512, digest_kind::crc32};

/// The name in a template.
constexpr const char* to_string(digest_kind k) noexcept {
  constexpr const char* names[] = {"md5", "sha1", "sha256", "sha512", "crc32"};
  return names[static_cast<std::size_t>(k)];
}

/// A set of kinds.
class digest_set {
 public:
  constexpr void add(digest_kind k) noexcept { bits_ |= 1U << static_cast<unsigned>(k); }
  constexpr bool contains(digest_kind k) const noexcept {
    return (bits_ >> static_cast<unsigned>(k) & 1U) != 0;
  }
  constexpr bool empty() const noexcept { return bits_ == 0; }
  constexpr digest_set& operator|=(digest_set other) noexcept {
    bits_ |= other.bits_;
    return *this;
  }
  friend constexpr digest_set operator|(digest_set a, digest_set b) noexcept { return a |= b; }
  friend constexpr bool operator==(digest_set, digest_set) noexcept = default;

 private:
  unsigned bits_ = 0;
};

/// Raw bytes, the most significant first (also of crc32, that of gzip and PNG); those that were not computed
/// are empty.
class digests {
 public:
  std::string& operator[](digest_kind k) noexcept { return values_[static_cast<std::size_t>(k)]; }
  const std::string& operator[](digest_kind k) const noexcept { return values_[static_cast<std::size_t>(k)]; }

  /// Whether all that both have are equal.
  bool agree_with(const digests& other) const noexcept {
    for (const auto k : all_digests) {
      const auto &a = (*this)[k], &b = other[k];
      if (!a.empty() && !b.empty() && a != b) return false;
    }
    return true;
  }

 private:
  std::array<std::string, all_digests.size()> values_;
};

}  // namespace sluice::core
