// One drain of a source, from the lock to the summary.
#pragma once

#include "engine/attempt/job_owner.hpp"
#include "engine/dispatch/dispatcher.hpp"
#include "engine/run/answer_watch.hpp"
#include "engine/run/run_spool.hpp"

#include <sluice/source.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace sluice::engine {

using drain_done = asio::any_completion_handler<void(error_code, run_summary)>;

/// The rooms that a run works with.
struct run_site {
  engine::context& context;
  engine::dispatcher& dispatcher;
  engine::conclusion& conclusion;
  const window_control& window;
};

using trouble_now = std::optional<core::endpoint_monitor::condition>;

/// Owner of the jobs of a source. drain_run reads the source once, follow_run for ever.
class run : public job_owner, public std::enable_shared_from_this<run> {
 public:
  run(const run_site& site, source from, drain_options options, drain_done done);

  /// Opens what it needs and reads the source. `over` is called once, when it has ended, before `done` is.
  void begin(std::function<void()> over);
  /// Starts nothing new; jobs in flight get `limit.grace`, or with `at_once` end now.
  void stop(stop_reason reason, std::string detail, bool at_once = false);
  /// Walks a source that is followed; with `and_end`, for the last time.
  virtual void rescan(bool /*and_end*/) {}
  virtual void fill(progress& p) const;

  void backlog_is_low() { timers_.room->cancel(); }
  /// `stopped`: why the breaker stopped just now, or `nobody`. `trouble`: what is wrong with the endpoint.
  virtual void endpoint_judged(const core::judgement& v, core::blame stopped, const trouble_now& trouble);
  void end_if_done();

  const job_terms& terms() const noexcept override { return terms_; }
  core::totals& totals() noexcept override { return spool_.records.totals(); }
  run_spool& spool() noexcept override { return spool_; }
  error_code ended() const noexcept override;
  std::optional<core::steady_time> decide(job& j, outcome o) override;
  void give_up(job& j) override;
  void attempt_judged(const io::exchange_report& report, const core::judgement& v) override;

  /// A job was made of the source; each is finished once.
  void begun() noexcept { ++outstanding_; }
  /// The last step of every job.
  void finish(job& j, outcome o);
  /// A directory could not be listed.
  void not_listed(const std::string& path, const error_code& why);

 protected:
  /// Reads the source to its end. No run begins it before its log is read.
  virtual awaitable<void> feed() = 0;
  /// Called before feed(), when the files are open.
  virtual void opened() {}
  /// feed() is to end.
  virtual void stop_feeding() {}
  /// A job has its fate, and is counted.
  virtual void fated(const job& /*j*/, error_code /*why*/) {}
  /// A job is outstanding no more.
  void one_less();

  run_site site_;
  source from_;
  run_spool spool_;
  job_terms terms_;
  struct {
    std::unique_ptr<io::timer> room;   ///< the feeder waits here while the backlog is full
    std::unique_ptr<io::timer> end;    ///< max_duration
    std::unique_ptr<io::timer> grace;  ///< runs after a stop
  } timers_;
  struct {
    bool fed = false;  ///< the feeder has ended
    bool ending = false, stopping = false, over = false;
    stop_reason reason = stop_reason::complete;
    std::string detail;
    core::steady_time stopped_at{};
    std::string last_trouble;        ///< the last reason that spoke of the endpoint, not of a file
    bool trouble_is_proxys = false;  ///< the last trouble spoke of the proxy
  } state_;
  std::uint64_t outstanding_ = 0;  ///< files taken from the source without a fate

 private:
  awaitable<void> end_when_written();
  void end(error_code ec);

  answer_watch watch_;
  drain_done done_;
  std::function<void()> over_;
  struct {
    core::steady_time at;
    core::wall_time wall;
    std::uint64_t window_changes;  ///< changes before the run began
  } start_;
};

}  // namespace sluice::engine
