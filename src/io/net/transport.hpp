// The way below the endpoint's TLS: TCP to it, a proxy and what it makes of a connection, or the caller's
// own.
#pragma once

#include "io/asio.hpp"
#include "io/net/connection_course.hpp"
#include "io/net/dialer.hpp"
#include "io/net/endpoint.hpp"
#include "io/net/told_address.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::io {

/// Bytes to the endpoint and from it. Whoever uses it has the deadlines: stop() and close() end what is under
/// way.
class transport {
 public:
  /// `course` is told what happens; null: nobody is.
  transport(asio::any_io_executor executor, endpoint& to, connection_course* course = nullptr);
  ~transport();
  transport(const transport&) = delete;

  /// An attempt to connect begins, and ends at `end`: each address is tried once more.
  void begin(core::steady_time end);
  /// A connected socket: to the endpoint, or to its proxy.
  awaitable<error_code> dial();
  /// Speaks with the proxy on a connected socket: TLS, and the dialogue that leads to the endpoint.
  /// The endpoint's first bytes, if they came with the proxy's answer, are in `incoming` then. Nothing of
  /// ours has reached the endpoint before.
  awaitable<error_code> ask_proxy(boost::beast::flat_buffer& incoming);
  /// The address that the last dial() led to must have its session by then: while others are left, it has
  /// half of the time that there was.
  core::steady_time turn_ends() const noexcept;
  /// Another address may do better. A connector and a Unix socket have no other, and a proxy that answered
  /// has one only where we look up the endpoint's name.
  bool may_dial_again() const noexcept { return !answered_ && !to_.connector && to_.unix_socket.empty(); }
  /// The address came to nothing, or the time is over.
  void failed();
  /// The session came about there.
  void worked();

  /// The first of `bytes` that the kernel has taken, encrypted where TLS is spoken with the proxy. After
  /// would_block the same bytes come again.
  std::size_t write_some(asio::const_buffer bytes, error_code& ec);
  std::size_t read_some(asio::mutable_buffer into, error_code& ec);
  /// Waits for at most `most` bytes, and appends them.
  awaitable<error_code> receive(boost::beast::flat_buffer& into, std::size_t most);
  /// The socket to wait on: when it is ready, the functions above may have something to do.
  asio::ip::tcp::socket& socket() noexcept { return socket_; }

  bool is_open() const noexcept { return socket_.is_open(); }
  /// The endpoint's bytes are the socket's: no TLS of a proxy is around them.
  bool is_direct() const noexcept { return outer_ == nullptr; }
  /// Ends the connection; also a way that is being made.
  void close() noexcept;
  void stop() noexcept;
  /// More of an error than its code says, or what was waited for; empty without a proxy.
  const std::string& detail() const noexcept { return detail_; }

 private:
  struct outer_tls;

  awaitable<error_code> secure();
  awaitable<error_code> talk(core::proxy_dialogue& with, boost::beast::flat_buffer& incoming);
  std::unique_ptr<core::proxy_dialogue> begin_dialogue() const;
  void trace_answer(const core::proxy_dialogue& with, std::string_view bytes);
  awaitable<error_code> send(boost::beast::flat_buffer& bytes, bool encrypted);
  bool flush_outer(error_code& ec);
  error_code fail(error_code why, const std::string& detail);

  endpoint& to_;
  connection_course* const course_;
  dialer dialer_;
  asio::ip::tcp::socket socket_;
  asio::cancellation_signal lookup_;
  std::unique_ptr<outer_tls> outer_;  ///< null unless TLS is spoken with the proxy
  std::string detail_;
  std::optional<told_address> told_;  ///< the endpoint's address, where the proxy is told one
  bool heard_ = false;                ///< the proxy has said something on this connection
  bool answered_ = false;             ///< the proxy has said yes or no, for all addresses
  bool stopped_ = false;
};

}  // namespace sluice::io
