// An upload endpoint on the test's own loop: it remembers what it got and answers as the test says.
#pragma once

#include "support/loop_peer.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace loop {

/// One request, whole.
struct got {
  std::string head, body;
  std::size_t connection = 0;  ///< 1 for the first one

  std::string header(const std::string& name) const;  ///< empty when there is none
  std::string field(const std::string& name) const;   ///< the value of a form field, or the file's bytes
  bool has(const std::string& text) const { return body.find(text) != std::string::npos; }
};

class endpoint {
 public:
  /// Makes the answer; an empty one closes the connection without a word.
  using answer = std::function<asio::awaitable<std::string>(const got&)>;

  /// 200 for all.
  explicit endpoint(asio::io_context& ioc, std::shared_ptr<asio::ssl::context> tls = nullptr);
  endpoint(asio::io_context& ioc, answer says, std::shared_ptr<asio::ssl::context> tls = nullptr);
  endpoint(const endpoint&) = delete;

  std::string url() const { return listener_.url(); }
  std::size_t count() const { return requests.size(); }
  void say(answer says) { says_ = std::move(says); }
  void say(const std::string& always);
  /// Requests are kept waiting for their answers until let_go().
  void hold();
  void let_go();

  std::vector<got> requests;
  std::size_t connections = 0;
  std::size_t in_flight = 0, most_in_flight = 0;  ///< requests read and not answered

 private:
  asio::awaitable<void> accept();
  asio::awaitable<void> serve(peer p, std::size_t number);

  asio::io_context& ioc_;
  listener listener_;
  answer says_;
  asio::steady_timer gate_;
  bool holding_ = false;
};

}  // namespace loop
