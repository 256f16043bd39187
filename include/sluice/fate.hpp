// The fate of a file: what became of it in one run. And how many files came to which.
//
//     const auto counts = up.progress().counts;
//     for (const auto f : sluice::all_fates) std::cout << to_string(f) << ' ' << counts[f] << '\n';
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sluice {

/// The end of a file's way, once sluice stopped working on it.
enum class fate {
  accepted,     ///< the server confirmed it and its disposal was carried out
  rejected,     ///< the server said no, for good; the file was kept (or moved, with on_reject)
  deferred,     ///< attempts or budget spent, or not ready to be read: it stays for the next run
  changed,      ///< the bytes or the name changed while it was sent; it stays for the next run
  vanished,     ///< gone before it could be opened
  skipped,      ///< not a regular file, not selected, named before, or already accepted in an earlier run
  undeletable,  ///< accepted, but its name could not be checked, removed or moved
  missing,      ///< named by a list or a range, and there was no such file when it was first looked at
  corrupted,    ///< the server says a digest or a size that is not ours: it stays for the next run
};

namespace detail {
struct fate_row {
  fate value;
  std::string_view name;
  fate part_of;  ///< the fate that counts such a file, too; itself, if it is no part of another
  bool failure;  ///< the run did not do with it what was asked
};
inline constexpr std::array fate_table{
    fate_row{fate::accepted, "accepted", fate::accepted, false},
    fate_row{fate::rejected, "rejected", fate::rejected, true},
    fate_row{fate::deferred, "deferred", fate::deferred, true},
    fate_row{fate::changed, "changed", fate::changed, true},
    fate_row{fate::vanished, "vanished", fate::vanished, false},
    fate_row{fate::skipped, "skipped", fate::skipped, false},
    fate_row{fate::undeletable, "undeletable", fate::accepted, true},
    fate_row{fate::missing, "missing", fate::vanished, true},
    fate_row{fate::corrupted, "corrupted", fate::deferred, true},
};
}  // namespace detail

/// All of them, in the order of reports.
inline constexpr auto all_fates = [] {
  std::array<fate, detail::fate_table.size()> all{};
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = detail::fate_table[i].value;
  return all;
}();

/// The lower-case word used in job logs and summaries.
constexpr std::string_view to_string(fate f) noexcept {
  return detail::fate_table[static_cast<std::size_t>(f)].name;
}

/// Whether what was asked for was not done with a file: a run with one of them ends with exit code 1.
constexpr bool is_failure(fate f) noexcept { return detail::fate_table[static_cast<std::size_t>(f)].failure; }

/// The inverse of to_string(fate); nothing for any other word.
constexpr std::optional<fate> fate_from_string(std::string_view word) noexcept {
  for (const auto& row : detail::fate_table)
    if (row.name == word) return row.value;
  return std::nullopt;
}

/// How many files came to each fate.
class counts {
 public:
  /// Files with this fate, as a summary has them: the undeletable ones are among those accepted, the missing
  /// ones among those vanished, and the corrupted ones among those deferred.
  constexpr std::uint64_t operator[](fate f) const noexcept {
    std::uint64_t sum = 0;
    for (const auto& row : detail::fate_table)
      if (row.value == f || row.part_of == f) sum += only(row.value);
    return sum;
  }
  /// Files with this very fate, each file once.
  constexpr std::uint64_t only(fate f) const noexcept { return files_[static_cast<std::size_t>(f)]; }
  /// All files that were seen: `accepted + rejected + deferred + changed + vanished + skipped`.
  constexpr std::uint64_t total() const noexcept {
    std::uint64_t sum = 0;
    for (const auto n : files_) sum += n;
    return sum;
  }
  /// Files with a fate that is_failure().
  constexpr std::uint64_t failures() const noexcept {
    std::uint64_t sum = 0;
    for (const auto f : all_fates) sum += is_failure(f) ? only(f) : 0;
    return sum;
  }
  /// `n` more files with this very fate.
  constexpr void add(fate f, std::uint64_t n = 1) noexcept { files_[static_cast<std::size_t>(f)] += n; }

 private:
  std::array<std::uint64_t, detail::fate_table.size()> files_{};
};

}  // namespace sluice
