// Single uploads, and what concerns runs and uploads alike.
#pragma once

#include "engine/pool.hpp"

#include <sluice/attempt.hpp>
#include <sluice/error.hpp>

namespace sluice::engine {

template <class Io>
std::uint64_t pool<Io>::upload(upload_request request, upload_done done) {
  auto u = std::make_shared<engine::upload>();
  u->id = next_id_++;
  u->done = std::move(done);
  u->accepted_at = clock::now();
  std::vector<std::string> problems;
  u->fields = compile_fields(request.fields, "fields", problems);
  if (int{!request.path.empty()} + int{request.data.has_value()} + int{request.body != nullptr} != 1)
    problems.emplace_back("upload_request: exactly one of path, data and body");
  job_type j;
  j.seq = j.record.seq = u->id;
  j.path = j.record.path = request.path.empty() ? request.filename : request.path.string();
  u->request = std::move(request);
  if (u->request.data) u->data.emplace(*u->request.data);
  if (u->request.body) u->given.emplace(executor_, u->request.body, settings_.raw.timeout.stall);
  j.upload = u;
  if (!problems.empty()) {
    asio::post(executor_, [u] { u->done(asio::error::invalid_argument, {}); });
    return u->id;
  }
  backlog_.push(std::move(j));
  asio::post(executor_, [weak = this->weak_from_this()] {
    if (const auto self = weak.lock()) self->pump();
  });
  return u->id;
}

template <class Io>
void pool<Io>::cancel_upload(std::uint64_t id, bool only_waiting) {
  const auto is_it = [&](const auto& upload) {
    return upload && upload->id == id && !(only_waiting && upload->begun);
  };
  for (auto& j : backlog_.take_if([&](const job_type& waiting) { return is_it(waiting.upload); })) {
    j.upload->cancelled = true;
    finish(j, fate::deferred, asio::error::operation_aborted);
  }
  for (auto& l : lanes_) {
    if (!is_it(l.upload)) continue;
    l.upload->cancelled = true;
    abort_lane(l, asio::error::operation_aborted);
  }
}

template <class Io>
void pool<Io>::stop_drain(std::uint64_t id, bool at_once) {
  if (run_ && run_->id == id) stop_run(stop_reason::cancelled, "stopped", at_once);
}

template <class Io>
void pool<Io>::cancel_all() {
  stop_run(stop_reason::cancelled, "cancelled", true);
  for (auto& j : backlog_.take_all()) {
    j.upload->cancelled = true;
    finish(j, fate::deferred, asio::error::operation_aborted);
  }
  for (auto& l : lanes_)
    if (l.upload) l.upload->cancelled = true;
  abort_lanes(false);
}

/// An endpoint that had refused us is asked again.
template <class Io>
void pool<Io>::set_headers(std::vector<header> headers) {
  settings_.raw.headers = std::move(headers);
  settings_.head = core::request_head{settings_.url, settings_.raw.headers, settings_.raw.idempotency_header};
  if (gate_.standing() == core::blame::refuses_us) gate_.reset();
  pump();
}

template <class Io>
error_code pool<Io>::reopen_log() {
  if (!run_ || !run_->log.is_open()) return {};
  return run_->log.reopen(settings_.raw.job_log);
}

template <class Io>
progress pool<Io>::snapshot() const {
  const auto& c = run_ ? run_->totals.counts() : upload_totals_.counts();
  const auto now = clock::now();
  progress p;
  p.seen = c.seen, p.accepted = c.accepted, p.rejected = c.rejected, p.deferred = c.deferred;
  p.changed = c.changed, p.vanished = c.vanished, p.skipped = c.skipped;
  p.bytes = c.bytes, p.sent_bytes = c.sent_bytes, p.attempts = c.attempts;
  p.in_flight = permits_.in_use(), p.waiting = backlog_.ready(), p.backing_off = backlog_.backing_off();
  p.window = permits_.limit();
  p.undeletable = c.undeletable, p.deleted = c.deleted, p.moved = c.moved;
  p.retries = c.retries, p.unknown_outcomes = c.unknown_outcomes, p.connections = c.connections;
  p.paused = gate_.held(), p.unreachable = gate_.unreachable();
  if (run_) {
    p.total = run_->total;
    if (run_->follow) tell_waiting(p);
    p.elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(now - run_->started);
  }
  if (gate_.paused_until() > now)
    p.pause = std::chrono::duration_cast<std::chrono::milliseconds>(gate_.paused_until() - now);
  return p;
}

/// A caller that has no memory to note it must not cost the run its end.
template <class Io>
void pool<Io>::told(const job_type& j) try {
  if (settings_.raw.on_record) settings_.raw.on_record(j.record);
  if (j.upload) return;
  const auto& options = run_->options;
  if (options.on_record) options.on_record(j.record);
  if (!options.collect) return;
  auto& all = run_->records;
  if (all.size() < j.seq) all.resize(j.seq);
  all[j.seq - 1] = j.record;
} catch (const std::bad_alloc&) {
}

template <class Io>
void pool<Io>::told(const job_type& j, const io::exchange_report& report, const core::judgement& v) try {
  if (!settings_.raw.on_attempt) return;
  const auto& t = report.times;
  const auto between = io::exchange_times::between;
  const auto ready = report.reused ? t.begun : t.secured;
  settings_.raw.on_attempt({
      .seq = j.seq,
      .attempt = j.attempts,
      .size = j.record.size,
      .bytes = report.kernel_bytes,
      .reused = report.reused,
      .begun = t.begun,
      .connect = between(t.begun, t.connected),
      .handshake = settings_.tls ? between(t.connected, t.secured) : core::steady_time::duration{0},
      .send = between(ready, t.sent),
      .wait = between(t.sent, t.heard),
      .receive = between(t.heard, t.ended),
      .total = between(t.begun, t.ended),
      .status = j.record.status,
      .verdict = v.verdict,
      .error = v.error,
      .in_flight = permits_.in_use(),
  });
} catch (const std::bad_alloc&) {
}

/// Skipped files are counted, not logged: a resumed run of a large folder would repeat its whole log each
/// time.
template <class Io>
void pool<Io>::log(job_type& j) {
  j.record.time = Io::wall_clock::now();
  if (j.upload || !run_->log.is_open() || j.record.fate == fate::skipped) return;
  try {
    run_->log.append(to_json(j.record));
  } catch (const std::bad_alloc&) {
    run_->log.drop();
  }
}

}  // namespace sluice::engine
