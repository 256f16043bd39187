// A drain that follows its source: fresh files, files that failed before, and an endpoint that is waited for.
#pragma once

#include "core/pacing/revisits.hpp"
#include "engine/run/intake.hpp"
#include "engine/run/run.hpp"
#include "engine/run/source_count.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <unordered_map>

namespace sluice::engine {

class follow_run final : public run {
 public:
  follow_run(const run_site& site, source from, drain_options options, drain_done done);

  void rescan(bool and_end) override;
  void fill(progress& p) const override;
  void endpoint_judged(const core::judgement& v, core::blame stopped, const trouble_now& trouble) override;
  std::optional<core::steady_time> decide(job& j, outcome o) override;

 private:
  void opened() override;
  awaitable<void> feed() override;
  void fated(const job& j, error_code why) override;

  awaitable<void> news(core::steady_time now, core::wall_time wall);
  void take(io::entry& e);
  void begin_job(io::entry& e);
  void begin_retries();
  bool leaves_alone(const job& j, const outcome& o) const;
  void leave_alone(const job& j, error_code why);
  bool waits_for_endpoint(const job& j, const outcome& o) const;
  void released(const job& j);
  void root_lost(const std::string& path);
  void saw_waiting(const io::entry& e);
  void begin_count();
  std::function<bool(std::uint64_t)> on_their_way() const;
  std::uint64_t waiting() const;

  /// Bounded by the backlog's marks, but for `failed`, which has its own bound.
  struct known_files {
    core::revisits failed;
    /// Files on their way, and those in `due`; true: the kernel told of the file since.
    std::unordered_map<std::uint64_t, bool> under_way{};
    std::deque<io::entry> due{};  ///< failed before, found by a walk, their time has come
    bool left_out = false;        ///< more were than `due` takes
    std::size_t retrying = 0;     ///< outstanding files that failed before
    std::uint64_t begun = 0;      ///< taken from the source, for max_files
    bool finish_asked = false;    ///< finish() was called before the first walk
  };

  intake intake_;
  known_files known_;
  source_count count_;
  core::steady_time last_good_ = core::steady_time::min();  ///< when the endpoint last spoke of a file
  core::steady_time walked_ = core::steady_time::min();     ///< the end of the last walk
};

}  // namespace sluice::engine
