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
/// A file's way is in pool_open.hpp and pool_attempt.hpp, a run's in pool_drain.hpp.
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
  };

  // Dispatch (below).
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
  void stop_run(stop_reason reason, std::string detail, bool at_once = false);
  void abort_lanes(bool of_the_run_only);
  void abort_lane(lane& l, error_code why);
  void observe(const core::judgement& v, bool probe);
  void maybe_end_run();
  void end_run(error_code ec);

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

template <class Io>
void pool<Io>::pump() {
  if (pumping_) return;
  pumping_ = true;
  const std::unique_ptr<bool, void (*)(bool*)> done{&pumping_, [](bool* b) { *b = false; }};
  while (permits_.try_take()) {
    auto j = next_job();
    if (!j) {
      permits_.give_back();
      break;
    }
    start_lane(std::move(*j));
  }
  look_ahead(clock::now());
}

/// A job that may begin now, or nothing; then pump() is called again when there could be one.
template <class Io>
auto pool<Io>::next_job() -> std::optional<job_type> {
  if (run_ && backlog_.low()) run_->room.cancel();
  const auto due = backlog_.next_due();
  if (!due) return std::nullopt;
  const auto now = clock::now();
  if (*due > now) {
    wake_at(*due);
    return std::nullopt;
  }
  const auto answer = gate_.ask(now);
  if (!answer.open) {
    wake_at(answer.ask_again);
    return std::nullopt;
  }
  auto j = backlog_.pop(now);
  j->probe = answer.probe;
  look_ahead(now);
  return j;
}

template <class Io>
void pool<Io>::wake_at(core::steady_time t) {
  if (t >= wake_time_) return;
  wake_time_ = t;
  wake_.expires_at(t);
  wake_.async_wait([weak = this->weak_from_this()](error_code ec) {
    const auto self = weak.lock();
    if (ec || !self) return;
    self->wake_time_ = core::steady_time::max();
    self->pump();
  });
}

template <class Io>
void pool<Io>::start_lane(job_type j) {
  if (idle_.empty()) {
    lanes_.push_front({network_.connect(), nullptr});
    idle_.push_back(lanes_.begin());
  }
  const auto l = idle_.back();
  idle_.pop_back();
  l->busy = true;
  l->upload = j.upload;  // it may be cancelled before the loop comes to it
  asio::co_spawn(executor_, lane_loop(l, std::move(j)),
                 [self = this->shared_from_this(), l](std::exception_ptr) { self->lane_ended(l); });
}

/// File after file on one connection, while there are any.
template <class Io>
awaitable<void> pool<Io>::lane_loop(lane_ptr l, job_type first) {
  std::optional<job_type> j{std::move(first)};
  for (unsigned without_network = 0; j;) {
    bool networked = false;
    try {
      networked = co_await attempt(*l, *j);
    } catch (const std::exception& e) {  // out of memory, mostly: this file's turn is over, not the run's
      gate_.withdraw(j->probe);
      if (!j->settled && j->in_doubt) totals_of(*j).lost_track();
      if (!j->settled)
        finish(*j, fate::deferred,
               boost::system::errc::make_error_code(boost::system::errc::not_enough_memory), e.what());
    }
    if (j->probe) pump();  // the others waited to see what becomes of it
    if (networked)
      without_network = 0;
    else if (++without_network % 16 == 0)
      co_await asio::post(executor_, asio::use_awaitable);  // let the others run
    j.reset();
    if (!permits_.over()) j = next_job();
  }
}

template <class Io>
void pool<Io>::lane_ended(lane_ptr l) {
  permits_.give_back();
  l->busy = false;
  l->upload = nullptr;
  if (permits_.limit() > idle_.size())
    idle_.push_back(l);
  else
    lanes_.erase(l);
  pump();
  maybe_end_run();
}

}  // namespace sluice::engine

#include "engine/pool_attempt.hpp"
#include "engine/pool_drain.hpp"
#include "engine/pool_open.hpp"
#include "engine/pool_upload.hpp"
#include "engine/pool_window.hpp"
