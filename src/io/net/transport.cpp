#include "io/net/transport.hpp"

#include "io/net/tls_session.hpp"

#include <sluice/error.hpp>
#include <sluice/text.hpp>

#include <algorithm>
#include <cstring>
#include <utility>

namespace sluice::io {
namespace {

using boost::beast::flat_buffer;

constexpr std::size_t turn = 64 * 1024;  ///< plain bytes that are encrypted at once for the proxy
constexpr std::size_t proxy_receive_size = 16 * 1024;  ///< ciphertext of the proxy that is read at once
constexpr std::size_t answer_size = 4 * 1024;

bool is_identity(error_code e) {
  return e == errc::tls_identity || e == errc::tls_pin_mismatch || e == errc::tls_client_refused;
}

/// The refusals that another address of the endpoint may not meet; a tunnel too, since TLS may fail in it.
bool is_of_the_way(error_code e) { return !e || e == errc::proxy_cannot_reach || e == errc::proxy_refused; }

std::string detail_of_lookup(error_code e, const resolver& names) {
  if (e != errc::host_not_found || names.family() == address_family::any) return {};
  return names.family() == address_family::ipv4 ? "only IPv4 was asked for" : "only IPv6 was asked for";
}

}  // namespace

/// TLS with the proxy, around all that goes through it.
struct transport::outer_tls {
  outer_tls(const proxy_route& via)
      : tickets{via.tickets}, tls{via.terms.tls, via.terms.proxy.at, *tickets, in, out} {}

