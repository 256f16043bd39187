// The records of a run: totals, job log, observers.
#pragma once

#include "core/report/totals.hpp"
#include "engine/attempt/job.hpp"
#include "engine/context.hpp"

#include <sluice/drain_options.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace sluice::engine {

class run_records {
 public:
  run_records(context& c, drain_options o)
      : context_{c}, options_{std::move(o)}, longest_{c.settings.raw.job_log_compact} {}

  core::totals& totals() noexcept { return totals_; }
  const core::totals& totals() const noexcept { return totals_; }

  /// Lines go there from now on; null: nowhere. `failed` is called once, when lines can no more be written.
  void log_to(std::unique_ptr<io::record_writer> log, std::function<void()> failed);
  error_code reopen_log();
  /// The log is so long that it is to be made shorter.
  bool has_long_log() const noexcept { return log_ && longest_ != 0 && log_->size() >= longest_; }
  /// Makes it shorter, with a quarter of the loop, until give(). Files are asked for below `roots`; `owner`
  /// keeps this alive.
  void shorten_log(std::vector<io::directory_ptr> roots, std::shared_ptr<void> owner);
  /// Tries once more what is unwritten. False: a slow reader of the log has yet to take it.
  bool flush() { return !log_ || log_->flush(); }

  /// Writes a line, but for skipped files: a resumed run of a large folder would repeat its whole log each
  /// time. False: the log has failed, and no file is taken away without a line.
  bool write(file_record& r);
  /// A file has its fate: observers are told, and it is counted.
  void add(const file_record& r);

  std::uint64_t lines_dropped() const noexcept { return log_ ? log_->dropped() : 0; }

  /// The records that were asked for, and the lines that got lost, which an observer is told.
  void give(run_summary& s);

 private:
  void log_failed(const std::string& why);
  awaitable<void> work_on_log(std::vector<io::directory_ptr> roots);

  context& context_;
  drain_options options_;
  core::totals totals_;
  std::vector<file_record> kept_;  ///< ordered by seq; empty unless they are collected
  std::unique_ptr<io::record_writer> log_;
  std::function<void()> on_failure_;
  bool log_failed_ = false;
  std::uint64_t longest_;  ///< bytes, until the log is made shorter; 0: never, or the run is over
  std::unique_ptr<io::log_shortening> shortening_;
};

}  // namespace sluice::engine
