#include "support/forward_proxy.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <array>

namespace support {
namespace {

using asio::ip::tcp;

std::string yes_of(forward_proxy::speaks what) {
  return what == forward_proxy::speaks::http ? "HTTP/1.1 200 Go\r\n\r\n"
                                             : std::string{"\x05\0\0\x01\0\0\0\0\0\0", 10};
}
/// The answer where nobody listens.
std::string no_of(forward_proxy::speaks what) {
  return what == forward_proxy::speaks::http ? "HTTP/1.1 502 Bad Gateway\r\n\r\n"
                                             : std::string{"\x05\x05\0\x01\0\0\0\0\0\0", 10};
}

template <class Address>
std::string address_in(const std::string& bytes) {
  typename Address::bytes_type raw;
  std::copy_n(bytes.begin(), raw.size(), raw.begin());
  return Address{raw}.to_string();
}

/// Returns when one side ends.
template <class From, class To>
asio::awaitable<void> move_bytes(From& from, To& to) {
  std::array<char, 16 * 1024> bytes;
  try {
    for (;;) {
      const auto n = co_await from.async_read_some(asio::buffer(bytes), asio::use_awaitable);
      co_await asio::async_write(to, asio::buffer(bytes, n), asio::use_awaitable);
    }
  } catch (const boost::system::system_error&) {  // an end, of whatever kind
  }
}

}  // namespace

forward_proxy::forward_proxy(asio::io_context& ioc, speaks what, std::shared_ptr<asio::ssl::context> tls)
    : ioc_{ioc},
      what_{what},
      tls_{std::move(tls)},
      acceptor_{ioc, tcp::endpoint{asio::ip::address_v4::loopback(), 0}} {
  asio::co_spawn(ioc_, accept(), asio::detached);
}

asio::awaitable<void> forward_proxy::accept() {
  for (;;) {
    auto socket = co_await acceptor_.async_accept(asio::use_awaitable);
    ++connections;
    if (tls_)
      asio::co_spawn(ioc_, serve(asio::ssl::stream<tcp::socket>{std::move(socket), *tls_}), asio::detached);
    else
      asio::co_spawn(ioc_, serve(std::move(socket)), asio::detached);
  }
}

template <class Stream>
asio::awaitable<std::uint16_t> forward_proxy::hear_connect(Stream& client) {
  std::string head;
  co_await asio::async_read_until(client, asio::dynamic_buffer(head), "\r\n\r\n", asio::use_awaitable);
  questions.push_back(head);
  const auto target = head.substr(8, head.find(' ', 8) - 8);
  const auto port = static_cast<std::uint16_t>(std::stoul(target.substr(target.rfind(':') + 1)));
  if (is_silent) co_await move_bytes(client, client);
  if (!answer.empty()) co_await asio::async_write(client, asio::buffer(answer), asio::use_awaitable);
  co_return answer.empty() ? port : 0;
}

template <class Stream>
asio::awaitable<std::uint16_t> forward_proxy::hear_socks5(Stream& client) {
  const auto read = [&](std::size_t n) -> asio::awaitable<std::string> {
    std::string bytes(n, '\0');
    co_await asio::async_read(client, asio::buffer(bytes), asio::use_awaitable);
    co_return bytes;
  };
  const auto methods = co_await read(2);
  co_await read(static_cast<std::size_t>(methods[1]));
  const auto method = answer.size() == 2 ? answer : std::string{"\x05\0", 2};
  co_await asio::async_write(client, asio::buffer(method), asio::use_awaitable);
  if (method == answer) co_return 0;
  const auto begin = co_await read(4);
  std::string host;
  if (begin[3] == 3) host = co_await read(static_cast<std::size_t>((co_await read(1))[0]));
  if (begin[3] == 1) host = address_in<asio::ip::address_v4>(co_await read(4));
  if (begin[3] == 4) host = address_in<asio::ip::address_v6>(co_await read(16));
  const auto port = co_await read(2);
  const auto number = static_cast<std::uint16_t>(static_cast<unsigned char>(port[0]) << 8 |
                                                 static_cast<unsigned char>(port[1]));
  questions.push_back(host + ":" + std::to_string(number));
  const auto own = of_host.find(host);
  const auto& refusal = own != of_host.end() ? own->second : answer;
  if (own != of_host.end() && refusal.empty()) {
    co_await move_bytes(client, client);  // the client ends it
    co_return 0;
  }
  if (!refusal.empty()) co_await asio::async_write(client, asio::buffer(refusal), asio::use_awaitable);
  if (const auto elsewhere = leads.find(host); elsewhere != leads.end()) co_return elsewhere->second;
  co_return refusal.empty() ? number : 0;
}

/// Ends with an exception when a side goes away.
template <class Stream>
asio::awaitable<void> forward_proxy::serve(Stream client) {
  if constexpr (requires { client.next_layer(); })
    co_await client.async_handshake(asio::ssl::stream_base::server, asio::use_awaitable);
  const auto asked = what_ == speaks::http ? co_await hear_connect(client) : co_await hear_socks5(client);
  if (asked == 0) co_return;
  tcp::socket server{ioc_};
  const auto port = leads_to != 0 ? leads_to : asked;
  boost::system::error_code away;
  co_await server.async_connect({asio::ip::address_v4::loopback(), port},
                                asio::redirect_error(asio::use_awaitable, away));
  const auto says = away ? no_of(what_) : yes_of(what_);
  co_await asio::async_write(client, asio::buffer(says), asio::use_awaitable);
  if (away) co_return;
  using namespace asio::experimental::awaitable_operators;
  co_await (move_bytes(client, server) || move_bytes(server, client));
}

}  // namespace support
