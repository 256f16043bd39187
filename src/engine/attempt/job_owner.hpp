// The owner of a job: a drain, a followed run or one upload decides what an attempt's outcome means.
#pragma once

#include "core/files/removal.hpp"
#include "core/report/totals.hpp"
#include "engine/attempt/job.hpp"
#include "engine/attempt/outcome.hpp"
#include "engine/settings.hpp"
#include "io/net/exchange.hpp"

#include <sluice/config.hpp>

#include <new>
#include <optional>
#include <utility>

namespace sluice::engine {

/// The job has its fate, and its record says so.
inline void settle_job(job& j, outcome& o) {
  j.attempts.settled = true;
  auto& r = j.record;
  r.fate = o.fate, r.error = o.error;
  try {
    if (o.error) r.reason = o.reason.empty() ? o.error.message() : std::move(o.reason);
  } catch (const std::bad_alloc&) {  // the fate matters more than the reason
  }
}

/// The same for all jobs of an owner.
struct job_terms {
  disposal on_success;
  bool only_unwritten = true;                    ///< half a file must not count as sent
  io::directory_ptr move_target, reject_target;  ///< null: opened for each file
  bool follows = false;                          ///< a file that is not ready is waited for
  bool files = true;                             ///< false: bodies that are no files
};

/// A run's knowledge of the files that it takes from its source.
class spool {
 public:
  virtual ~spool() = default;
  enum class known { no, accepted, kept };
  /// Whether an earlier run sent it; `kept`: and could not take it away (`j.kept_digest` says what).
  virtual known known_before(job&, const core::file_identity&) { return known::no; }
  /// Why nothing of its folder is sent, or no error. `device` 0: it is not open yet.
  virtual error_code held(const job&, std::uint64_t /*device*/) const { return {}; }
  /// False: the directory is not the source any more, and no file is taken out of it.
  virtual bool still_in_source(const job&) const { return true; }
  /// Writes the record as it is. False: no file may be taken away without one.
  virtual bool write_record(job&) { return true; }
  virtual void taken_away(const job&, const io::opened_file&) {}
  /// The file was confirmed, and could not be taken away.
  virtual void stayed(const job&, const io::opened_file&, const core::removal_failure&) {}
};

class job_owner {
 public:
  virtual ~job_owner() = default;

  virtual const job_terms& terms() const noexcept = 0;
  virtual core::totals& totals() noexcept = 0;
  virtual engine::spool& spool() noexcept = 0;
  /// Why no attempt begins any more; no error: they do.
  virtual error_code ended() const noexcept = 0;

  /// The outcome of an attempt. The job has its fate now, or it is due again when this says.
  virtual std::optional<core::steady_time> decide(job& j, outcome o) = 0;
  /// No attempt of it is made any more.
  virtual void give_up(job& j) = 0;

  // An attempt tells its steps.
  /// A body that is no file, ready for an attempt; null: `j` is a file.
  virtual io::body* begin_body(job&) { return nullptr; }
  virtual void attempt_begins(job&) {}
  virtual void attempt_judged(const io::exchange_report&, const core::judgement&) {}
};

}  // namespace sluice::engine
