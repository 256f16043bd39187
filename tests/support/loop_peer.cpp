#include "support/loop_peer.hpp"

#include "io/asio.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <poll.h>

#include <stdexcept>

namespace loop {

using asio::awaitable;
using asio::use_awaitable;
using asio::ip::tcp;
using sluice::into;

struct peer::impl {
  impl(tcp::socket s, std::shared_ptr<asio::ssl::context> t) : tls{std::move(t)} {
    if (tls)
      secured = std::make_unique<asio::ssl::stream<tcp::socket>>(std::move(s), *tls);
    else
      plain = std::make_unique<tcp::socket>(std::move(s));
  }
  tcp::socket& socket() { return tls ? secured->next_layer() : *plain; }

  awaitable<std::size_t> more() {
    std::string piece(16 * 1024, '\0');
    error_code ec;
    std::size_t n = 0;
    if (tls)
      n = co_await secured->async_read_some(asio::buffer(piece), into(ec));
    else
      n = co_await plain->async_read_some(asio::buffer(piece), into(ec));
    kept.append(piece, 0, n);
    co_return n;
  }
  awaitable<std::string> take(std::size_t n) {
    while (kept.size() < n)  // no && with co_await: GCC 12 evaluates both sides
      if (co_await more() == 0) break;
    std::string taken = kept.substr(0, n);
    kept.erase(0, n);
    co_return taken;
  }

  std::shared_ptr<asio::ssl::context> tls;
  std::unique_ptr<tcp::socket> plain;
  std::unique_ptr<asio::ssl::stream<tcp::socket>> secured;
  std::string kept;
};

peer::peer(tcp::socket socket, std::shared_ptr<asio::ssl::context> tls)
    : impl_{std::make_unique<impl>(std::move(socket), std::move(tls))} {}
peer::peer(peer&&) noexcept = default;
peer& peer::operator=(peer&&) noexcept = default;
peer::~peer() = default;

tcp::socket& peer::socket() { return impl_->socket(); }

awaitable<error_code> peer::handshake() {
  error_code ec;
  if (impl_->tls) co_await impl_->secured->async_handshake(asio::ssl::stream_base::server, into(ec));
  co_return ec;
}

awaitable<std::string> peer::read(std::size_t n) { return impl_->take(n); }

awaitable<std::string> peer::read_head() {
  auto& kept = impl_->kept;
  std::size_t at;
  while ((at = kept.find("\r\n\r\n")) == std::string::npos)
    if (co_await impl_->more() == 0) throw std::runtime_error("the stream ended within a head: " + kept);
  co_return co_await impl_->take(at + 4);
}

awaitable<std::string> peer::read_request() {
  auto head = co_await read_head();
  const auto at = head.find("Content-Length: ");
  if (at == std::string::npos) throw std::runtime_error("a request without a length: " + head);
  const auto length = std::stoul(head.substr(at + 16));
  auto body = co_await impl_->take(length);
  if (body.size() != length) throw std::runtime_error("the stream ended within a body");
  co_return head + body;
}

awaitable<std::string> peer::read_to_end() {
  for (std::size_t n = 1; n > 0;) n = co_await impl_->more();
  co_return std::exchange(impl_->kept, {});
}

awaitable<void> peer::write(std::string bytes) {
  if (impl_->tls)
    co_await asio::async_write(*impl_->secured, asio::buffer(bytes), use_awaitable);
  else
    co_await asio::async_write(*impl_->plain, asio::buffer(bytes), use_awaitable);
}

awaitable<void> peer::write_raw(std::string bytes) {
  co_await asio::async_write(socket(), asio::buffer(bytes), use_awaitable);
}

awaitable<void> peer::say_goodbye() {
  error_code ignored;
  co_await impl_->secured->async_shutdown(into(ignored));
}

void peer::finish() { socket().shutdown(tcp::socket::shutdown_send); }
void peer::close() { socket().close(); }
void peer::reset() {
  socket().set_option(asio::socket_base::linger{true, 0});
  socket().close();
}

listener::listener(asio::any_io_executor executor, std::shared_ptr<asio::ssl::context> tls)
    : tls_{std::move(tls)},
      acceptor_{executor, {asio::ip::make_address("127.0.0.1"), 0}},
      where_{acceptor_.local_endpoint()} {}

void listener::open_again() {
  acceptor_.open(where_.protocol());
  acceptor_.set_option(asio::socket_base::reuse_address{true});
  acceptor_.bind(where_);
  acceptor_.listen();
}

std::string listener::url(const std::string& target) const {
  return (tls_ ? "https" : "http") + std::string{"://localhost:"} + std::to_string(port()) + target;
}

awaitable<peer> listener::accept_raw() {
  auto socket = co_await acceptor_.async_accept(use_awaitable);
  socket.set_option(tcp::no_delay{true});  // a write is on the other side before the next step
  co_return peer{std::move(socket), tls_};
}

awaitable<peer> listener::accept() {
  auto p = co_await accept_raw();
  if (const auto ec = co_await p.handshake()) throw std::runtime_error("handshake: " + ec.message());
  co_return p;
}

bool listener::somebody_waits() {
  pollfd p{acceptor_.native_handle(), POLLIN, 0};
  return ::poll(&p, 1, 0) == 1;
}

dead_port::dead_port(asio::any_io_executor executor, const std::string& address)
    : acceptor_{executor}, first_{executor} {
  const tcp::endpoint anywhere{asio::ip::make_address(address), 0};
  acceptor_.open(anywhere.protocol());
  acceptor_.bind(anywhere);
  acceptor_.listen(0);
  first_.connect(acceptor_.local_endpoint());
}

std::string reply(const std::string& status, const std::string& body, const std::string& headers) {
  return "HTTP/1.1 " + status + "\r\n" + headers + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

}  // namespace loop
