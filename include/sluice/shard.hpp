// A part of a source, for runs that share its files and know nothing of each other.
//
//     auto from = sluice::source::directory("/mnt/spool");
//     from.select.shard = sluice::shard{2, 16};  // another process takes {1, 16}, one more {3, 16}, ...
#pragma once

#include <sluice/detail/export.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice {

/// The number `number` of `of` parts of a source. The path of a file alone decides which part has it
/// (shard_of()), so that each file is in one part, and stays there.
struct shard {
  std::uint32_t number = 1;  ///< 1 … `of`
  std::uint32_t of = 1;      ///< 1 … most_shards

  friend bool operator==(const shard&, const shard&) = default;  ///< compares both members
};

/// The most parts that a source can have.
inline constexpr std::uint32_t most_shards = 65'536;

/// Returns the number, 1 … `of`, of the part that has the file `path`: the path as the job log has it,
/// relative to the source, in raw bytes. With h, the first four bytes of the SHA-256 (FIPS 180-4) of `path`
/// as a number whose most significant byte comes first, it is 1 + ⌊h · `of` / 2³²⌋. The result is 1 where
/// `of` is 0.
///
/// **Thread safety.** Safe.
SLUICE_API std::uint32_t shard_of(std::string_view path, std::uint32_t of) noexcept;

/// Returns `K/N`, as in `2/16`.
///
/// **Errors.** Throws std::bad_alloc only.
SLUICE_API std::string to_string(const shard& s);

/// The inverse of to_string(shard), where `0/N` is `N/N`, so that numbers may be counted from 0 or from 1;
/// nothing for any other text.
///
/// **Thread safety.** Safe.
SLUICE_API std::optional<shard> shard_from_string(std::string_view text) noexcept;

}  // namespace sluice
