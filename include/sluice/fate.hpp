// The fate of a file: what became of it in one run.
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace sluice {

/// What became of a file once sluice stopped working on it.
///
/// In a summary `seen = accepted + rejected + deferred + changed + vanished + skipped`;
/// an `undeletable` file counts as accepted too.
enum class fate {
  accepted,     ///< the server confirmed it and its disposal was carried out
  rejected,     ///< the server said no, for good; the file was kept (or moved, with on_reject)
  deferred,     ///< attempts or budget spent, or not ready to be read: it stays for the next run
  changed,      ///< its bytes or its name changed while it was sent; it stays for the next run
  vanished,     ///< gone before it could be opened
  skipped,      ///< not a regular file, not selected, or already accepted in an earlier run
  undeletable,  ///< accepted, but its name could not be checked, removed or moved
};

inline constexpr std::array<std::string_view, 7> fate_names{"accepted", "rejected", "deferred",   "changed",
                                                            "vanished", "skipped",  "undeletable"};

/// The lower-case word used in job logs and summaries.
constexpr std::string_view to_string(fate f) noexcept { return fate_names[static_cast<std::size_t>(f)]; }

/// The inverse of to_string(fate); nothing for any other word.
constexpr std::optional<fate> fate_from_string(std::string_view word) noexcept {
  for (std::size_t i = 0; i < fate_names.size(); ++i)
    if (fate_names[i] == word) return static_cast<fate>(i);
  return std::nullopt;
}

}  // namespace sluice
