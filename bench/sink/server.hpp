// The listening side: accepts, counts, and ends every connection when told to.
#pragma once

#include "sink/loop.hpp"
#include "sink/service.hpp"
#include "sink/session.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <cstdint>
#include <unordered_set>

namespace sink {

class server {
 public:
  /// Listens at once; throws usage_error when it cannot. The service must outlive it.
  server(asio::io_context& loop, service& s);

  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  /// Begins to accept.
  void start();
  /// Ends all; the loop runs out of work soon after.
  void stop();

 private:
  void listen(const asio::ip::tcp::endpoint& here);
  task<void> accept();
  task<void> converse(std::uint64_t id, tcp_socket socket);

  service& service_;
  executor executor_;
  asio::basic_socket_acceptor<asio::ip::tcp, executor> acceptor_;
  timer pause_;
  timer room_;  // cancelled when a session ends: a waiting accept may go on
  std::unordered_set<session*> sessions_;
  bool stopped_ = false;
};

}  // namespace sink
