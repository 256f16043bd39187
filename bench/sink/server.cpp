#include "sink/server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/system/system_error.hpp>
#include <string>

namespace sink {

server::server(asio::io_context& loop, service& s)
    : service_{s}, executor_{loop.get_executor()}, acceptor_{executor_}, pause_{executor_}, room_{executor_} {
  const asio::ip::tcp::endpoint here{asio::ip::make_address(s.opt.host), s.opt.port};
  try {
    listen(here);
  } catch (const boost::system::system_error& e) {
    throw usage_error("--host " + s.opt.host + " --port " + std::to_string(s.opt.port) +
                      ": cannot listen there (" + e.code().message() + "); give another, or --port 0");
  }
}

void server::listen(const asio::ip::tcp::endpoint& here) {
  acceptor_.open(here.protocol());
  acceptor_.set_option(asio::socket_base::reuse_address{true});
  const int buffer = service_.opt.receive_buffer;
  if (buffer > 0) acceptor_.set_option(asio::socket_base::receive_buffer_size{buffer});
  acceptor_.bind(here);
  acceptor_.listen();
}

void server::start() { asio::co_spawn(executor_, accept(), asio::detached); }

void server::stop() {
  error_code ignored;
  stopped_ = true;
  acceptor_.close(ignored);
  pause_.cancel();
  room_.cancel();
  for (session* s : sessions_) s->abort();
}

task<void> server::accept() {
  const auto limit = service_.opt.max_connections;
  while (!stopped_) {
    if (service_.opt.accept_delay.count() > 0) {
      pause_.expires_after(service_.opt.accept_delay);
      co_await pause_.async_wait(no_throw);
    }
    while (!stopped_ && limit > 0 && sessions_.size() >= limit) {
      room_.expires_at(steady_clock::time_point::max());
      co_await room_.async_wait(no_throw);
    }
    if (stopped_) co_return;
    auto [ec, socket] = co_await acceptor_.async_accept(no_throw);
    if (ec) {
      // The process is most likely out of descriptors, and some will come back.
      pause_.expires_after(milliseconds{10});
      if (!stopped_) co_await pause_.async_wait(no_throw);
      continue;
    }
    const auto id = ++service_.count.connections;
    asio::co_spawn(executor_, converse(id, tcp_socket{std::move(socket)}), asio::detached);
  }
}

task<void> server::converse(std::uint64_t id, tcp_socket socket) {
  session s{service_, id, std::move(socket)};
  sessions_.insert(&s);
  if (stopped_) s.abort();
  co_await s.run();
  sessions_.erase(&s);
  room_.cancel();
}

}  // namespace sink
