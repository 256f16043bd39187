// One file's way: open (pool_open.hpp), request, exchange, verdict, disposal, record.
#pragma once

#include "core/disposal.hpp"
#include "core/idempotency_key.hpp"
#include "core/multipart.hpp"
#include "engine/pool.hpp"

#include <sluice/error.hpp>
#include <sluice/text.hpp>

namespace sluice::engine {

inline constexpr std::size_t kept_response = 1024;

/// One attempt; true when it came to use the network.
template <class Io>
awaitable<bool> pool<Io>::attempt(lane& l, job_type& j) {
  l.upload = j.upload;
  j.settled = false;                                      // it may have been to the backlog and back
  if (j.upload ? j.upload->cancelled : run_->stopping) {  // since it was taken from the backlog
    gate_.withdraw(j.probe);
    finish(j, fate::deferred, j.upload ? error_code{asio::error::operation_aborted} : errc::stopped,
           j.record.error);
    co_return false;
  }
  std::optional<file> f;
  io::body* body = j.upload ? j.upload->body() : nullptr;
  if (body != nullptr) {
    begin_body(j, *body);
  } else if (const auto why = open(j, f)) {
    gate_.withdraw(j.probe);
    not_opened(j, why);
    co_return false;
  }
  if (j.attempts++ == 0) j.first_attempt = clock::now();
  if (j.upload) j.upload->begun = true;
  const auto request = make_request(j);
  j.in_doubt = true;
  const auto report = co_await l.connection->exchange(request, body != nullptr ? *body : *f);
  l.upload = nullptr;
  if (f) read_ahead_.sent(f->size(), report.waited_for_file);
  const auto v = judge(j, report);
  j.in_doubt = v.verdict == core::verdict::accepted;
  const auto seen = window_sample_of(j, report, v);
  told(j, report, v);
  settle(j, f, report, v);
  tune(seen);
  co_return true;
}

/// What is no file has neither name nor inode to derive a key from.
template <class Io>
void pool<Io>::begin_body(job_type& j, io::body& body) {
  if (j.upload->given) j.upload->given->begin();
  j.record.size = body.size();
  if (j.record.key.empty()) j.record.key = core::random_key(entropy_.number(), entropy_.number());
  if (j.attempts == 0) j.first_wall = Io::wall_clock::now();
}

template <class Io>
io::request pool<Io>::make_request(job_type& j) {
  const auto boundary = core::make_boundary(entropy_.block());
  core::template_values values{j.path,       j.record.size, j.record.mtime_ns, j.first_wall,
                               j.record.key, j.seq,         settings_.host};
  static const std::vector<compiled_field> none;
  return render(settings_, values, j.upload ? j.upload->fields : none, boundary);
}

template <class Io>
core::judgement pool<Io>::judge(job_type& j, const io::exchange_report& report) {
  const auto elapsed =
      std::chrono::duration_cast<std::chrono::microseconds>(report.times.ended - report.times.begun);
  auto v =
      core::judge(report.outcome, settings_.rules, settings_.raw.retry.all_errors, Io::wall_clock::now());
  if (!report.detail.empty() && !v.reason.empty()) v.reason += " (" + report.detail + ")";
  if (report.file_error) v.blame = core::blame::nobody, v.verdict = core::verdict::transient;
  auto& r = j.record;
  r.attempts = j.attempts;
  r.elapsed = elapsed;
  r.bytes = report.kernel_bytes;
  r.status = report.outcome.reply ? report.outcome.reply->status : 0;
  r.response = report.outcome.reply ? report.outcome.reply->body.substr(0, kept_response) : std::string{};
  auto& totals = totals_of(j);
  if (report.connected) totals.connected();
  totals.add(core::totals::attempt{j.attempts > 1, v.verdict, report.kernel_bytes,
                                   report.outcome.reply.has_value(), elapsed});
  return v;
}

template <class Io>
void pool<Io>::settle(job_type& j, const std::optional<file>& f, const io::exchange_report& report,
                      const core::judgement& v) {
  if (report.file_error) {
    gate_.withdraw(j.probe);  // it says nothing of the endpoint
    finish(j, report.file_error == errc::file_changed ? fate::changed : fate::deferred, report.file_error);
    return;
  }
  const auto& error = report.outcome.error;
  if (error == errc::stopped || error == asio::error::operation_aborted)
    gate_.withdraw(j.probe);  // cut off by us
  else
    observe(v, j.probe);
  if (v.retry_after && settings_.raw.retry.hold_back) {
    const auto jitter = std::chrono::milliseconds{random_() % 250};
    gate_.pause_until(clock::now() + *v.retry_after + jitter);
  }
  if (v.verdict == core::verdict::accepted)
    accepted(j, f, report);
  else if (v.verdict == core::verdict::rejected && v.blame == core::blame::refuses_us &&
           waits_for_endpoint(j, v))
    wait_for_endpoint(j, v);
  else if (v.verdict == core::verdict::rejected)
    rejected(j, f, v);
  else
    retry_or_defer(j, v);
}

/// The delete rule, then the record, then the destructive step, last.
template <class Io>
void pool<Io>::accepted(job_type& j, const std::optional<file>& f, const io::exchange_report& report) {
  budget_.refund();
  j.record.disposal = "kept";
  j.record.error.clear();  // of earlier attempts
  if (!f) {
    finish(j, fate::accepted, {});
    return;
  }
  const auto& how =
      j.upload && j.upload->request.on_success ? *j.upload->request.on_success : settings_.raw.on_success;
  const bool keep = how.what == disposal::action::keep;
  const core::removal_evidence evidence{
      .reply_complete_and_framed = report.outcome.reply && report.outcome.reply->framed,
      .session_as_configured = report.session_as_configured,
      .accepted = true,
      .reply_was_early = report.outcome.early,
      .file_bytes_sent = report.file_bytes,
      .opened = f->identity(),
      .now = f->identity_now(),
      .entry = keep ? f->identity() : f->entry_now(),
  };
  if (core::only_unchecked(evidence)) {
    finish(j, fate::undeletable, make_error_code(boost::system::errc::io_error),
           "accepted, but kept: the system does not say whether the file changed");
    return;
  }
  if (const auto broken = core::broken_clause(evidence)) {
    finish(j, fate::changed, errc::file_changed,
           "accepted, but kept: " + std::string{core::to_string(*broken)});
    return;
  }
  if (keep) {
    finish(j, fate::accepted, {});
    return;
  }
  if (!still_in_source(j)) {
    const auto what = "'" + printable(j.root->path()) + "' was moved away or replaced";
    finish(j, fate::undeletable, errc::source_unreadable, "accepted, but kept: " + what);
    root_lost(j.root->path());
    return;
  }
  const bool move = how.what == disposal::action::move;
  const auto failed =
      dispose(j, *f, how, run_ && !j.upload ? run_->move_target : nullptr, move ? "moved" : "deleted");
  finish(j, failed ? fate::undeletable : fate::accepted, failed,
         failed ? (move ? "cannot be moved: " : "cannot be removed: ") + failed.message() : "");
}

template <class Io>
void pool<Io>::rejected(job_type& j, const std::optional<file>& f, const core::judgement& v) {
  j.record.disposal = "kept";
  std::string reason = v.reason;
  // A refusal of us says nothing of the file: only what was said of the file moves it.
  const bool moves =
      f && settings_.raw.on_reject.what == disposal::action::move && v.blame == core::blame::file;
  if (moves && still_in_source(j) && f->identity_now() == f->identity() && f->entry_now() == f->identity()) {
    j.record.fate = fate::rejected, j.record.error = reason;
    if (const auto ec = dispose(j, *f, settings_.raw.on_reject,
                                run_ && !j.upload ? run_->reject_target : nullptr, "moved"))
      reason += "; it could not be moved: " + ec.message();
  }
  finish(j, fate::rejected, v.error, reason);
}

template <class Io>
error_code pool<Io>::move(job_type& j, const file& f, const disposal& how, const directory_ptr& target) try {
  error_code ec;
  const auto into = target ? target : files_.open_directory(how.directory, ec);
  if (!into) return ec;
  // Below the target as below its source; a listed name that leads elsewhere goes there by its last
  // component.
  const std::filesystem::path path{j.path};
  const bool elsewhere = j.upload || path.is_absolute() || std::ranges::find(path, "..") != path.end();
  return files_.move(f, *into, elsewhere ? f.name() : j.path, j.record.key);
} catch (const std::bad_alloc&) {  // before the name was moved: nothing is left to do then
  return make_error_code(boost::system::errc::not_enough_memory);
}

/// Writes the record first, with the disposal as decided; a failure is told by a second record (finish()).
template <class Io>
error_code pool<Io>::dispose(job_type& j, const file& f, const disposal& how, const directory_ptr& target,
                             const char* done) {
  j.record.disposal = done;
  if (j.record.fate != fate::rejected) j.record.fate = fate::accepted;
  log(j);
  error_code ec;
  if (how.what == disposal::action::remove)
    ec = files_.remove(f);
  else
    ec = move(j, f, how, target);
  if (ec) j.record.disposal = "kept";
  return ec;
}

template <class Io>
void pool<Io>::retry_or_defer(job_type& j, const core::judgement& v) {
  j.record.error = v.reason;
  const bool over =
      j.upload ? j.upload->cancelled || (j.upload->given && j.upload->given->spent()) : run_->stopping;
  if (!over) {
    const core::retry_question q{j.attempts, j.first_attempt, clock::now(), v.error == condition::timeout,
                                 v.retry_after};
    if (const auto due = core::next_attempt(settings_.raw.retry, q, budget_, random_)) {
      j.settled = true;
      backlog_.push_later(std::move(j), *due);
      return;
    }
  }
  if (waits_for_endpoint(j, v)) return wait_for_endpoint(j, v);
  finish(j, fate::deferred, v.error, v.reason);
}

/// The last step of every job.
template <class Io>
void pool<Io>::finish(job_type& j, sluice::fate fate, error_code why, std::string reason) {
  j.settled = true;
  auto& r = j.record;
  const bool logged = r.disposal == "deleted" || r.disposal == "moved";
  r.fate = fate;
  try {
    if (why) r.error = reason.empty() ? why.message() : std::move(reason);
  } catch (const std::bad_alloc&) {  // its fate matters more than the reason
  }
  if (r.disposal.empty()) r.disposal = "kept";
  if (!logged) log(j);
  totals_of(j).add(r);
  told(j);
  if (j.upload) {
    upload_result result{
        fate,
        r.status,
        r.attempts,
        r.response,
        std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - j.upload->accepted_at),
        why};
    const bool aborted = j.upload->cancelled && fate != fate::accepted && fate != fate::undeletable;
    j.upload->done(aborted ? error_code{asio::error::operation_aborted} : error_code{}, std::move(result));
    return;
  }
  if (j.place != 0) fated(j, why);
  one_less();
  const auto failures = run_->totals.counts().rejected + run_->totals.counts().deferred;
  const auto most = settings_.raw.limit.max_errors;
  if (most != 0 && failures >= most)
    stop_run(stop_reason::too_many_errors, std::to_string(failures) + " files were not accepted");
}

}  // namespace sluice::engine
