// A forward proxy on a loop of the test's: CONNECT or SOCKS 5, with TLS of its own or without. It says what
// the test tells it to, and moves bytes.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace support {

namespace asio = boost::asio;

class forward_proxy {
 public:
  enum class speaks { http, socks5 };

  explicit forward_proxy(asio::io_context& ioc, speaks what = speaks::http,
                         std::shared_ptr<asio::ssl::context> tls = nullptr);
  forward_proxy(const forward_proxy&) = delete;

  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  std::string where() const { return "127.0.0.1:" + std::to_string(port()); }

  /// The bytes that answer the first words of a client; empty: those of a tunnel. Two bytes are a SOCKS
  /// proxy's choice of a method, and its last words.
  std::string answer;
  /// The answer of SOCKS for a host, instead of `answer`; an empty text is silence.
  std::map<std::string, std::string> of_host;
  std::map<std::string, std::uint16_t> leads;  ///< the same as leads_to, for a host of SOCKS
  /// The port on 127.0.0.1 to which tunnels lead; 0: the one that was asked for, whatever the host.
  std::uint16_t leads_to = 0;
  bool is_silent = false;              ///< the proxy says nothing at all
  std::vector<std::string> questions;  ///< heads of CONNECT; or what SOCKS was asked for, `HOST:PORT`
  std::size_t connections = 0;

 private:
  template <class Stream>
  asio::awaitable<void> serve(Stream client);
  template <class Stream>
  asio::awaitable<std::uint16_t> hear_connect(Stream& client);
  template <class Stream>
  asio::awaitable<std::uint16_t> hear_socks5(Stream& client);
  asio::awaitable<void> accept();

  asio::io_context& ioc_;
  speaks what_;
  std::shared_ptr<asio::ssl::context> tls_;
  asio::ip::tcp::acceptor acceptor_;
};

}  // namespace support
