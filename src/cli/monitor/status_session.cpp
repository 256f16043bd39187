#include "status_session.hpp"

#include "cli/options/into.hpp"
#include "page.hpp"

#include <fcntl.h>

#include <array>
#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/span_body.hpp>
#include <boost/beast/http/write.hpp>

namespace sluice::cli {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

asked facts_of(const http::request<http::empty_body>& r) {
  asked a{.method = r.method_string(), .target = r.target()};
  if (r.count(http::field::host) == 1) a.host = r[http::field::host];
  const auto length = r.find(http::field::content_length);
  a.has_body = r.chunked() || (length != r.end() && length->value() != "0");
  return a;
}

shared_text text_of(std::string_view line) { return std::make_shared<const std::string>(line); }

}  // namespace

struct status_session::reply {
  unsigned status = 200;
  std::string_view type = "text/plain; charset=utf-8";
  shared_text body{};
  bool head_only = false, keep_alive = true;
  std::string_view policy = "default-src 'none'; frame-ancestors 'none'";
};

status_session::status_session(asio::ip::tcp::socket socket, desk& shared)
    : socket_{std::move(socket)},
      deadline_{socket_.get_executor()},
      beat_{socket_.get_executor()},
      desk_{shared} {
  error_code ignored;
  ::fcntl(socket_.native_handle(), F_SETFD, FD_CLOEXEC);
  socket_.set_option(asio::ip::tcp::no_delay{true}, ignored);
  // The kernel's buffer stays small: memory for clients that do not read is bounded.
  socket_.set_option(asio::socket_base::send_buffer_size{desk_.limits.send_buffer}, ignored);
}

void status_session::close() noexcept {
  error_code ignored;
  closed_ = true;
  socket_.close(ignored);
  deadline_.cancel();
  beat_.cancel();
}

/// A passed deadline closes the socket: a cancelled operation may have completed already, a closed socket
/// stays closed.
void status_session::expect_progress() {
  deadline_.expires_after(desk_.limits.patience);
  deadline_.async_wait([self = shared_from_this()](error_code ec) {
    if (!ec && self->deadline_.expiry() <= asio::steady_timer::clock_type::now()) self->close();
  });
}

asio::awaitable<void> status_session::serve() {
  bool more = true;
  while (more) more = co_await exchange();  // `!closed_ && co_await …` as a condition is a trap of GCC 12
  close();
}

/// False: the connection has ended, or is to.
asio::awaitable<bool> status_session::exchange() {
  parser p;
  p.header_limit(head_limit);
  p.body_limit(boost::none);  // the server never reads a body
  const auto ec = co_await read_head(p);
  if (closed_) co_return false;
  if (ec == http::error::header_limit || ec == http::error::buffer_overflow)
    co_return co_await refuse(431, "a request's head has 8 KiB at the most");
  if (ec.category() == http::make_error_code(http::error::bad_method).category() &&
      ec != http::error::end_of_stream && ec != http::error::partial_message)
    co_return co_await refuse(400, "this is not HTTP/1");
  if (ec) co_return false;
  co_return co_await answer(p);
}

asio::awaitable<error_code> status_session::read_head(parser& p) {
  error_code ec;
  expect_progress();
  co_await http::async_read_header(socket_, buffer_, p, into(ec));
  co_return ec;
}

asio::awaitable<bool> status_session::answer(const parser& p) {
  const auto request = facts_of(p.get());
  const bool head_only = request.method == "HEAD";
  const auto no = refusal_of(request, desk_.local_only);
  if (no && no->status == 404) {
    reply r{.status = 404, .body = text_of(std::string{no->why} + "\n"), .head_only = head_only};
    r.keep_alive = p.keep_alive();
    co_return co_await send(std::move(r));
  }
  if (no) co_return co_await refuse(no->status, no->why, head_only);
  const auto what = *resource_at(request.target);
  if (what == resource::events && !head_only) {
    co_await watch();
    co_return false;
  }
  auto r = reply_to(what, head_only);
  r.keep_alive = p.keep_alive();
  co_return co_await send(std::move(r));
}

