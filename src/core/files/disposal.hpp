// May this name be removed? The delete rule, and where a moved file goes.
#pragma once

#include "core/files/file_identity.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::core {

/// The evidence that is known when a file's disposal is decided.
struct removal_evidence {
  bool reply_complete_and_framed = false;
  bool session_as_configured = false;  ///< verified as configured, or plain http as written out
  bool accepted = false;               ///< status in the success set, and every body rule holds
  bool reply_was_early = true;  ///< the first byte of the reply was read while request bytes were unsent
  bool disproved = false;       ///< a rule says that the server has other bytes than were sent
  std::uint64_t file_bytes_sent = 0;
  bool torn = false;                 ///< a digest was sent ahead of the bytes, and theirs was another
  file_identity opened;              ///< fstat before the first byte was read
  std::optional<file_identity> now;  ///< fstat of the same descriptor after the reply; nothing: it failed
  /// fstatat of the name, links not followed, descriptor still open: no file's identity where the name is
  /// gone; nothing: it failed
  std::optional<file_identity> entry;
  bool being_written = false;  ///< the system says that somebody has the file open for writing
};

/// The delete rule's clauses, by the letters of docs/delete-rule.md.
enum class clause {
  complete_reply,     ///< (a) a complete, explicitly framed final reply over a session verified as configured
  success,            ///< (b) its status is in the success set and the body rule holds
  sent_before_reply,  ///< (c) no request byte was unsent when the reply's first byte was read
  same_bytes,         ///< (d) exactly the opened file's bytes were sent, and its identity did not change
  unwritten,          ///< (d) nobody has it open for writing, where the system says so
  same_entry,         ///< (e) the directory entry still is that file
  proven,             ///< (f) where a rule compares digests or sizes, the server's are ours
};

/// The first clause that does not hold, or nothing: the name may be removed (or moved).
std::optional<clause> broken_clause(const removal_evidence& e) noexcept;

/// All clauses hold but (d) or (e), and that one only because the system did not say how the file is now: the
/// server has it, and the name stays for want of a check.
bool only_unchecked(const removal_evidence& e) noexcept;

std::string_view to_string(clause c) noexcept;

/// The base name a moved file gets when `name` is taken in the target directory: `a.jpg` → `a.KEY.jpg`, with
/// the first 8 digits of the idempotency key, then `a.KEY.2.jpg` and so on for `turn` 2, 3, …. It has at most
/// 255 bytes, and as much of the stem as fits.
std::string collision_name(std::string_view name, std::string_view key, unsigned turn);

}  // namespace sluice::core
