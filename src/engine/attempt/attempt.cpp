#include "engine/attempt/attempt.hpp"

#include "core/http/multipart.hpp"
#include "core/report/masking.hpp"
#include "core/window/window_signal.hpp"

#include <sluice/attempt.hpp>
#include <sluice/error.hpp>
#include <sluice/text.hpp>

#include <chrono>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::engine {
namespace {

constexpr std::size_t kept_response = 1024;

std::chrono::microseconds elapsed(const io::exchange_times& t) {
  return std::chrono::duration_cast<std::chrono::microseconds>(t.ended - t.begun);
}

}  // namespace

awaitable<outcome> attempt::make(io::exchanger& over, job& j) {
  auto& notes = j.attempts;
  const auto& s = context_.settings;
  notes.settled = false;                  // the job may have been to the backlog and back
  if (const auto why = j.owner->ended())  // its owner may have ended since
    co_return outcome::of(fate::deferred, why, j.record.reason);
  if (s.pattern && !s.pattern->matches(j.path)) co_return outcome::of(fate::skipped, errc::not_selected);
  std::unique_ptr<io::opened_file> f;
  io::body* body = j.owner->begin_body(j);
  if (body == nullptr) {
    if (const auto why = opener_.open(j, f)) co_return opener_.refused(j, why);
    if (j.kept_digest)
      if (auto o = co_await conclusion_.take_away_kept(j, *f)) co_return std::move(*o);
    body = f.get();
    if (sidecars_.are_wanted_for(j))
      if (auto o = co_await sidecars_.read(j, *f)) co_return std::move(*o);
  }
  const auto ahead = digests_sent(s, j.own.get());
  if (!ahead.empty())
    if (auto o = co_await learn_digests(j, *body, f.get(), ahead)) co_return std::move(*o);
  const auto groups = s.pattern ? s.pattern->groups_of(j.path) : std::vector<std::string_view>{};
  auto values = values_of(j);
  values.groups = groups;
  const auto request = make_request(j, values);
  if (!request) co_return outcome::of(fate::deferred, errc::unsendable, request.error().what);
  const auto begun = context_.now();
  if (notes.made++ == 0) notes.first = begun;
  j.owner->attempt_begins(j);
  const auto secrets = context_.secrets.turn;
  notes.in_doubt = true, notes.counted = false;
  std::optional<io::digested_body> digested;
  const auto wanted = ahead | s.rules.digests();
  if (!wanted.empty()) body = &digested.emplace(*body, *s.digests, wanted);
  const auto report = co_await over.exchange(*request, *body);
  const auto sent = digested ? digested->take() : std::nullopt;
  values.digests = sent ? &*sent : nullptr;
  j.content.torn = sent && j.content.digests && !sent->agree_with(*j.content.digests);
  if (j.content.torn) j.content.digests.reset();
  const auto v = judge(j, report, values);
  notes.in_doubt = v.verdict == core::verdict::accepted;
  const auto sample = sample_of(j, report, v);
  tell(j, report, v);
  if (refuses_old_secrets(j, v, secrets)) {
    ++j.attempts.renewals;
    auto o = outcome::later(context_.now(), v.error);
    o.reason = j.record.reason = v.reason, o.sample = sample;
    co_return o;
  }
  conclusion::identity now;
  if (f && (v.verdict == core::verdict::accepted || v.verdict == core::verdict::rejected)) {
    now = f->identity_now();
    if (now && *now != f->identity() && core::only_change_time_differs(*now, f->identity())) {
      co_await context_.world.files->confirm(*f);
      now = f->identity_now();
    }
  }
  auto o = settle(j, f.get(), now, report, v);
  if (j.record.disposal != disposed::kept && j.sidecar.digest) try {
      co_await conclusion_.take_sidecar(j);
    } catch (const std::bad_alloc&) {  // the file went, and its side-car stays
    }
  o.sample = sample;
  o.sample->waited_for_file = f && report.waited_for_file;
  co_return o;
}

/// Reads the body once more where a digest of it goes ahead of it; others are sent meanwhile.
awaitable<std::optional<outcome>> attempt::learn_digests(job& j, io::body& body, const io::opened_file* f,
                                                         core::digest_set wanted) {
  auto& known = j.content;
  const bool is_same_file = f == nullptr || known.of == f->identity();
  if (known.digests && known.kinds == wanted && is_same_file) co_return std::nullopt;
  known.digests.reset();
  error_code error;
  auto found = co_await io::read_digests(
      body, *context_.settings.digests, wanted, [&j] { return j.owner->ended(); }, error);
  if (!error && !body.rewinds()) error = errc::body_spent;
  if (error == errc::body_spent)
    co_return outcome::of(fate::deferred, error,
                          "its digest is sent ahead of it, and the body can be read only once");
  if (error) co_return outcome::of(error == errc::file_changed ? fate::changed : fate::deferred, error);
  if (f != nullptr) known.of = f->identity();
  known.digests = std::move(found), known.kinds = wanted;
  co_return std::nullopt;
}