  std::shared_ptr<session_tickets> tickets;  ///< outlives the session, which leaves some
  flat_buffer in{}, out{};
  tls_session tls;
  std::size_t owed = 0;  ///< bytes of the caller's that `out` has, and the kernel not
};

transport::transport(asio::any_io_executor executor, endpoint& to, connection_course* course)
    : to_{to}, course_{course}, dialer_{executor, to, course}, socket_{executor} {}

transport::~transport() = default;

void transport::begin(core::steady_time end) {
  dialer_.begin(end);
  const bool tells = to_.via && to_.via->terms.proxy.speaks == core::proxy::kind::socks5;
  if (tells && !told_) told_.emplace(to_);
  if (told_) told_->begin(end);
}

core::steady_time transport::turn_ends() const noexcept {
  const auto ends = heard_ ? dialer_.ends() : dialer_.turn_ends();
  return told_ ? std::min(ends, told_->turn_ends()) : ends;
}

/// A proxy that speaks is not to blame for an endpoint that it does not reach.
void transport::failed() {
  if (told_ && heard_) return told_->failed();
  dialer_.failed();
}

void transport::worked() {
  dialer_.worked();
  if (told_) told_->worked();
}

awaitable<error_code> transport::dial() {
  outer_.reset();
  heard_ = answered_ = stopped_ = false;
  error_code ec;
  if (told_) ec = co_await told_->choose(lookup_.slot());
  detail_ = detail_of_lookup(ec, to_.names);
  if (ec) co_return ec;  // the endpoint has no address, and the proxy is not to blame
  if (to_.via) detail_ = "no answer of the proxy " + to_.via->terms.proxy.shown();
  if (course_ != nullptr) course_->begin_dial();
  auto made = co_await dialer_.dial();
  ec = made.error;
  if (course_ != nullptr && ec && !stopped_ && ec != asio::error::not_found) course_->dial_failed(ec);
  const auto more = detail_of_lookup(ec, to_.dialled_names());
  if (ec && to_.via && ec != asio::error::not_found)
    co_return fail(errc::proxy_unreachable, ec.message() + (more.empty() ? "" : ", " + more));
  if (!to_.via) detail_ = more;
  if (ec && !to_.unix_socket.empty()) detail_ = "'" + printable(to_.unix_socket.string()) + "'";
  if (ec) co_return ec;
  socket_ = std::move(made.socket);
  error_code not_tcp;
  socket_.non_blocking(true, ec);
  socket_.set_option(asio::ip::tcp::no_delay{true}, not_tcp);  // a connector's may be another kind of socket
  if (course_ != nullptr)
    course_->connected(socket_, to_.unix_socket.string(),
                       to_.via ? to_.via->terms.proxy.shown() : std::string{}, made.begun);
  co_return ec;
}

awaitable<error_code> transport::ask_proxy(flat_buffer& incoming) {
  error_code ec;
  if (to_.via->terms.tls) ec = co_await secure();
  if (ec) co_return ec;
  if (const auto dialogue = begin_dialogue()) ec = co_await talk(*dialogue, incoming);
  if (!ec) detail_.clear();
  co_return ec;
}

awaitable<error_code> transport::secure() {
  outer_ = std::make_unique<outer_tls>(*to_.via);
  auto& tls = outer_->tls;
  if (course_ != nullptr) course_->begin_handshake(true);
  for (;;) {
    const auto step = tls.handshake();
    auto ec = co_await send(outer_->out, false);  // also the alert that tells the proxy why
    if (step == tls_session::status::failed) {
      const auto why = tls.error();
      if (course_ != nullptr) course_->failed(why, tls.detail(), &tls);
      co_return fail(is_identity(why) ? errc::proxy_identity : errc::proxy_unreachable,
                     why.message() + (tls.detail().empty() ? "" : ", " + tls.detail()));
    }
    if (!ec && step == tls_session::status::ok) {
      if (course_ != nullptr) course_->secured(tls);
      co_return error_code{};
    }
    std::size_t n = 0;
    if (!ec) n = co_await socket_.async_read_some(outer_->in.prepare(proxy_receive_size), into(ec));
    outer_->in.commit(n);
    if (ec) co_return fail(errc::proxy_unreachable, "TLS failed, " + ec.message());
  }
}

/// Null where an HTTP proxy gets each request itself, in absolute form.
std::unique_ptr<core::proxy_dialogue> transport::begin_dialogue() const {
  const auto& via = to_.via->terms;
  const auto& url = to_.url;
  if (via.proxy.is_socks()) {
    const auto host = told_ ? told_->text() : url.host;
    if (course_ != nullptr) course_->ask_proxy("SOCKS5 CONNECT " + host + ":" + std::to_string(url.port), {});
    return core::make_socks5(host, url.port, via.proxy);
  }
  return url.tls ? core::make_connect(url, via.proxy, via.headers) : nullptr;
}

/// The proxy's answer, or what of it the dialogue has taken for one.
void transport::trace_answer(const core::proxy_dialogue& with, std::string_view bytes) {
  if (!to_.via->terms.proxy.is_socks())
    course_->hear_proxy(bytes);
  else if (with.is_over())
    course_->hear_proxy(with.error() ? with.detail() : "SOCKS5 succeeded");
}

awaitable<error_code> transport::talk(core::proxy_dialogue& with, flat_buffer& incoming) {
  flat_buffer question;
  for (;;) {
    const auto text = with.take_unsent();
    if (course_ != nullptr && !to_.via->terms.proxy.is_socks())
      course_->ask_proxy(text, to_.via->terms.headers);
    const auto room = question.prepare(text.size());
    std::memcpy(room.data(), text.data(), text.size());
    question.commit(text.size());
    auto ec = co_await send(question, true);
    if (!ec) ec = co_await receive(incoming, answer_size);
    heard_ = heard_ || !ec;
    if (ec)
      co_return fail(errc::proxy_failed, ec == asio::error::eof ? "it closed the connection" : ec.message());
    for (std::size_t n = 1; n > 0 && !with.is_over() && incoming.size() > 0;) {
      const auto bytes = incoming.data();
      const std::string_view heard{static_cast<const char*>(bytes.data()), bytes.size()};
      n = with.hear(heard);
      if (course_ != nullptr && (n > 0 || with.is_over()))
        trace_answer(with, n > 0 ? heard.substr(0, n) : heard);
      incoming.consume(n);
    }
    if (!with.is_over()) continue;
    answered_ = !told_ || !is_of_the_way(with.error());
    if (with.error()) detail_ = with.detail();
    co_return with.error();
  }
}

error_code transport::fail(error_code why, const std::string& detail) {
  // The deadline that closed the socket is the cause, and what was waited for is known already.
  if (!stopped_) detail_ = to_.via->terms.proxy.shown() + ": " + detail;
  return why;
}

/// Sends all of it, through the proxy's TLS or as it is.
awaitable<error_code> transport::send(flat_buffer& bytes, bool encrypted) {
  while (bytes.size() > 0) {
    error_code ec;
    const auto n = encrypted ? write_some(bytes.data(), ec) : socket_.write_some(bytes.data(), ec);
    bytes.consume(n);
    if (ec == asio::error::would_block) {
      ec = {};
      co_await socket_.async_wait(asio::ip::tcp::socket::wait_write, into(ec));
    }
    if (ec && ec != asio::error::interrupted) co_return ec;
  }
  co_return error_code{};
}

/// False, with the error, when the kernel has not taken all of it.
bool transport::flush_outer(error_code& ec) {
  ec = {};
  while (outer_->out.size() > 0) {
    const auto n = socket_.write_some(outer_->out.data(), ec);
    if (ec && ec != asio::error::interrupted) return false;
    outer_->out.consume(n);
    ec = {};
  }
  return true;
}

std::size_t transport::write_some(asio::const_buffer bytes, error_code& ec) {
  if (!outer_) return socket_.write_some(bytes, ec);
  if (!flush_outer(ec)) return 0;
  if (outer_->owed == 0) {
    const auto size = std::min(bytes.size(), turn);
    if (outer_->tls.write({static_cast<const char*>(bytes.data()), size}) != tls_session::status::ok) {
      ec = errc::connection_lost;
      return 0;
    }
    outer_->owed = size;
    if (!flush_outer(ec)) return 0;
  }
  return std::exchange(outer_->owed, 0);
}

std::size_t transport::read_some(asio::mutable_buffer into, error_code& ec) {
  if (!outer_) return socket_.read_some(into, ec);
  for (;;) {
    std::size_t n = 0;
    switch (outer_->tls.read({static_cast<char*>(into.data()), into.size()}, n)) {
      case tls_session::status::ok:
        ec = {};
        return n;
      case tls_session::status::want_read:
        break;
      case tls_session::status::closed:
        ec = asio::error::eof;
        return 0;
      default:
        ec = errc::connection_lost;
        return 0;
    }
    n = socket_.read_some(outer_->in.prepare(proxy_receive_size), ec);
    outer_->in.commit(n);
    if (ec) return 0;
  }
}

awaitable<error_code> transport::receive(flat_buffer& into_buffer, std::size_t most) {
  error_code ec;
  std::size_t n = 0;
  if (!outer_) {
    n = co_await socket_.async_read_some(into_buffer.prepare(most), into(ec));
    into_buffer.commit(n);
    co_return ec;
  }
  for (;;) {
    n = read_some(into_buffer.prepare(most), ec);
    into_buffer.commit(n);
    if (ec != asio::error::would_block && ec != asio::error::interrupted) co_return ec;
    error_code answered;  // TLS itself may have something to say, and it may wait
    flush_outer(answered);
    ec = {};
    co_await socket_.async_wait(asio::ip::tcp::socket::wait_read, into(ec));
    if (ec) co_return ec;
  }
}

void transport::close() noexcept {
  dialer_.let_go();
  if (!socket_.is_open()) return;
  error_code ignored;
  if (outer_) {
    outer_->tls.shutdown();
    flush_outer(ignored);
  }
  socket_.close(ignored);
}

void transport::stop() noexcept {
  stopped_ = true;
  error_code ignored;
  socket_.close(ignored);
  dialer_.stop();
  lookup_.emit(asio::cancellation_type::terminal);
}

}  // namespace sluice::io
