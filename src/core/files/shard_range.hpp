// The places of a shard's files among those of all files.
#pragma once

#include <sluice/shard.hpp>

#include <cstdint>
#include <string_view>

namespace sluice::core {

/// A file's place, below 2³²: the first four bytes of the SHA-256 of its path.
std::uint32_t place_of_path(std::string_view path) noexcept;

/// Places from `begin` to before `end`. Two shards of any two numbers overlap where their ranges do.
struct shard_range {
  std::uint64_t begin = 0, end = 0;

  bool contains(std::uint32_t place) const noexcept { return place >= begin && place < end; }
  friend bool operator==(const shard_range&, const shard_range&) = default;
};

/// All places.
inline constexpr shard_range all_places{0, std::uint64_t{1} << 32};

/// The range of `s`; shards of one `of` lie side by side, without gaps.
constexpr shard_range range_of(const shard& s) noexcept {
  const auto begin_of = [&](std::uint64_t n) { return ((n << 32) + s.of - 1) / s.of; };
  return {begin_of(s.number - 1), begin_of(s.number)};
}

/// Whether there is such a shard.
constexpr bool is_possible(const shard& s) noexcept {
  return s.number >= 1 && s.number <= s.of && s.of <= most_shards;
}

}  // namespace sluice::core
