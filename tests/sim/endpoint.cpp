#include "sim/endpoint.hpp"

#include <sluice/error.hpp>

#include <array>

namespace sim {
namespace {

using sluice::errc;
using sluice::core::sent;
using sluice::io::exchange_report;

constexpr const char* as_agreed = R"({"code":0})";

std::string between(const std::string& text, const std::string& before, const char* after) {
  const auto at = text.find(before);
  if (at == std::string::npos) return {};
  const auto begin = at + before.size();
  return text.substr(begin, text.find(after, begin) - begin);
}

errc one_of(std::initializer_list<errc> errors) { return errors.begin()[world::here().below(errors.size())]; }

int one_of(std::initializer_list<int> statuses) {
  return statuses.begin()[world::here().below(statuses.size())];
}

}  // namespace

weather calm() { return {}; }

weather any_weather() {
  auto& w = world::here();
  weather now;
  now.latency = milliseconds{1 << w.below(12)};
  switch (w.below(10)) {
    case 0:
      break;
    case 1:
      now.no_connection = 1;
      break;
    case 2:
      now.busy = 1, now.retry_after = w.chance(0.3) ? 0.5 : 0;
      break;
    case 3:
      now.auth = w.chance(0.5) ? 1 : 0.2;
      break;
    case 4:
      now.cut_request = now.no_reply = now.cut_reply = 0.3;
      break;
    case 5:
      now.early = 0.5, now.unframed = 0.2, now.wrong_body = 0.2, now.unverified = 0.3;
      break;
    case 6:
      now.stall = 0.4;
      break;
    case 7:
      now.slow_answer = 0.1, now.kept_dies = 0.3, now.split_names = 0.5;
      break;
    case 8:
      now.refused = 0.5, now.busy = 0.3, now.retry_after = 0.1;
      break;
    default:
      for (auto* p : {&now.no_connection, &now.cut_request, &now.stall, &now.no_reply, &now.cut_reply,
                      &now.early, &now.unframed, &now.busy, &now.refused, &now.auth, &now.wrong_body,
                      &now.unverified, &now.slow_answer, &now.kept_dies, &now.split_names})
        *p = 0.06;
  }
  return now;
}

void endpoint::commit(const std::string& key, const std::string& name, const std::string& bytes,
                      bool as_opened) {
  auto& w = world::here();
  w.note("committed " + name + " " + key);
  ++counts_.commits;
  if (key.empty()) w.fail("a request without a key: " + name);
  auto& f = files_[key];
  if (f.commits++ > 0) {
    ++counts_.duplicates;
    if (!f.excused) w.fail("sent twice without a reason: " + name + " " + key);
    if (f.as_opened && as_opened && f.bytes != bytes) w.fail("one key for two contents: " + name + " " + key);
  }
  f.bytes = bytes, f.excused = false, f.as_opened = as_opened;
}

void endpoint::confirm(const std::string& key, const std::string& name, const std::string& bytes) {
  world::here().note("confirmed " + name + " " + key);
  files_[key].excused = false;
  confirmed_.insert({name, bytes});
}

void endpoint::excuse_all() {
  for (auto& [key, f] : files_) f.excused = true;
}

void endpoint::excuse_all_but(const std::set<std::string>& logged) {
  for (auto& [key, f] : files_)
    if (!logged.contains(key)) f.excused = true;
}

sluice::awaitable<exchange_report> connection::exchange(const sluice::io::request& r, sluice::io::body& b) {
  exchange_report report;
  why_ = {};
  limit_ = timeout_.attempt.count() > 0 ? world::here().now() + timeout_.attempt : steady_time::max();
  to_.begun();
  report.times.begun = world::here().now();
  report.reused = open_;
  world::here().note("exchange begins");
  co_await attempt(r, b, report);
  world::here().note("exchange ends: " + report.outcome.error.message());
  report.times.ended = world::here().now();
  --to_.in_flight;
  if (report.outcome.error || report.file_error || report.outcome.early) open_ = false;
  co_return report;
}

sluice::awaitable<bool> connection::pass(milliseconds d, exchange_report& report) {
  auto& w = world::here();
  const auto late = w.now() + d > limit_;
  co_await sleep(pause_, late ? std::max(limit_ - w.now(), steady_time::duration{}) : d);
  if (why_)
    report.outcome.error = why_;
  else if (late)
    report.outcome.error = errc::attempt_timeout;
  co_return !report.outcome.error;
}

sluice::awaitable<bool> connection::connect(exchange_report& report) {
  auto& w = world::here();
  const auto names = w.chance(to_.weather.split_names) ? milliseconds{50} : milliseconds{0};
  const bool well = co_await pass(names + w.between(milliseconds{0}, to_.weather.latency), report);
  if (!well) co_return false;
  if (w.chance(to_.weather.no_connection)) {
    const auto why = one_of({errc::host_not_found, errc::resolver_failed, errc::connect_timeout,
                             errc::tls_failed, errc::tls_identity});
    const auto waited =
        co_await pass(why == errc::connect_timeout ? timeout_.connect : milliseconds{1}, report);
    if (waited) report.outcome.error = why;
    co_return false;
  }
  open_ = report.connected = true;
  report.times.connected = report.times.secured = w.now();
  co_return true;
}

/// The file's bytes; false when the request was not sent whole.
sluice::awaitable<bool> connection::send(sluice::io::body& b, exchange_report& report,
                                         std::string& received) {
  auto& w = world::here();
  const auto cut_at = w.chance(to_.weather.cut_request) ? w.below(b.size() + 1) : b.size() + 1;
  const auto stall_at = w.chance(to_.weather.stall / 2) ? w.below(b.size() + 1) : b.size() + 1;
  const auto early_at = w.chance(to_.weather.early) ? w.below(b.size() + 1) : b.size() + 1;
  std::array<char, 16> room{};
  while (received.size() < b.size()) {
    const auto piece =
        b.read_ready(received.size(),
                     std::span{room}.first(std::min<std::size_t>(room.size(), b.size() - received.size())));
    if (piece.error == asio::error::would_block) {
      co_await b.wait_ready(received.size());
      if (!why_) continue;
      report.outcome.error = why_;
      co_return false;
    }
    if (piece.error || piece.size == 0) {
      report.file_error = piece.error ? piece.error : error_code{errc::file_changed};
      co_return false;
    }
    received.append(room.data(), piece.size);
    report.file_bytes = received.size(), report.kernel_bytes += piece.size;
    report.outcome.request = sent::part;
    const bool well = co_await pass(w.between(milliseconds{0}, milliseconds{3}), report);
    if (!well) co_return false;
    if (received.size() >= early_at) {
      auto& reply = report.outcome.reply.emplace();
      reply.status = one_of({200, 413, 503}), reply.framed = true, reply.body = as_agreed;
      report.outcome.early = true;
      co_return false;
    }
    if (received.size() >= cut_at) {
      report.outcome.error = errc::connection_lost;
      co_return false;
    }
    if (received.size() >= stall_at) {
      const bool waited = co_await pass(timeout_.stall, report);
      if (waited) report.outcome.error = errc::stalled;
      co_return false;
    }
  }
  co_return true;
}

/// False: the time for a reply was over. An interim reply begins that time anew.
sluice::awaitable<bool> connection::answer_comes(exchange_report& report) {
  auto& w = world::here();
  const bool slow = w.chance(to_.weather.slow_answer), interims = slow && w.chance(0.5);
  const auto takes =
      slow ? w.between(timeout_.stall, 2 * timeout_.reply) : w.between(milliseconds{0}, to_.weather.latency);
  const bool late = takes > timeout_.reply && !interims;
  const bool waited = co_await pass(late ? timeout_.reply : takes, report);
  if (waited && late) report.outcome.error = errc::reply_timeout;
  co_return waited && !late;
}

/// A kept connection takes a whole request and ends. The server may have it.
sluice::awaitable<bool> connection::dies_unanswered(const sluice::io::request& r, sluice::io::body& b,
                                                    exchange_report& report) {
  auto& w = world::here();
  std::string received;
  const bool whole = co_await send(b, report, received);
  if (!whole) co_return false;
  const auto key = between(r.head, "Idempotency-Key: ", "\r\n"), name = between(r.head, "filename=\"", "\"");
  const auto* const f = dynamic_cast<const file*>(&b);
  if (w.chance(0.5)) to_.commit(key, name, received, !f || received == f->opened_content()), to_.excuse(key);
  report.outcome = {};
  report.reused = open_ = false;
  ++report.lost;
  co_return true;
}

sluice::awaitable<void> connection::attempt(const sluice::io::request& r, sluice::io::body& b,
                                            exchange_report& report) {
  auto& w = world::here();
  const auto key = between(r.head, "Idempotency-Key: ", "\r\n"), name = between(r.head, "filename=\"", "\"");
  if (!open_) {
    const bool connected = co_await connect(report);
    if (!connected) co_return;
  }
  if (report.reused && report.lost == 0 && b.rewinds() && w.chance(to_.weather.kept_dies)) {
    const bool died = co_await dies_unanswered(r, b, report);
    if (died) co_await attempt(r, b, report);
    co_return;
  }
  report.session_as_configured = !w.chance(to_.weather.unverified);
  std::string received;
  const bool whole = co_await send(b, report, received);
  if (!whole) co_return;
  report.outcome.request = sent::whole;
  report.times.sent = w.now();
  if (received.size() != b.size()) w.fail("a body that is not as long as it was said to be: " + name);
  const auto* const f = dynamic_cast<const file*>(&b);
  const bool as_opened = !f || received == f->opened_content();

  const bool dies_before = w.chance(to_.weather.no_reply / 2),
             dies_after = w.chance(to_.weather.no_reply / 2);
  if (dies_after) to_.commit(key, name, received, as_opened), to_.excuse(key);
  if (dies_before || dies_after || w.chance(to_.weather.stall / 2)) {
    const bool waited =
        co_await pass(dies_before || dies_after ? to_.weather.latency : timeout_.reply, report);
    if (waited)
      report.outcome.error = dies_before || dies_after ? errc::connection_lost : errc::reply_timeout;
    co_return;
  }
  auto answer = decide(key, name, received, as_opened);
  const bool arrives = co_await answer_comes(report);
  if (!arrives) co_return;
  report.times.heard = w.now();
  if (w.chance(to_.weather.cut_reply)) {
    report.outcome.error = one_of({errc::connection_lost, errc::reply_malformed, errc::reply_too_large});
    co_return;
  }
  const bool agreed = answer.status / 100 == 2 && answer.body == as_agreed;
  if (agreed && answer.framed && report.session_as_configured) to_.confirm(key, name, received);
  report.outcome.reply = std::move(answer);
}

/// Decides what the server makes of a whole request. A success is committed, and excused until the client has
/// heard of it.
sluice::core::reply connection::decide(const std::string& key, const std::string& name,
                                       const std::string& bytes, bool as_opened) {
  auto& w = world::here();
  const auto& now = to_.weather;
  sluice::core::reply r;
  r.framed = !w.chance(now.unframed);
  if (w.chance(now.auth))
    r.status = one_of({401, 403, 302, 404});
  else if (w.chance(now.busy))
    r.status = one_of({429, 503, 500}),
    r.retry_after = w.chance(now.retry_after) ? std::to_string(w.below(40)) : "";
  else if (w.chance(now.refused))
    r.status = one_of({400, 413, 422});
  if (r.status != 0) return r;
  to_.commit(key, name, bytes, as_opened);
  to_.excuse(key);
  r.status = one_of({200, 201});
  r.body = !w.chance(now.wrong_body) ? as_agreed : w.chance(0.5) ? R"({"code":17})" : "<html>";
  return r;
}

}  // namespace sim
