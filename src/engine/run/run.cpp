#include "engine/run/run.hpp"

#include <sluice/error.hpp>
#include <sluice/text.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <chrono>
#include <exception>
#include <new>
#include <utility>

namespace sluice::engine {
namespace {

/// The end of a run that met nothing but a blame, and how it is told.
struct ending {
  stop_reason reason;
  const char* what;
};
ending ending_for(core::blame b) {
  switch (b) {
    case core::blame::identity:
      return {stop_reason::refused, "no trusted connection to the endpoint"};
    case core::blame::refuses_us:
      return {stop_reason::refused, "the endpoint refuses us"};
    case core::blame::file:
    case core::blame::perhaps_file:
    case core::blame::unconfirmed:
      return {stop_reason::refused, "no file was accepted, and every one is refused in the same way"};
    case core::blame::busy:
      return {stop_reason::unreachable, "the endpoint answers with nothing but errors"};
    default:
      return {stop_reason::unreachable, "the endpoint cannot be reached"};
  }
}

std::string why_stopped(core::blame b, const std::string& reason, bool is_of_proxy) {
  if (is_of_proxy && !reason.empty()) return reason;
  return ending_for(b).what + (reason.empty() ? std::string{} : ": " + reason);
}

error_code error_of(stop_reason reason) {
  switch (reason) {
    case stop_reason::complete:
      break;
    case stop_reason::cancelled:
      return asio::error::operation_aborted;
    case stop_reason::out_of_time:
      return errc::out_of_time;
    case stop_reason::too_many_errors:
      return errc::too_many_errors;
    case stop_reason::unreachable:
      return errc::unreachable;
    case stop_reason::refused:
      return errc::refused;
    case stop_reason::source_unreadable:
      return errc::source_unreadable;
    case stop_reason::locked:
      return errc::locked;
    case stop_reason::record_failed:
      return errc::record_failed;
  }
  return {};
}

}  // namespace

run::run(const run_site& site, source from, drain_options options, drain_done done)
    : site_{site},
      from_{std::move(from)},
      spool_{site.context, std::move(options)},
      watch_{site.context, from_.follow.has_value()},
      done_{std::move(done)},
      start_{site.context.now(), site.context.wall(), site.window.changes()} {
  const auto& clock = site.context.world.clock;
  timers_.room = clock->make_timer(), timers_.end = clock->make_timer(), timers_.grace = clock->make_timer();
  terms_.on_success = site.context.settings.raw.on_success;
}

void run::begin(std::function<void()> over) {
  over_ = std::move(over);
  auto& executor = site_.context.world.executor;
  if (auto refused = spool_.files.open(from_, terms_)) {
    state_.stopping = true;  // only the next line ends the run
    state_.reason = refused->reason, state_.detail = std::move(refused->detail);
    asio::post(executor, [self = shared_from_this(), whole = site_.context.keep_alive(),
                          ec = refused->error] { self->end(ec); });
    return;
  }
  spool_.records.log_to(spool_.files.take_log(), [this] {
    stop(stop_reason::record_failed, "the run ended because its job log could not be written");
  });
  spool_.folders.begin(from_, weak_from_this());
  spool_.news = [this] { timers_.room->cancel(); };
  if (const auto most = site_.context.settings.raw.limit.max_duration; most.count() > 0) {
    timers_.end->expires_at(site_.context.now() + most);
    timers_.end->async_wait([weak = weak_from_this(), whole = site_.context.whole](error_code e) {
      const auto alive = whole.lock();
      if (const auto self = weak.lock(); self && alive && !e)
        self->stop(stop_reason::out_of_time, "the time budget was reached");
    });
  }
  const auto work = [](run& r) -> awaitable<void> {
    if (auto refused = co_await r.spool_.files.read_log(r.state_.stopping))
      r.stop(refused->reason, std::move(refused->detail));
    if (r.state_.stopping) co_return;
    r.opened();
    co_await r.feed();
  };
  asio::co_spawn(executor, work(*this),
                 [self = shared_from_this(), whole = site_.context.keep_alive()](std::exception_ptr e) {
                   self->state_.fed = true;
                   if (e)
                     self->stop(stop_reason::source_unreadable, "the source could not be read to its end");
                   self->end_if_done();
                 });
}

error_code run::ended() const noexcept { return state_.stopping ? errc::stopped : error_code{}; }

std::optional<core::steady_time> run::decide(job& j, outcome o) {
  if (o.again && !state_.stopping) return o.again;
  if (o.obstacle) spool_.stuck.tell_obstacle(j, o.obstacle);
  finish(j, std::move(o));
  return std::nullopt;
}

void run::give_up(job& j) {
  finish(j, outcome::of(j.record.disproved ? fate::corrupted : fate::deferred, errc::stopped,
                        j.attempts.made > 0 ? j.record.reason : std::string{}));
}

void run::attempt_judged(const io::exchange_report& report, const core::judgement& v) {
  watch_.judged(report.outcome, v.reason);
}

void run::finish(job& j, outcome o) {
  const bool logged = j.record.disposal != disposed::kept;
  settle_job(j, o);
  auto& r = j.record;
  if (!logged) spool_.records.write(r);
  if (spool_.records.has_long_log())
    spool_.records.shorten_log(spool_.files.directories(), shared_from_this());
  spool_.records.add(r);
  fated(j, o.error);
  one_less();
  const auto& counts = totals().figures().counts;
  const auto failures = counts[fate::rejected] + counts[fate::deferred];
  const auto most = site_.context.settings.raw.limit.max_errors;
  if (most != 0 && failures >= most)
    stop(stop_reason::too_many_errors, std::to_string(failures) + " files were not accepted");
}

void run::not_listed(const std::string& path, const error_code& why) {
  totals().unreadable_directory();
  if (state_.detail.empty()) state_.detail = "cannot read '" + printable(path) + "': " + why.message();
}

void run::one_less() {
  if (--outstanding_ == 0 && state_.fed) try {  // uploads on the same connections may go on
      asio::post(site_.context.world.executor,
                 [self = shared_from_this(), whole = site_.context.keep_alive()] { self->end_if_done(); });
    } catch (const std::bad_alloc&) {  // then the end of this lane ends the run
    }
}

void run::endpoint_judged(const core::judgement& v, core::blame stopped, const trouble_now& trouble) {
  if (state_.over) return;
  if (v.verdict == core::verdict::accepted) watch_.endpoint_takes_files();
  if (trouble) watch_.tell_trouble(*trouble);
  const bool is_of_proxy = core::is_of_proxy(v.error);
  if (v.blame != core::blame::nobody) state_.last_trouble = v.reason, state_.trouble_is_proxys = is_of_proxy;
  if (stopped != core::blame::nobody)
    stop(ending_for(stopped).reason, why_stopped(stopped, v.reason, is_of_proxy));
}

void run::stop(stop_reason reason, std::string detail, bool at_once) {
  if (state_.over) return;
  const auto self = shared_from_this();  // the last job that is given up may end the run
  if (!state_.stopping) {
    state_.stopping = true;
    state_.reason = reason, state_.detail = std::move(detail), state_.stopped_at = site_.context.now();
    stop_feeding();
    timers_.room->cancel(), timers_.end->cancel();
    for (auto& j : site_.dispatcher.take_waiting(this)) give_up(*j);
    timers_.grace->expires_at(site_.context.now() + site_.context.settings.raw.limit.grace);
    timers_.grace->async_wait([weak = weak_from_this(), whole = site_.context.whole](error_code e) {
      const auto alive = whole.lock();
      if (const auto r = weak.lock(); r && alive && !e && !r->state_.over)
        r->site_.dispatcher.abort(r.get(), errc::stopped);
    });
  }
  if (at_once) site_.dispatcher.abort(this, errc::stopped);
}

void run::fill(progress& p) const {
  p.reading_log = spool_.files.log_part();
  p.log_lines_dropped = spool_.records.lines_dropped();
  if (p.reading_log)
    p.endpoint = site_.context.status_of({endpoint_state::starting, start_.at, "the job log is being read"});
  if (state_.stopping)
    p.endpoint = site_.context.status_of({endpoint_state::stopping, state_.stopped_at, state_.detail});
  p.elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(site_.context.now() - start_.at);
}

void run::end_if_done() {
  if (state_.over || !state_.fed || outstanding_ != 0 || std::exchange(state_.ending, true)) return;
  if (spool_.records.flush() && !spool_.folders.has_some()) return end({});
  asio::co_spawn(site_.context.world.executor, end_when_written(),
                 [self = shared_from_this(), whole = site_.context.keep_alive()](std::exception_ptr) {});
}

/// A slow reader of the job log gets a moment for the last lines. Then the folders go that were emptied last.
awaitable<void> run::end_when_written() {
  for (int n = 0; n < 60 && !state_.over && state_.reason != stop_reason::cancelled; ++n) {
    if (spool_.records.flush()) break;
    timers_.room->expires_at(site_.context.now() + std::chrono::milliseconds{50});
    error_code ignored;
    co_await timers_.room->async_wait(into(ignored));
  }
  co_await spool_.folders.finish();
  end({});
}

void run::end(error_code ec) {
  if (std::exchange(state_.over, true)) return;
  timers_.end->cancel(), timers_.grace->cancel();
  over_();
  const auto& gate = site_.dispatcher.gate();
  const auto& permits = site_.window.permits();
  const auto seconds = std::chrono::duration<double>(site_.context.now() - start_.at).count();
  auto s = totals().summary(seconds);
  s.window_min = permits.min(), s.window_max = permits.max(), s.window_last = permits.limit();
  s.window_changes = site_.window.changes() - start_.window_changes;
  s.reason = state_.reason, s.detail = state_.detail;
  s.proxy = site_.context.settings.proxy;
  s.began = start_.wall, s.shard = from_.select.shard;
  s.folders_left = spool_.folders.left();
  spool_.records.give(s);
  // Too short a run to trip the breaker, and yet nothing but refusals.
  const bool none_accepted = s.counts[fate::accepted] == 0;
  const auto failures = s.counts[fate::rejected] + s.counts[fate::deferred];
  if (s.reason == stop_reason::complete && none_accepted && failures > 0) {
    const auto standing = gate.standing();
    if (standing != core::blame::nobody && standing != core::blame::busy)
      s.reason = ending_for(standing).reason,
      s.detail = why_stopped(standing, state_.last_trouble, state_.trouble_is_proxys);
  }
  if (!ec) ec = error_of(s.reason);
  done_(ec, std::move(s));
}

}  // namespace sluice::engine
