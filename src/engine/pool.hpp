// N uploads in flight: backlog, gate and permits decide what starts; each lane is one connection and one
// coroutine.
#pragma once

#include "core/auto_window.hpp"
#include "core/backlog.hpp"
#include "core/permits.hpp"
#include "core/read_ahead.hpp"
#include "core/retry.hpp"
#include "core/selection.hpp"
#include "core/totals.hpp"
#include "engine/engine.hpp"
#include "engine/followed.hpp"
#include "engine/gate.hpp"
#include "engine/job.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <list>

namespace sluice::engine {

/// `Io` is what the world is made of: `clock`, `wall_clock`, `timer`, `entropy`, `network` (makes
/// `connection`s), `files`. See engine/live.hpp; tests/sim has another one.
///
/// A file's way is in pool_open.hpp and pool_attempt.hpp, a run's in pool_drain.hpp and pool_follow.hpp.
template <class Io>
class pool final : public engine_base, public std::enable_shared_from_this<pool<Io>> {
 public:
  pool(asio::any_io_executor executor, settings s)
      : executor_{executor},
        settings_{std::move(s)},
        network_{executor, settings_},
        files_{executor},
        random_{entropy_.number()},
        tuner_{tuner_of(settings_.raw.window)},
        permits_{tuner_ ? tuner_->limit() : settings_.raw.window.size()},
        backlog_{0, 0},
        read_ahead_{permits_.limit()},
        gate_{settings_.raw.limit.requests_per_second,
              settings_.raw.retry.hold_back ? core::breaker_policy{} : core::breaker_policy::never_opens()},
        wake_{executor} {
    set_marks();
    told_window_ = permits_.limit();
  }

  std::uint64_t upload(upload_request request, upload_done done) override;
  void cancel_upload(std::uint64_t id, bool only_waiting) override;
  std::uint64_t drain(source from, drain_options options, drain_done done) override;
  void stop_drain(std::uint64_t id, bool at_once) override;
  void set_window(window w) override;
  void set_rate(double requests_per_second) override {
    gate_.set_rate(requests_per_second, clock::now());
    pump();
  }
  void set_limit_rate(std::uint64_t bytes_per_second) override { network_.set_limit_rate(bytes_per_second); }
  void hold(bool on) override {
    gate_.hold(on);
    if (!on) pump();
  }
  void set_headers(std::vector<header> headers) override;
  void set_tls(std::shared_ptr<const io::tls_client> client) override { network_.set_tls(std::move(client)); }
  error_code reopen_log() override;
  void rescan(bool and_end) override;
  progress snapshot() const override;
  void cancel_all() override;
  void shut_down() override { cancel_all(); }
  void abandon() override {
    const auto waiting = backlog_.take_all();
    const auto under_way = std::exchange(run_, nullptr);
  }

 private:
  using clock = typename Io::clock;
  using timer = typename Io::timer;
  using files_type = typename Io::files;
  using directory_ptr = typename files_type::directory_ptr;
  using file = typename files_type::file;
  using job_type = job<files_type>;

  struct lane {
    std::unique_ptr<typename Io::connection> connection;
    std::shared_ptr<engine::upload> upload;  ///< what it works on, if it is an upload
    bool busy = false;
  };
  using lane_ptr = typename std::list<lane>::iterator;

  /// One drain, from the lock to the summary.
  struct run {
    run(source s, drain_options o, asio::any_io_executor ex)
        : from{std::move(s)}, options{std::move(o)}, room{ex}, end{ex}, grace{ex} {}
    std::uint64_t id = 0;
    source from;
    drain_options options;
    std::vector<file_record> records;  ///< by seq, if they are to be kept
    drain_done done;
    core::selector selector;
    std::vector<directory_ptr> roots;
    typename files_type::lock lock;
    typename files_type::log log;
    typename files_type::keys accepted;
    directory_ptr move_target, reject_target;
    core::totals totals;
    core::steady_time started;
    timer room;   ///< the feeder waits here while the backlog is full
    timer end;    ///< max_duration
    timer grace;  ///< after a stop
    std::unique_ptr<typename files_type::reader> reader;
    bool fed = false;  ///< the feeder has ended
    bool stopping = false;
    stop_reason reason = stop_reason::complete;
    std::string detail;
    std::string last_trouble;          ///< the last reason that spoke of the endpoint, not of a file
    std::uint64_t window_changes = 0;  ///< before it began
    std::uint64_t outstanding = 0;     ///< files taken from the source without a fate
    std::optional<std::uint64_t> total;
    std::optional<engine::followed<files_type>> follow;
  };

