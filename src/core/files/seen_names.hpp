// The names that a list has had before.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::core {

/// One spelling for all that lead to the same place without looking: no `.` step, no slash twice or at the
/// end. `..` stays: where it leads is for the file system to say. Nothing left: `.`.
std::string plain_path(std::string_view path);

/// Flat tables of 128-bit hashes: 16 bytes a name, at most two thirds full (24 to 48 bytes a name in all).
/// Two names share a hash as seldom as two idempotency keys do. There are many tables, so that one of them is
/// small when it grows: no step is long.
class seen_names {
 public:
  /// False: it was there already.
  bool add(std::string_view name);
  std::size_t size() const noexcept { return used_; }

 private:
  using hash = std::array<std::uint64_t, 2>;
  struct table {
    std::vector<hash> places;  ///< a power of two; zeros are an empty place
    std::size_t used = 0;
  };
  static void enlarge(table& t);
  static bool put(std::vector<hash>& into, const hash& h) noexcept;

  std::vector<table> tables_;  ///< a hash's first bits choose
  std::size_t used_ = 0;
};

}  // namespace sluice::core
