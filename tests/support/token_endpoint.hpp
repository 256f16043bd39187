// A token endpoint of OAuth 2 on a thread of its own (RFC 6749 §4.4): it notes what it is asked, and answers
// in turn.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <iterator>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace support {

class token_endpoint {
 public:
  /// Answers with these bodies in turn, and then with the last one; `{` begins one of status 200, anything
  /// else is of status 401.
  explicit token_endpoint(std::vector<std::string> bodies) : bodies_{std::move(bodies)} {
    thread_ = std::thread{[this] { serve(); }};
  }
  /// Ends it: the list of what was asked may be looked at.
  void stop() {
    if (!thread_.joinable()) return;
    over_ = true;
    boost::asio::ip::tcp::socket last{ioc_};
    boost::system::error_code ignored;
    last.connect(acceptor_.local_endpoint(), ignored);
    thread_.join();
  }
  ~token_endpoint() { stop(); }
  token_endpoint(const token_endpoint&) = delete;

  std::string url() const {
    return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) + "/oauth2/token";
  }

  std::vector<std::string> asked;  ///< head and body of each request

 private:
  void serve() {
    for (;;) {
      auto client = acceptor_.accept();
      if (over_) return;
      boost::system::error_code ec;
      boost::asio::streambuf in;
      boost::asio::read_until(client, in, "\r\n\r\n", ec);
      std::string text{std::istreambuf_iterator<char>{&in}, {}};
      const auto body = text.find("\r\n\r\n") + 4;
      const auto at = text.find("Content-Length: ");
      const auto length = at == text.npos ? 0 : std::strtoul(text.c_str() + at + 16, nullptr, 10);
      while (!ec && text.size() < body + length) {
        char more[512];
        text.append(more, client.read_some(boost::asio::buffer(more), ec));
      }
      const auto& says = bodies_[std::min(asked.size(), bodies_.size() - 1)];
      asked.push_back(std::move(text));
      const auto status = says.starts_with('{') ? "200 OK" : "401 Unauthorized";
      boost::asio::write(client,
                         boost::asio::buffer(std::string{"HTTP/1.1 "} + status +
                                             "\r\nContent-Type: application/json\r\nConnection: close\r\n"
                                             "Content-Length: " +
                                             std::to_string(says.size()) + "\r\n\r\n" + says),
                         ec);
    }
  }

  std::vector<std::string> bodies_;
  boost::asio::io_context ioc_;
  boost::asio::ip::tcp::acceptor acceptor_{ioc_, {boost::asio::ip::address_v4::loopback(), 0}};
  std::atomic<bool> over_ = false;
  std::thread thread_;
};

}  // namespace support