  // Dispatch (pool_dispatch.hpp).
  void pump();
  std::optional<job_type> next_job();
  void start_lane(job_type j);
  awaitable<void> lane_loop(lane_ptr l, job_type j);
  void lane_ended(lane_ptr l);
  void wake_at(core::steady_time t);

  // The window (pool_window.hpp).
  std::optional<core::auto_window> tuner_of(window w) const;
  void resize(std::size_t limit);
  void set_marks();
  core::window_sample window_sample_of(const job_type& j, const io::exchange_report& report,
                                       const core::judgement& v) const;
  void tune(const core::window_sample& s);
  void shrink();
  void told(window_reason why);

  // Opening (pool_open.hpp).
  void look_ahead(core::steady_time now);
  error_code open_file(job_type& j, std::optional<file>& f);
  error_code open(job_type& j, std::optional<file>& f);
  void not_opened(job_type& j, error_code why);

  // One file (pool_attempt.hpp).
  awaitable<bool> attempt(lane& l, job_type& j);
  void begin_body(job_type& j, io::body& body);
  io::request make_request(job_type& j);
  core::judgement judge(job_type& j, const io::exchange_report& report);
  void settle(job_type& j, const std::optional<file>& f, const io::exchange_report& report,
              const core::judgement& v);
  void accepted(job_type& j, const std::optional<file>& f, const io::exchange_report& report);
  void rejected(job_type& j, const std::optional<file>& f, const core::judgement& v);
  error_code dispose(job_type& j, const file& f, const disposal& how, const directory_ptr& target,
                     const char* done);
  error_code move(job_type& j, const file& f, const disposal& how, const directory_ptr& target);
  void retry_or_defer(job_type& j, const core::judgement& v);
  void finish(job_type& j, sluice::fate fate, error_code why, std::string reason = {});
  void told(const job_type& j);
  void told(const job_type& j, const io::exchange_report& report, const core::judgement& v);
  void log(job_type& j);
  core::totals& totals_of(const job_type& j) { return j.upload || !run_ ? upload_totals_ : run_->totals; }

  // A run (pool_drain.hpp).
  bool prepare(run& r, error_code& ec);
  awaitable<void> feed(std::shared_ptr<run> r);
  awaitable<void> count(std::shared_ptr<run> r);
  void take_entry(run& r, typename files_type::entry& e);
  job_type job_of(run& r, typename files_type::entry& e);
  void one_less();
  void stop_run(stop_reason reason, std::string detail, bool at_once = false);
  void abort_lanes(bool of_the_run_only);
  void abort_lane(lane& l, error_code why);
  void observe(const core::judgement& v, bool probe);
  void maybe_end_run();
  void end_run(error_code ec);

  // A run that follows (pool_follow.hpp, pool_waiting.hpp).
  awaitable<void> follow(std::shared_ptr<run> r);
  awaitable<void> news_of(run& r, core::steady_time now, core::wall_time wall);
  awaitable<void> count_waiting(std::shared_ptr<run> r);
  std::uint64_t place_of(const run& r, const directory_ptr& root, const std::string& path) const;
  void take_followed(run& r, typename files_type::entry& e);
  void begin_followed(run& r, typename files_type::entry& e);
  void retry_failed(run& r);
  void released(const job_type& j);
  void fated(const job_type& j, error_code why);
  bool left_alone(job_type& j, error_code why);
  bool waits_for_endpoint(const job_type& j, const core::judgement& v) const;
  void wait_for_endpoint(job_type& j, const core::judgement& v);
  bool still_in_source(const job_type& j) const;
  void root_lost(const std::string& path);
  void tell_waiting(progress& p) const;

  asio::any_io_executor executor_;
  settings settings_;
  typename Io::network network_;
  files_type files_;
  typename Io::entropy entropy_;
  core::rng random_;
  std::optional<core::auto_window> tuner_;  ///< of an automatic window
  std::size_t told_window_ = 0;             ///< the last limit an observer was told
  std::uint64_t window_changes_ = 0;
  core::permits permits_;
  core::backlog<job_type> backlog_;
  core::read_ahead read_ahead_;
  core::retry_budget budget_;
  gate gate_;
  timer wake_;
  core::steady_time wake_time_ = core::steady_time::max();
  std::list<lane> lanes_;
  std::vector<lane_ptr> idle_;
  std::shared_ptr<run> run_;
  core::totals upload_totals_;
  std::uint64_t next_id_ = 1;
  bool pumping_ = false;
};

}  // namespace sluice::engine

#include "engine/pool_attempt.hpp"
#include "engine/pool_dispatch.hpp"
#include "engine/pool_drain.hpp"
#include "engine/pool_follow.hpp"
#include "engine/pool_open.hpp"
#include "engine/pool_upload.hpp"
#include "engine/pool_waiting.hpp"
#include "engine/pool_window.hpp"
