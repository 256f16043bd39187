// Other ends that no server would be: ports that refuse or swallow, a TCP peer that does what the test says.
#pragma once

#include "support/process.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace support {

/// A socket bound to a port of its own. While nobody listens on it, another may.
class bound_socket {
 public:
  /// `type` is SOCK_STREAM or SOCK_DGRAM; an address with colons is IPv6.
  bound_socket(const std::string& address, int type, unsigned port = 0);
  ~bound_socket();
  bound_socket(const bound_socket&) = delete;
  bound_socket& operator=(const bound_socket&) = delete;

  int fd() const noexcept { return fd_; }
  unsigned port() const noexcept { return port_; }

 private:
  int fd_;
  unsigned port_ = 0;
};

/// A port on which nothing listens, unless a server is told to.
class closed_port {
 public:
  unsigned port() const noexcept { return socket_.port(); }

 private:
  bound_socket socket_{"127.0.0.1", 1 /* SOCK_STREAM */};
};

/// A port whose queue is full: what comes is neither answered nor refused.
class full_port {
 public:
  explicit full_port(const std::string& address = "127.0.0.1", unsigned port = 0);
  ~full_port();
  unsigned port() const noexcept { return socket_.port(); }

 private:
  bound_socket socket_;
  std::vector<int> waiting_;
};

/// One accepted connection of a tcp_peer. Each call is false, or empty, once the client has gone.
class wire {
 public:
  explicit wire(int fd) : fd_{fd} {}
  ~wire();
  wire(const wire&) = delete;
  wire& operator=(const wire&) = delete;

  bool send(std::string_view bytes) const;
  std::string receive() const;       ///< some bytes
  std::string read_request() const;  ///< a head and its Content-Length, plain HTTP
  /// Reads nothing; true when so much time has passed.
  bool rest(std::chrono::milliseconds time) const;
  void finish() const;  ///< FIN: nothing more will be sent
  void reset() const;   ///< RST
  void cut() const;     ///< ends both directions, from any thread
  int fd() const noexcept { return fd_; }

 private:
  int fd_;
};

/// A socket connected to a port of 127.0.0.1.
int connect_to(unsigned port);

constexpr std::uint64_t untouched = UINT64_MAX;
/// Passes bytes both ways until either end is over; of those to the server, turns a bit of the nth over.
void pass_on(const wire& client, const wire& server, std::uint64_t nth);

/// Serves each connection on a thread of its own, until it is destroyed.
class tcp_peer {
 public:
  explicit tcp_peer(std::function<void(wire&)> serve, const std::string& address = "127.0.0.1",
                    unsigned port = 0);
  ~tcp_peer();

  std::string url(const std::string& scheme = "https") const;
  unsigned connections() const noexcept { return connections_; }

 private:
  void accept_all(const std::stop_token& stop);

  bound_socket socket_;
  std::function<void(wire&)> serve_;
  std::atomic<unsigned> connections_ = 0;
  std::list<wire> wires_;
  std::list<std::jthread> threads_;
  std::jthread acceptor_;
};

}  // namespace support
