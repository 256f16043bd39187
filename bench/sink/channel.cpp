#include "sink/channel.hpp"

#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/socket.h>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <cerrno>

namespace sink {

using namespace asio::experimental::awaitable_operators;

channel::channel(tcp_socket socket, SSL_CTX* tls)
    : socket_{std::move(socket)}, timer_{socket_.get_executor()}, ssl_{tls ? SSL_new(tls) : nullptr} {
  error_code ignored;
  socket_.set_option(asio::ip::tcp::no_delay{true}, ignored);
  socket_.native_non_blocking(true, ignored);
  if (ssl_) {
    SSL_set_fd(ssl_.get(), socket_.native_handle());
    SSL_set_accept_state(ssl_.get());
  }
}

channel::outcome channel::judge(int result) {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return {0, want::read};
    case SSL_ERROR_WANT_WRITE:
      return {0, want::write};
    case SSL_ERROR_ZERO_RETURN:
      ended_well_ = true;
      return {0, want::dead};
    default:
      return {0, want::dead};
  }
}

channel::outcome channel::try_read(char* to, std::size_t room) {
  if (ssl_) {
    std::size_t n = 0;
    ERR_clear_error();
    const int result = SSL_read_ex(ssl_.get(), to, room, &n);
    return result == 1 ? outcome{n, want::none} : judge(result);
  }
  const auto n = ::recv(socket_.native_handle(), to, room, 0);
  if (n > 0) return {static_cast<std::size_t>(n), want::none};
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return {0, want::read};
  ended_well_ = n == 0;
  return {0, want::dead};
}

channel::outcome channel::try_write(std::string_view bytes) {
  if (ssl_) {
    std::size_t n = 0;
    ERR_clear_error();
    const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &n);
    return result == 1 ? outcome{n, want::none} : judge(result);
  }
  const auto n = ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (n >= 0) return {static_cast<std::size_t>(n), want::none};
  return {0, errno == EAGAIN || errno == EINTR ? want::write : want::dead};
}

task<bool> channel::obey(want next) {
  if (next == want::dead) co_return false;
  const auto what = next == want::read ? tcp_socket::wait_read : tcp_socket::wait_write;
  const auto [ec] = co_await socket_.async_wait(what, no_throw);
  co_return !ec && !gone_;
}

task<bool> channel::handshake() {
  while (ssl_ && !gone_) {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    if (result == 1) co_return true;
    const auto next = judge(result).next;
    if (!co_await obey(next)) co_return false;
  }
  co_return !gone_;
}

task<std::size_t> channel::read_some(char* to, std::size_t room) {
  while (!gone_) {
    const auto [n, next] = try_read(to, room);
    if (n > 0) co_return n;
    if (!co_await obey(next)) co_return 0;
  }
  co_return 0;
}

task<bool> channel::write(std::string_view bytes) {
  while (!bytes.empty()) {
    if (gone_) co_return false;
    const auto [n, next] = try_write(bytes);
    bytes.remove_prefix(n);
    if (n == 0 && !co_await obey(next)) co_return false;
  }
  co_return true;
}

task<bool> channel::write_raw(std::string_view bytes) {
  while (!bytes.empty() && !gone_) {
    const auto n = ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n > 0) bytes.remove_prefix(static_cast<std::size_t>(n));
    if (n < 0 && !co_await obey(errno == EAGAIN ? want::write : want::dead)) co_return false;
  }
  co_return !gone_;
}

task<wakeup> channel::wait_readable(milliseconds limit) {
  if (gone_) co_return wakeup::gone;
  if (ssl_ && SSL_has_pending(ssl_.get())) co_return wakeup::ready;
  if (limit == milliseconds::zero()) {
    const bool ready = co_await obey(want::read);
    co_return ready ? wakeup::ready : wakeup::gone;
  }
  timer_.expires_after(limit);
  const auto first = co_await (obey(want::read) || timer_.async_wait(no_throw));
  if (gone_) co_return wakeup::gone;
  if (first.index() == 1) co_return wakeup::timed_out;
  co_return std::get<0>(first) ? wakeup::ready : wakeup::gone;
}

task<bool> channel::sleep(milliseconds time) {
  if (gone_) co_return false;
  timer_.expires_after(time);
  co_await timer_.async_wait(no_throw);
  co_return !gone_;
}

bool channel::peer_has_closed() const {
  tcp_info info{};
  socklen_t size = sizeof info;
  const int failed =
      ::getsockopt(const_cast<tcp_socket&>(socket_).native_handle(), IPPROTO_TCP, TCP_INFO, &info, &size);
  return failed || info.tcpi_state != TCP_ESTABLISHED;
}

// The FIN may lie behind bytes nobody reads: only the state of the connection tells.
task<void> channel::hold() {
  while (!gone_ && !peer_has_closed()) co_await sleep(milliseconds{20});
}

task<void> channel::finish(bool notify) {
  if (gone_) co_return;
  if (ssl_ && notify) {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
  }
  error_code ec;
  socket_.shutdown(tcp_socket::shutdown_send, ec);
  const auto deadline = steady_clock::now() + std::chrono::seconds{2};
  char scrap[4096];
  while (!gone_ && !ec && steady_clock::now() < deadline) {
    const auto n = ::recv(socket_.native_handle(), scrap, sizeof scrap, 0);
    if (n == 0 || (n < 0 && errno != EAGAIN)) break;
    if (n > 0) continue;
    timer_.expires_at(deadline);
    co_await (obey(want::read) || timer_.async_wait(no_throw));
  }
  abort();
}

void channel::reset() {
  error_code ignored;
  if (!gone_) socket_.set_option(asio::socket_base::linger{true, 0}, ignored);
  abort();
}

void channel::abort() {
  error_code ignored;
  gone_ = true;
  timer_.cancel();
  socket_.close(ignored);
}

}  // namespace sink
