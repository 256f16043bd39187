// An HTTP server that hands on each body it is sent, and answers with what came of it.
// usage: example_relay URL CA_FILE COUNT     Prints its port; ends after so many requests.
#include <sluice/sluice.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <cstdlib>
#include <iostream>

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;

// [readme]
/// `PUT /name` becomes an upload of `name`, from memory: one event loop serves and sends.
asio::awaitable<void> serve(tcp::socket client, sluice::uploader& up) {
  boost::beast::flat_buffer buffer;
  http::request_parser<http::string_body> parser;
  parser.body_limit(8 << 20);
  co_await http::async_read(client, buffer, parser, asio::use_awaitable);
  auto request = parser.release();

  const std::string name{request.target().substr(1)};
  const auto result = co_await up.async_upload(
      sluice::upload_request::from_memory(std::move(request.body()), name), asio::use_awaitable);

  const bool yes = result.fate == sluice::fate::accepted;
  http::response<http::string_body> reply{yes ? http::status::created : http::status::bad_gateway, 11};
  reply.body() = std::string{to_string(result.fate)} + "\n";
  reply.keep_alive(false);
  reply.prepare_payload();
  co_await http::async_write(client, reply, asio::use_awaitable);
}
// [readme]

asio::awaitable<void> listen(tcp::acceptor& acceptor, sluice::uploader& up, int count) {
  for (int n = 0; n < count; ++n) {
    auto client = co_await acceptor.async_accept(asio::use_awaitable);
    asio::co_spawn(acceptor.get_executor(), serve(std::move(client), up), [](std::exception_ptr e) {
      if (e) std::cerr << "a client went away\n";
    });
  }
}

int main(int argc, char** argv) {
  if (argc != 4) return std::cerr << "usage: example_relay URL CA_FILE COUNT\n", 2;
  sluice::config cfg;
  cfg.url = argv[1];
  cfg.tls.ca_file = argv[2];
  asio::io_context ioc{1};
  sluice::uploader up{ioc.get_executor(), cfg};
  tcp::acceptor acceptor{ioc, {asio::ip::address_v4::loopback(), 0}};
  std::cout << acceptor.local_endpoint().port() << std::endl;
  asio::co_spawn(ioc, listen(acceptor, up, std::atoi(argv[3])), [](std::exception_ptr) {});
  ioc.run();
}
