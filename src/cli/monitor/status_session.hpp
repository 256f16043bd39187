// One client of the status server: request after request, or a page that watches.
#pragma once

#include "board.hpp"
#include "request_rules.hpp"
#include "status_server.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_static_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <memory>
#include <string_view>

namespace sluice::cli {

/// The sessions of a server share this.
struct desk {
  board all;
  status_limits limits;
  bool local_only = false;
};

class status_session : public std::enable_shared_from_this<status_session> {
 public:
  status_session(boost::asio::ip::tcp::socket socket, desk& shared);

  /// Runs until the connection has ended. The caller keeps the session.
  boost::asio::awaitable<void> serve();
  /// Says that there is no room, and nothing else.
  boost::asio::awaitable<void> turn_away();
  /// Ends both soon. After this the desk is not touched again.
  void close() noexcept;

 private:
  using parser = boost::beast::http::request_parser<boost::beast::http::empty_body>;
  struct reply;

  boost::asio::awaitable<bool> exchange();
  boost::asio::awaitable<boost::system::error_code> read_head(parser& p);
  boost::asio::awaitable<bool> answer(const parser& p);
  boost::asio::awaitable<bool> send(reply r);
  boost::asio::awaitable<bool> refuse(unsigned status, std::string_view why, bool head_only = false);
  boost::asio::awaitable<void> watch();
  boost::asio::awaitable<bool> push(shared_text event);
  boost::asio::awaitable<bool> quiet_for_a_beat();
  boost::asio::awaitable<void> linger();
  reply reply_to(resource what, bool head_only);
  void expect_progress();

  static constexpr std::size_t head_limit = 8 * 1024;

  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer deadline_, beat_;
  desk& desk_;
  boost::beast::flat_static_buffer<head_limit> buffer_;
  bool closed_ = false;
};

}  // namespace sluice::cli
