// The files of a run's source, as far as the run knows them.
#pragma once

#include "engine/run/folder_sweep.hpp"
#include "engine/run/run_records.hpp"
#include "engine/run/stuck_files.hpp"

#include <functional>
#include <utility>

namespace sluice::engine {

class run_spool final : public spool {
 public:
  run_spool(context& c, drain_options o)
      : files{c}, records{c, std::move(o)}, stuck{c, files}, folders{c, files, records.totals()} {}

  known known_before(job& j, const core::file_identity& f) override {
    if (!files.is_known(j.root, j.path, f)) return known::no;
    j.kept_digest = files.digest_of_kept(j.path, f);
    return j.kept_digest ? known::kept : known::accepted;
  }
  error_code held(const job& j, std::uint64_t device) const override { return stuck.held(j, device); }
  bool still_in_source(const job& j) const override { return !source || source->still_there(*j.root); }
  bool write_record(job& j) override { return records.write(j.record); }
  void taken_away(const job& j, const io::opened_file& f) override {
    stuck.taken_away(j, f.identity());
    folders.took_file(j, f);
  }
  void stayed(const job& j, const io::opened_file& f, const core::removal_failure& failed) override {
    if (stuck.stayed(j, f, failed)) news();
  }

  run_files files;
  run_records records;
  stuck_files stuck;
  folder_sweep folders;
  std::unique_ptr<io::followed_source> source;  ///< set in a run that follows
  std::function<void()> news;                   ///< `stuck` has something to try again
};

}  // namespace sluice::engine
