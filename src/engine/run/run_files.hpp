// The files that a run holds open: its source, its lock, the log of an earlier run.
#pragma once

#include "core/files/recognised_files.hpp"
#include "core/files/selection.hpp"
#include "engine/attempt/job_owner.hpp"
#include "engine/context.hpp"
#include "io/disk/log_reading.hpp"

#include <sluice/source.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sluice::engine {

/// Why a run cannot begin.
struct refusal {
  stop_reason reason = stop_reason::source_unreadable;
  error_code error;
  std::string detail;
};

class run_files {
 public:
  explicit run_files(context& c)
      : context_{c}, accepted_{{c.world.entropy->number(), c.world.entropy->number()}} {}

  /// Opens all that a run of `from` needs. What fails here sends nothing.
  std::optional<refusal> open(const source& from, job_terms& terms);

  /// Reads the log of earlier runs, where there is one, in slices between which the loop does other work.
  /// Ends early when `stopping` is true.
  awaitable<std::optional<refusal>> read_log(const bool& stopping);
  /// The part of that log that is read, 0 to 1, while it is being read.
  std::optional<double> log_part() const { return reading_ ? std::optional{reading_->part()} : std::nullopt; }

  const core::selector& selector() const noexcept { return selector_; }
  const io::opened_source& opened() const noexcept { return opened_; }
  /// The roots, and the directories of files that are named one by one.
  std::vector<io::directory_ptr> directories() const;
  /// The job log, if there is one. Its owner from then on is the caller.
  std::unique_ptr<io::record_writer> take_log() noexcept { return std::move(log_); }

  /// Names a file by the number of its root and its path.
  std::uint64_t place_of(const io::directory_ptr& root, const std::string& path) const;
  /// Whether it was accepted before: by its key, or as a copy of what the log has. Of several roots each may
  /// have such a file; then as many have to be in the log as there are, or one may be lost.
  bool is_known(const io::directory_ptr& root, const std::string& path, const core::file_identity& f) const;
  /// The digest of a file that is to be taken away, and that an earlier run could not.
  std::optional<std::uint64_t> digest_of_kept(const std::string& path, const core::file_identity& f) const;
  /// Accepted by this run, and still there.
  void add_known(const file_record& r) { accepted_.add({r.path, r.size, r.mtime_ns, r.key}); }

 private:
  std::optional<refusal> open_source(const source& from);
  std::optional<refusal> take_lock(const source& from);
  void warn_of_network(const source& from, const std::vector<io::directory_ptr>& locked) const;
  std::optional<refusal> open_targets(job_terms& terms) const;
  std::optional<refusal> open_log();
  refusal unreadable_log(const error_code& ec) const;
  bool is_accepted(const io::directory_ptr& root, const std::string& path, const core::file_identity& f,
                   bool& for_good) const;

  context& context_;
  core::selector selector_;
  io::opened_source opened_;
  io::directory_lock lock_;
  io::accepted_keys accepted_;
  std::unique_ptr<io::log_reading> reading_;  ///< null when the log has been read
  mutable core::recognised_files recognised_;
  std::unique_ptr<io::record_writer> log_;
};

}  // namespace sluice::engine
