// The control socket: one request a connection, one JSON line each way.
#pragma once

#include <sys/types.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace sluice::cli {

/// Only our own user and root are answered. A client has five seconds for all of it, and no other client or
/// upload waits for it.
class control_server {
 public:
  static constexpr std::size_t most_request = 4096;  ///< bytes
  static constexpr std::size_t most_clients = 16;    ///< clients at once; more are let go unanswered
  using handler =
      std::function<std::string(const std::string& request)>;  ///< request and reply are without the line end

  explicit control_server(const boost::asio::any_io_executor& executor);
  ~control_server();  ///< removes its socket
  control_server(const control_server&) = delete;

  struct trouble {
    std::string what;     ///< empty: none
    bool in_use = false;  ///< another process listens there
  };
  /// Listens at `path`, with mode 0600. The socket of a process that died is replaced; nothing else is.
  trouble open(const std::string& path);
  /// Requests are answered from now on; those who came earlier have been waiting.
  void serve(handler answer);

 private:
  using protocol = boost::asio::local::stream_protocol;
  struct client;

  bool is_left_behind(const std::string& path, trouble& t);
  void accept();
  boost::asio::awaitable<void> talk(std::shared_ptr<client> c);

  protocol::acceptor acceptor_;
  boost::asio::steady_timer again_;
  handler answer_;
  std::size_t clients_ = 0;
  std::string path_;
  ino_t inode_ = 0;
};

}  // namespace sluice::cli