outcome attempt::broken_off(job& j, const char* why) {
  if (j.attempts.in_doubt) j.owner->totals().lost_track(j.attempts.counted);
  return outcome::of(fate::deferred, make_error_code(boost::system::errc::not_enough_memory), why);
}

core::template_values attempt::values_of(const job& j) const {
  core::template_values values{.path = j.path,
                               .size = j.record.size,
                               .mtime_ns = j.record.mtime_ns,
                               .now = j.attempts.first_wall,
                               .key = j.record.key,
                               .seq = j.seq,
                               .host = context_.settings.host};
  if (j.content.digests) values.digests = &*j.content.digests;
  if (j.own) values.members = &j.own->members;
  return values;
}

core::parsed<io::request> attempt::make_request(const job& j, const core::template_values& values) {
  const auto& s = context_.settings;
  const bool is_form = s.raw.body == body_kind::form;
  core::boundary_text boundary{};
  if (is_form) boundary = core::make_boundary(context_.world.entropy->block());
  const bool may_be_odd = is_form && !s.raw.form_escape;
  if (!odd_name_told_ && may_be_odd && j.path.find('\\') != std::string::npos)
    warn_of_name(s.filename.render(values));
  auto request = render(s, j.own.get(), values, {boundary.data(), boundary.size()});
  if (request && context_.world.trace) request->note = note_request(j, request->head);
  return request;
}

std::unique_ptr<const io::request_note> attempt::note_request(const job& j, const std::string& head) const
    try {
  const auto& s = context_.settings;
  auto given = s.raw.headers;
  if (s.via) given.insert(given.end(), s.via->headers.begin(), s.via->headers.end());
  if (j.own)
    for (const auto& name : j.own->secret_headers) given.push_back({name, "", true});
  auto shown = core::mask_request(head, given);
  return std::make_unique<const io::request_note>(
      io::request_note{j.seq, j.path, j.attempts.made + 1, std::move(shown.text), std::move(shown.secrets)});
} catch (const std::bad_alloc&) {  // a line of the trace is lost
  return nullptr;
}

void attempt::warn_of_name(const std::string& name) {
  if (name.find('\\') == std::string::npos) return;
  odd_name_told_ = true;
  context_.tell(
      notice::kind::odd_name,
      "'" + printable(name) +
          "': several servers (PHP, Go, busboy) read a backslash in a filename as an escape, and lose a "
          "part of the name, or the file. Write --form-escape if the server undoes it, or give another "
          "filename: -F 'file=@{};filename={key}.{ext}'");
}

void attempt::tell_corruption(const job& j, const core::judgement& v) {
  if (std::exchange(corruption_told_, true)) return;
  context_.tell(notice::kind::corrupted,
                "'" + printable(j.path) + "': " + v.reason +
                    "; the file is kept, and is sent again as long as attempts are left");
}

/// The beginning of the body. More of it is masked than is kept, so that no secret is cut in two.
std::string attempt::response_of(const core::reply& reply) const {
  auto text = context_.settings.without_proxy_secrets(reply.body.substr(0, 2 * kept_response));
  if (text.size() > kept_response) text.resize(kept_response);
  return text;
}

core::judgement attempt::judge(job& j, const io::exchange_report& report,
                               const core::template_values& values) {
  const auto& s = context_.settings;
  auto v = core::judge(report.outcome, s.rules, conclusion_.any_accepted(), context_.wall(), values);
  if (!report.detail.empty() && !v.reason.empty()) v.reason += " (" + report.detail + ")";
  v.reason = s.without_proxy_secrets(std::move(v.reason));
  const bool ours = report.file_error || (j.content.torn && v.verdict != core::verdict::accepted);
  if (ours) v.blame = core::blame::nobody, v.verdict = core::verdict::transient;
  if (v.disproved) tell_corruption(j, v);
  j.record.disproved = v.disproved;
  const auto& reply = report.outcome.reply;
  auto& r = j.record;
  j.attempts.lost += report.lost;
  r.attempts = j.attempts.made + j.attempts.lost;
  r.elapsed = elapsed(report.times);
  r.bytes = report.kernel_bytes;
  r.status = reply ? reply->status : 0;
  r.response = reply ? response_of(*reply) : std::string{};
  j.owner->attempt_judged(report, v);
  auto& totals = j.owner->totals();
  if (report.connected) totals.connected();
  for (unsigned n = 0; n < report.lost; ++n) totals.lost_track(false);
  totals.add(core::totals::attempt{j.attempts.made > 1, v.verdict, report.kernel_bytes, reply.has_value(),
                                   r.elapsed});
  j.attempts.counted = true;
  return v;
}

