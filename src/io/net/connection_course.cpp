#include "io/net/connection_course.hpp"

#include "core/report/masking.hpp"

#include <sluice/error.hpp>
#include <sluice/text.hpp>

#include <new>
#include <utility>

namespace sluice::io {
namespace {

using kind = trace_event::kind;
using std::chrono::steady_clock;

std::string address_text(const asio::ip::tcp::endpoint& e) {
  const auto ip = e.address().to_string();
  return (e.address().is_v6() ? "[" + ip + "]" : ip) + ":" + std::to_string(e.port());
}

/// A Unix socket is none, and a caller's connector may have made another kind.
std::string address_or_nothing(const asio::ip::tcp::endpoint& e, error_code ec) {
  const auto family = e.protocol().family();
  return ec || e.port() == 0 || (family != AF_INET && family != AF_INET6) ? std::string{} : address_text(e);
}

/// A trace is never worth an upload.
template <class Tell>
void try_to(Tell tell) noexcept try {
  tell();
} catch (const std::bad_alloc&) {
}

void describe(const tls_session& session, trace_event& e) {
  auto facts = session.read_facts();
  e.version = std::move(facts.version), e.cipher = std::move(facts.cipher), e.alpn = std::move(facts.alpn);
  e.subject = std::move(facts.subject), e.issuer = std::move(facts.issuer);
  e.expires = facts.expires, e.resumed = facts.resumed;
}

}  // namespace

connection_course::~connection_course() {
  if (to_->tells_ends()) end("it is not needed any more");
}

trace_event connection_course::make_event(kind what) const {
  trace_event e;
  e.what = what, e.connection = number_, e.of_proxy = with_proxy_;
  e.took = steady_clock::now() - since_;
  return e;
}

trace_event connection_course::make_file_event(kind what) const {
  auto e = make_event(what);
  e.of_proxy = false;
  e.seq = note_->seq, e.path = note_->path, e.attempt = note_->attempt;
  return e;
}

void connection_course::begin_dial() noexcept {
  number_ = to_->number_connection();
  since_ = steady_clock::now();
  step_ = step::dialling;
  refused_ = with_proxy_ = false;
}

void connection_course::address_refused(const asio::ip::tcp::endpoint& at, error_code why,
                                        core::steady_time begun) noexcept {
  refused_ = true;
  try_to([&] {
    auto e = make_event(kind::connection);
    e.address = address_text(at), e.error = why, e.took = steady_clock::now() - begun;
    to_->tell(std::move(e));
  });
}

void connection_course::dial_failed(error_code why) noexcept {
  if (std::exchange(step_, step::none) == step::dialling && !refused_)
    try_to([&] { tell_failure(make_event(kind::connection), why, {}); });
}

void connection_course::connected(const asio::ip::tcp::socket& socket, const std::string& unix_socket,
                                  const std::string& proxy, core::steady_time begun) noexcept {
  open_ = true;
  step_ = step::none;
  try_to([&] {
    auto e = make_event(kind::connection);
    if (begun != core::steady_time{}) e.took = steady_clock::now() - begun;
    error_code ec;
    e.address = address_or_nothing(socket.remote_endpoint(ec), ec);
    e.local = address_or_nothing(socket.local_endpoint(ec), ec);
    if (!unix_socket.empty()) e.address = "unix:" + printable(unix_socket);
    e.proxy = proxy;
    to_->tell(std::move(e));
  });
}

void connection_course::begin_handshake(bool with_proxy) noexcept {
  step_ = step::shaking_hands;
  with_proxy_ = with_proxy;
  since_ = steady_clock::now();
}

void connection_course::secured(const tls_session& session) noexcept {
  step_ = step::none;
  try_to([&] {
    auto e = make_event(kind::handshake);
    describe(session, e);
    to_->tell(std::move(e));
  });
}

void connection_course::failed(error_code why, const std::string& detail,
                               const tls_session* session) noexcept {
  const auto at = std::exchange(step_, step::none);
  try_to([&] {
    if (at == step::dialling) tell_failure(make_event(kind::connection), why, detail);
    if (at != step::shaking_hands) return;
    auto e = make_event(kind::handshake);
    if (session != nullptr) describe(*session, e);
    tell_failure(std::move(e), why, detail);
  });
  try_to([&] {
    const auto text = detail.empty() ? why.message() : why.message() + " (" + detail + ")";
    end(core::mask_repeated(text, proxy_secrets_));  // a proxy's refusal is quoted
  });
}

void connection_course::tell_failure(trace_event e, error_code why, const std::string& detail) {
  e.error = why, e.detail = detail;
  to_->tell(std::move(e));
}

void connection_course::ask_proxy(std::string_view head, std::span<const header> given) noexcept {
  step_ = step::asking_proxy;
  with_proxy_ = true;
  since_ = steady_clock::now();
  try_to([&] {
    auto e = make_event(kind::request);
    e.took = e.took.zero();
    auto shown = core::mask_request(head, given);
    e.head = std::move(shown.text), proxy_secrets_ = std::move(shown.secrets);
    to_->tell(std::move(e));
  });
}

void connection_course::hear_proxy(std::string_view head) noexcept {
  try_to([&] {
    auto e = make_event(kind::reply);
    e.head = core::mask_reply(head, proxy_secrets_);
    to_->tell(std::move(e));
  });
}

void connection_course::begin_request(const request_note* note) noexcept {
  note_ = note;
  if (note == nullptr) return;
  since_ = steady_clock::now();
  try_to([&] {
    auto e = make_file_event(kind::request);
    e.took = e.took.zero();
    e.head = note->head;
    to_->tell(std::move(e));
  });
}

void connection_course::hear_reply(int status, std::string_view head) noexcept {
  try_to([&] {
    auto e = make_file_event(kind::reply);
    e.status = status;
    e.head = core::mask_reply(head, note_->secrets);
    to_->tell(std::move(e));
  });
}

void connection_course::end(std::string_view why) noexcept {
  if (!std::exchange(open_, false)) return;
  try_to([&] {
    auto e = make_event(kind::closed);
    e.took = e.took.zero();
    e.detail = why;
    to_->tell(std::move(e));
  });
}

/// The detail of a malformed reply quotes its first bytes.
std::string connection_course::shown_detail(const exchange_report& report) const {
  return note_ == nullptr ? report.detail : core::mask_repeated(report.detail, note_->secrets);
}

void connection_course::end_after(const exchange_report& report) noexcept {
  const auto& outcome = report.outcome;
  try_to([&] {
    if (report.file_error)
      end("the request was cut off: " + report.file_error.message());
    else if (outcome.error)
      end(outcome.error.message() + (report.detail.empty() ? "" : " (" + shown_detail(report) + ")"));
    else if (outcome.early)
      end("a reply came before the whole request was sent");
    else
      end("the server keeps it for no further request");
  });
}

}  // namespace sluice::io
