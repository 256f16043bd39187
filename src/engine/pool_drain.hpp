// One run: a source is fed to the backlog, and ends with a summary.
#pragma once

#include "engine/pool.hpp"

#include <sluice/error.hpp>
#include <sluice/text.hpp>

namespace sluice::engine {

/// What a run that met nothing but `b` ends with.
inline stop_reason stop_for(core::blame b) {
  return b == core::blame::refuses_us || b == core::blame::identity ? stop_reason::refused
                                                                    : stop_reason::unreachable;
}

inline std::string why_stopped(core::blame b, const std::string& reason) {
  const char* what = b == core::blame::identity     ? "no trusted connection to the endpoint"
                     : b == core::blame::refuses_us ? "the endpoint refuses us"
                     : b == core::blame::busy       ? "the endpoint answers with nothing but errors"
                                                    : "the endpoint cannot be reached";
  return what + (reason.empty() ? std::string{} : ": " + reason);
}

template <class Io>
std::uint64_t pool<Io>::drain(source from, drain_options options, drain_done done) {
  auto r = std::make_shared<run>(std::move(from), std::move(options), executor_);
  r->id = next_id_++;
  r->done = std::move(done);
  r->started = clock::now();
  if (run_) {
    asio::post(executor_, [r] { r->done(asio::error::already_started, {}); });
    return r->id;
  }
  run_ = r;
  r->window_changes = window_changes_;
  error_code ec;
  if (!prepare(*r, ec)) {
    r->stopping = true;  // nothing but the next line ends it
    asio::post(executor_, [self = this->shared_from_this(), ec] { self->end_run(ec); });
    return r->id;
  }
  if (settings_.raw.limit.max_duration.count() > 0) {
    r->end.expires_after(settings_.raw.limit.max_duration);
    r->end.async_wait([weak = this->weak_from_this(), id = r->id](error_code e) {
      if (const auto self = weak.lock(); self && !e && self->run_ && self->run_->id == id)
        self->stop_run(stop_reason::out_of_time, "the time budget was reached");
    });
  }
  if (r->from.follow) {
    r->follow.emplace(*r->from.follow);
    r->follow->source = files_.follow(r->from, r->roots, r->selector, [weak = std::weak_ptr{r}] {
      if (const auto followed = weak.lock()) followed->room.cancel();
    });
    gate_.never_stop(true);
  }
  asio::co_spawn(
      executor_, r->follow ? follow(r) : feed(r), [self = this->shared_from_this(), r](std::exception_ptr e) {
        r->fed = true;
        if (e) self->stop_run(stop_reason::source_unreadable, "the source could not be read to its end");
        self->maybe_end_run();
      });
  if (settings_.raw.count_ahead && r->from.is_walked() && !r->follow)
    asio::co_spawn(executor_, count(r), [self = this->shared_from_this()](std::exception_ptr) {});
  return r->id;
}

/// Opens all that a run needs. What fails here sends nothing: `reason` and `detail` say what it was.
template <class Io>
bool pool<Io>::prepare(run& r, error_code& ec) {
  const auto& cfg = settings_.raw;
  const auto fail = [&](stop_reason reason, error_code code, std::string detail) {
    r.reason = reason, r.detail = std::move(detail), ec = code;
    return false;
  };
  auto selector = core::selector::compile(r.from.select);
  if (!selector.has_value())
    return fail(stop_reason::source_unreadable,
                boost::system::errc::make_error_code(boost::system::errc::invalid_argument),
                selector.error().what);
  r.selector = std::move(*selector);
  const auto& roots = r.from.roots();
  for (const auto& path : roots.empty() ? std::vector<std::filesystem::path>{{}} : roots) {
    auto root = files_.open_directory(path, ec);
    if (!root)
      return fail(stop_reason::source_unreadable, errc::source_unreadable,
                  "cannot read '" + printable(path.string()) + "': " + ec.message());
    const bool takes_away = cfg.on_success.what != disposal::action::keep && !cfg.dry_run && !path.empty();
    if (takes_away && (ec = files_.writable(*root)))
      return fail(stop_reason::source_unreadable, errc::source_unreadable,
                  "files cannot be taken out of '" + printable(path.string()) + "': " + ec.message() +
                      "; nothing was sent (on_success keep sends without it)");
    r.roots.push_back(std::move(root));
  }
  if (!cfg.dry_run && (!roots.empty() || !cfg.lock_file.empty()) &&
      (ec = r.lock.take(r.roots, cfg.lock_file))) {
    const auto what = cfg.lock_file.empty() ? r.roots.front()->path() : cfg.lock_file.string();
    if (ec == errc::locked)
      return fail(stop_reason::locked, ec, "another instance holds '" + printable(what) + "'");
    return fail(stop_reason::source_unreadable, errc::source_unreadable,
                "cannot lock '" + printable(what) + "': " + ec.message());
  }
  const auto target = [&](const disposal& d, directory_ptr& into) {
    if (d.what != disposal::action::move) return true;
    into = files_.open_directory(d.directory, ec);
    return into != nullptr;
  };
  if (!target(cfg.on_success, r.move_target) || !target(cfg.on_reject, r.reject_target))
    return fail(stop_reason::source_unreadable, errc::source_unreadable,
                "cannot open the directory to move to: " + ec.message());
  if (cfg.resume && (ec = r.accepted.read(cfg.job_log)))
    return fail(stop_reason::record_failed, errc::record_failed,
                "cannot read '" + printable(cfg.job_log.string()) + "': " + ec.message());
  if (!cfg.job_log.empty() && !cfg.dry_run && (ec = r.log.open(cfg.job_log)))
    return fail(stop_reason::record_failed, errc::record_failed,
                "cannot write '" + printable(cfg.job_log.string()) + "': " + ec.message());
  return true;
}

/// From the source to the backlog, as far as there is room.
template <class Io>
awaitable<void> pool<Io>::feed(std::shared_ptr<run> r) {
  r->reader = files_.read(r->from, r->roots, r->selector);
  for (unsigned n = 1; !r->stopping; ++n) {
    error_code ec;
    auto e = co_await r->reader->next(ec);
    if (r->stopping) break;
    if (ec)
      stop_run(stop_reason::source_unreadable,
               "cannot read '" + printable(r->from.list_file().string()) + "': " + ec.message());
    if (!e) break;
    take_entry(*r, *e);
    pump();
    while (backlog_.full() && !r->stopping) {
      r->room.expires_at(core::steady_time::max());
      co_await r->room.async_wait(into(ec));
    }
    if (n % 64 == 0)
      co_await asio::post(executor_, asio::use_awaitable);  // a long listing lets the uploads run
  }
}

template <class Io>
void pool<Io>::take_entry(run& r, typename files_type::entry& e) {
  using kind = typename files_type::entry::kind;
  if (e.what == kind::unreadable_directory) {
    r.totals.unreadable_directory();
    if (r.detail.empty()) r.detail = "cannot read '" + printable(e.path) + "': " + e.why.message();
    return;
  }
  auto j = job_of(r, e);
  ++r.outstanding;
  if (e.what == kind::skipped)
    finish(j, fate::skipped, e.why);
  else if (settings_.raw.dry_run)
    finish(j, fate::skipped, errc::dry_run);
  else
    backlog_.push(std::move(j));
}

template <class Io>
auto pool<Io>::job_of(run& r, typename files_type::entry& e) -> job_type {
  job_type j;
  j.seq = j.record.seq = r.totals.counts().seen + r.outstanding + (r.follow ? r.follow->left_alone : 0) + 1;
  j.root = e.root;
  j.path = j.record.path = std::move(e.path);
  if (e.identity) j.record.size = e.identity->size, j.record.mtime_ns = e.identity->mtime_ns;
  return j;
}

/// A file is outstanding no more.
template <class Io>
void pool<Io>::one_less() {
  if (--run_->outstanding == 0 && run_->fed) try {  // uploads on the same connections may go on
      asio::post(executor_, [self = this->shared_from_this()] { self->maybe_end_run(); });
    } catch (const std::bad_alloc&) {  // then the end of this lane ends the run
    }
}

/// A second walk that only counts, so that a progress bar knows its end.
template <class Io>
awaitable<void> pool<Io>::count(std::shared_ptr<run> r) {
  const auto reader = files_.read(r->from, r->roots, r->selector);
  std::uint64_t files = 0;
  for (unsigned n = 1; !r->stopping; ++n) {
    error_code ec;
    const auto e = co_await reader->next(ec);
    if (!e) break;
    files += e->what == files_type::entry::kind::file ? 1 : 0;
    if (n % 256 == 0) co_await asio::post(executor_, asio::use_awaitable);
  }
  r->total = files;
}

template <class Io>
void pool<Io>::observe(const core::judgement& v, bool probe) {
  gate_.observe(v.blame, probe, clock::now(), random_);
  if (run_ && run_->follow && (v.blame == core::blame::nobody || v.blame == core::blame::file))
    run_->follow->last_good = clock::now();
  if (run_ && v.blame != core::blame::nobody && v.blame != core::blame::file) run_->last_trouble = v.reason;
  const auto stopped = gate_.stopped();
  if (stopped == core::blame::nobody) return;
  gate_.reset();
  stop_run(stop_for(stopped), why_stopped(stopped, v.reason));
}

/// Nothing new starts; what is in flight gets `grace`, or ends now.
template <class Io>
void pool<Io>::stop_run(stop_reason reason, std::string detail, bool at_once) {
  if (!run_) return;
  const auto r = run_;
  if (!r->stopping) {
    r->stopping = true;
    r->reason = reason, r->detail = std::move(detail);
    if (r->reader) r->reader->cancel();
    r->room.cancel(), r->end.cancel();
    for (auto& j : backlog_.take_if([](const job_type& waiting) { return !waiting.upload; })) {
      const auto why = j.attempts > 0 ? j.record.error : std::string{};
      finish(j, fate::deferred, errc::stopped, why);
    }
    r->grace.expires_after(settings_.raw.limit.grace);
    r->grace.async_wait([weak = this->weak_from_this(), id = r->id](error_code e) {
      if (const auto self = weak.lock(); self && !e && self->run_ && self->run_->id == id)
        self->abort_lanes(true);
    });
  }
  if (at_once) abort_lanes(true);
}

template <class Io>
void pool<Io>::abort_lanes(bool of_the_run_only) {
  for (auto& l : lanes_)
    if (l.busy && !(of_the_run_only && l.upload)) abort_lane(l, errc::stopped);
}

template <class Io>
void pool<Io>::abort_lane(lane& l, error_code why) {
  l.connection->abort(why);
  if (l.upload && l.upload->given) l.upload->given->wake();
}

template <class Io>
void pool<Io>::maybe_end_run() {
  if (run_ && run_->fed && run_->outstanding == 0) end_run({});
}

template <class Io>
void pool<Io>::end_run(error_code ec) {
  if (!run_) return;
  const auto r = std::exchange(run_, nullptr);
  r->end.cancel(), r->grace.cancel();
  gate_.never_stop(false);
  const auto seconds = std::chrono::duration<double>(clock::now() - r->started).count();
  auto s = r->totals.summary(seconds);
  s.window_min = permits_.min(), s.window_max = permits_.max(), s.window_last = permits_.limit();
  s.window_changes = window_changes_ - r->window_changes;
  s.reason = r->reason, s.detail = r->detail;
  s.log_lines_dropped = r->log.dropped();
  s.records = std::move(r->records);
  // Too short a run to trip the breaker, and yet nothing but refusals.
  if (s.reason == stop_reason::complete && s.accepted == 0 && s.rejected + s.deferred > 0) {
    const auto standing = gate_.standing();
    if (standing != core::blame::nobody && standing != core::blame::file && standing != core::blame::busy)
      s.reason = stop_for(standing), s.detail = why_stopped(standing, r->last_trouble);
  }
  if (!ec) switch (s.reason) {
      case stop_reason::complete:
        break;
      case stop_reason::cancelled:
        ec = asio::error::operation_aborted;
        break;
      case stop_reason::out_of_time:
        ec = errc::out_of_time;
        break;
      case stop_reason::too_many_errors:
        ec = errc::too_many_errors;
        break;
      case stop_reason::unreachable:
        ec = errc::unreachable;
        break;
      case stop_reason::refused:
        ec = errc::refused;
        break;
      case stop_reason::source_unreadable:
        ec = errc::source_unreadable;
        break;
      case stop_reason::locked:
        ec = errc::locked;
        break;
      case stop_reason::record_failed:
        ec = errc::record_failed;
        break;
    }
  r->done(ec, std::move(s));
}

}  // namespace sluice::engine