/// A 401 to credentials that others have replaced, or are about to, is no refusal of this file. A server that
/// says so to one file for ever is believed in the end.
bool attempt::refuses_old_secrets(const job& j, const core::judgement& v, std::uint64_t turn) const {
  constexpr unsigned most = 3;
  const bool refused = v.verdict == core::verdict::rejected && j.record.status == 401;
  const bool old = context_.secrets.renewing || context_.secrets.turn != turn;
  return refused && old && j.attempts.renewals < most;
}

core::window_sample attempt::sample_of(const job& j, const io::exchange_report& report,
                                       const core::judgement& v) const {
  const auto& t = report.times;
  core::window_sample s;
  s.what = report.file_error ? core::window_sample::kind::other : core::window_signal(v, j.record.status);
  s.begun = t.begun, s.now = t.ended;
  if (!report.reused) s.connecting = t.between(t.begun, t.secured);
  s.bytes = j.record.size;
  s.server_time = t.between(t.sent, t.heard);
  s.in_flight = window_.permits().in_use();
  return s;
}

outcome attempt::settle(job& j, const io::opened_file* f, const conclusion::identity& now,
                        const io::exchange_report& report, const core::judgement& v) {
  if (report.file_error)  // a file's error says nothing of the endpoint
    return outcome::of(report.file_error == errc::file_changed ? fate::changed : fate::deferred,
                       report.file_error);
  if (j.content.torn && v.verdict != core::verdict::accepted)
    return outcome::of(fate::changed, errc::file_changed);
  outcome o;
  if (v.verdict == core::verdict::accepted) {
    budget_.refund();
    o = conclusion_.accepted(j, f, now, report);
  } else if (v.verdict == core::verdict::rejected) {
    o = conclusion_.rejected(j, f, now, v);
  } else {
    o = again_or_deferred(j, v);
  }
  const auto& error = report.outcome.error;
  const bool cut_off_by_us = error == errc::stopped || error == asio::error::operation_aborted;
  if (!cut_off_by_us) o.endpoint = v;
  return o;
}

outcome attempt::again_or_deferred(job& j, const core::judgement& v) {
  j.record.error = v.error, j.record.reason = v.reason;
  auto o = outcome::of(v.disproved ? fate::corrupted : fate::deferred, v.error, v.reason);
  if (j.owner->ended() || !v.again) return o;
  const core::retry_question q{j.attempts.made, j.attempts.first, context_.now(),
                               v.error == condition::timeout, v.retry_after};
  const auto next = core::next_attempt(context_.settings.raw.retry, q, budget_, context_.random);
  o.again = next.due;
  if (!next.spent.empty()) o.reason.append("; ").append(next.spent);
  if (o.again && context_.world.trace) trace_retry(j, o);
  return o;
}

void attempt::trace_retry(const job& j, const outcome& o) const try {
  trace_event e;
  e.what = trace_event::kind::retry;
  e.seq = j.seq, e.path = j.path, e.attempt = j.attempts.made, e.status = j.record.status;
  e.error = o.error;  // the reason quotes the reply's body, which may repeat a secret
  e.wait = std::max(std::chrono::duration_cast<core::milliseconds>(*o.again - context_.now()),
                    core::milliseconds::zero());
  context_.world.trace->tell(std::move(e));
} catch (const std::bad_alloc&) {  // a line of the trace is lost
}

void attempt::tell(const job& j, const io::exchange_report& report, const core::judgement& v) const try {
  const auto& observer = context_.settings.raw.on_attempt;
  if (!observer) return;
  const auto& t = report.times;
  const auto between = io::exchange_times::between;
  const auto ready = report.reused ? t.begun : t.secured;
  observer({
      .seq = j.seq,
      .attempt = j.attempts.made,
      .size = j.record.size,
      .bytes = report.kernel_bytes,
      .reused = report.reused,
      .begun = t.begun,
      .connect = between(t.begun, t.connected),
      .handshake = context_.settings.tls ? between(t.connected, t.secured) : core::steady_time::duration{0},
      .send = between(ready, t.sent),
      .wait = between(t.sent, t.heard),
      .receive = between(t.heard, t.ended),
      .total = between(t.begun, t.ended),
      .status = j.record.status,
      .verdict = v.verdict,
      .error = v.error,
      .in_flight = window_.permits().in_use(),
  });
} catch (const std::bad_alloc&) {  // the attempt counts, whoever was told
}

}  // namespace sluice::engine
