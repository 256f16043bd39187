// One file (or body from memory) on its way.
#pragma once

#include "core/files/digests.hpp"
#include "core/files/file_identity.hpp"
#include "core/time.hpp"
#include "io/world/files.hpp"

#include <sluice/result.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace sluice::engine {

class job_owner;
struct own_request;

/// A job keeps this from one attempt to the next. The file itself is opened anew for each.
struct job {
  std::shared_ptr<job_owner> owner;
  std::uint64_t seq = 0;
  io::directory_ptr root;  ///< null for a single upload
  std::string path;
  std::shared_ptr<const own_request> own;  ///< parts of its request; null: it has none of its own
  file_record record;                      ///< known so far

  /// Known from opening it.
  struct opening_notes {
    std::unique_ptr<io::opened_file> ahead;  ///< opened while others were on their way
    core::steady_time ahead_since{};
    unsigned starved = 0;         ///< times in a row that no descriptor was to be had
    bool may_be_missing = false;  ///< a list names it, and nobody has seen it yet
    bool had_writer = false;      ///< somebody had it open for writing when it was last opened
    /// When it will have been left alone long enough; the epoch: not asked yet.
    core::steady_time settled_at{};
    core::file_identity looked_at{};  ///< the file's identity at that time
    unsigned settling = 0;            ///< times that it was put off
    error_code kept_by;               ///< why nothing of its folder is sent
  } opening;

  /// Known from its attempts.
  struct attempt_notes {
    unsigned made = 0;
    unsigned lost = 0;      ///< requests more, each on a kept connection that ended without an answer
    unsigned renewals = 0;  ///< times that it was refused because credentials had run out
    core::steady_time first{};
    core::wall_time first_wall{};  ///< the time of {now}, in every attempt
    bool probe = false;            ///< the breaker let it through to see
    bool in_doubt = false;         ///< the server may have it, and no counted attempt says so
    bool counted = false;          ///< the totals have its attempt
    bool settled = false;          ///< the job has its fate, or went back to the backlog
  } attempts;

  /// Known from reading it before an attempt, where its request names a digest.
  struct content_notes {
    core::file_identity of{};  ///< the file that was read
    core::digest_set kinds{};  ///< kinds that were computed
    std::optional<core::digests> digests;
    bool torn = false;  ///< the attempt sent other bytes than these are of
  } content;

  /// Known from reading its side-car before an attempt.
  struct sidecar_notes {
    std::string path{};                     ///< path below the same root
    std::optional<std::uint64_t> digest{};  ///< digest of its bytes; nothing: there is none
  } sidecar;

  /// An earlier run sent it, could not take it away, and noted the digest of its bytes.
  std::optional<std::uint64_t> kept_digest;
  bool is_another = false;  ///< the log knows another file of this name

  /// Known from the source that a run follows.
  struct follow_notes {
    std::uint64_t place = 0;      ///< names it: core::revisit_id
    unsigned refusals = 0;        ///< refusals of us that this file met while others were accepted
    bool tried_before = false;    ///< and failed
    bool may_be_skipped = false;  ///< found by the first walk, which counts what is left out
  } followed;
};

}  // namespace sluice::engine