status_session::reply status_session::reply_to(resource what, bool head_only) {
  reply r{.head_only = head_only};
  switch (what) {
    case resource::page:
      r.type = "text/html; charset=utf-8", r.policy = page_policy(), r.body = status_page();
      break;
    case resource::metrics:
      r.type = metrics::content_type, r.body = desk_.all.metrics_text();
      break;
    case resource::health: {
      const auto h = desk_.all.check();
      r.status = h.good ? 200 : 503, r.body = text_of(h.text);
      break;
    }
    case resource::events:
      r.type = "text/event-stream", r.body = text_of("");
  }
  return r;
}

/// False: it could not be sent, or the connection is not kept.
asio::awaitable<bool> status_session::send(reply r) {
  http::response<http::span_body<const char>> m{static_cast<http::status>(r.status), 11};
  m.set(http::field::content_type, r.type);
  m.set(http::field::content_length, std::to_string(r.body->size()));
  m.set(http::field::cache_control, "no-store");
  m.set("X-Content-Type-Options", "nosniff");
  m.set("Content-Security-Policy", r.policy);
  m.set("Referrer-Policy", "no-referrer");
  m.set("Cross-Origin-Resource-Policy", "same-origin");
  if (r.status == 405) m.set(http::field::allow, "GET, HEAD");
  m.keep_alive(r.keep_alive);
  if (!r.head_only) m.body() = {r.body->data(), r.body->size()};
  http::response_serializer<http::span_body<const char>> out{m};
  error_code ec;
  expect_progress();
  if (r.head_only)
    co_await http::async_write_header(socket_, out, into(ec));
  else
    co_await http::async_write(socket_, out, into(ec));
  co_return !ec && !closed_ && r.keep_alive;
}

asio::awaitable<bool> status_session::refuse(unsigned status, std::string_view why, bool head_only) {
  reply r{.status = status, .body = text_of(std::string{why} + "\n"), .head_only = head_only};
  r.keep_alive = false;
  co_await send(std::move(r));
  co_await linger();
  co_return false;
}

asio::awaitable<void> status_session::turn_away() {
  co_await refuse(503, "too many connections; try again later");
  close();
}

/// FIN, then reads and drops what still comes, for a while: unread bytes would turn the reply into a reset.
asio::awaitable<void> status_session::linger() {
  constexpr int most = 64;  // times what the buffer holds
  error_code ec;
  if (closed_) co_return;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ec);
  expect_progress();
  std::array<char, 1024> dropped;
  for (int i = 0; i < most && !ec && !closed_; ++i)
    co_await socket_.async_read_some(asio::buffer(dropped), into(ec));
}

/// A slow client misses messages, and its next one is the newest; a client that takes none for too long is
/// dropped.
asio::awaitable<void> status_session::watch() {
  constexpr std::string_view head =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
      "X-Content-Type-Options: nosniff\r\nCross-Origin-Resource-Policy: same-origin\r\n"
      "Connection: close\r\n\r\n";
  if (!co_await push(text_of(head))) co_return;
  if (!co_await push(desk_.all.history_event())) co_return;
  auto errors = desk_.all.errors_version() + 1;  // not what was sent: nothing was
  for (;;) {
    if (errors != desk_.all.errors_version()) {
      errors = desk_.all.errors_version();
      if (!co_await push(desk_.all.errors_event())) co_return;
    }
    if (!co_await push(desk_.all.now_event())) co_return;
    if (!co_await quiet_for_a_beat()) co_return;
  }
}

asio::awaitable<bool> status_session::push(shared_text event) {
  error_code ec;
  expect_progress();
  co_await asio::async_write(socket_, asio::buffer(*event), into(ec));
  co_return !ec && !closed_;
}

/// False: the client has gone, or says something it was not asked for.
asio::awaitable<bool> status_session::quiet_for_a_beat() {
  error_code ec;
  deadline_.cancel();
  beat_.expires_after(desk_.limits.beat);
  beat_.async_wait([self = shared_from_this()](error_code late) {
    error_code ignored;
    if (!late) self->socket_.cancel(ignored);
  });
  co_await socket_.async_wait(asio::ip::tcp::socket::wait_read, into(ec));
  co_return ec == asio::error::operation_aborted && !closed_;
}

}  // namespace sluice::cli
