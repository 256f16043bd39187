// The other end, scripted: what it reads, writes and breaks is written in the test, step by step.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace loop {

namespace asio = boost::asio;
using boost::system::error_code;

/// One accepted connection, plain or TLS. Reads return what came before the end of the stream, or an error.
class peer {
 public:
  peer(asio::ip::tcp::socket socket, std::shared_ptr<asio::ssl::context> tls);
  peer(peer&&) noexcept;
  peer& operator=(peer&&) noexcept;
  ~peer();

  asio::awaitable<error_code> handshake();
  asio::awaitable<std::string> read(std::size_t n);  ///< exactly `n` plain bytes
  asio::awaitable<std::string> read_head();          ///< reads up to an empty line
  asio::awaitable<std::string> read_request();       ///< a head and its Content-Length
  asio::awaitable<std::string> read_to_end();        ///< reads until the other side closes
  asio::awaitable<void> write(std::string bytes);
  asio::awaitable<void> write_raw(std::string bytes);  ///< past TLS, onto the wire
  asio::awaitable<void> say_goodbye();                 ///< close_notify; ends when the other side does

  void finish();  ///< FIN: nothing more will be written
  void close();
  void reset();  ///< RST
  asio::ip::tcp::socket& socket();

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

/// A port on 127.0.0.1.
class listener {
 public:
  explicit listener(asio::any_io_executor executor, std::shared_ptr<asio::ssl::context> tls = nullptr);

  std::uint16_t port() const { return where_.port(); }
  std::string url(const std::string& target = "/up") const;
  /// The next connection, its handshake done.
  asio::awaitable<peer> accept();
  asio::awaitable<peer> accept_raw();  ///< accepts without a handshake
  bool somebody_waits();               ///< a connection was made and not accepted yet
  void close() { acceptor_.close(); }
  void open_again();  ///< listens again on the same port

 private:
  std::shared_ptr<asio::ssl::context> tls_;
  asio::ip::tcp::acceptor acceptor_;
  asio::ip::tcp::endpoint where_;
};

/// A port on `address` that nothing answers at: its queue is full, so that SYNs are dropped.
class dead_port {
 public:
  dead_port(asio::any_io_executor executor, const std::string& address);
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

 private:
  asio::ip::tcp::acceptor acceptor_;
  asio::ip::tcp::socket first_;
};

/// A reply with a length.
std::string reply(const std::string& status, const std::string& body = {}, const std::string& headers = {});

}  // namespace loop
