// A TCP connection to the endpoint, with TLS or (for http://) without.
#pragma once

#include "core/url.hpp"
#include "io/asio.hpp"
#include "io/connect.hpp"
#include "io/lent_buffers.hpp"
#include "io/resolver.hpp"
#include "io/tls_session.hpp"
#include "io/watchdog.hpp"

#include <sluice/config.hpp>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <optional>
#include <span>

namespace sluice::io {

/// What all connections of an uploader share.
struct endpoint {
  core::url url;
  std::shared_ptr<const tls_client> tls;  ///< null for http://
  resolver names;
  watchdog deadlines;
  std::vector<asio::ip::tcp::endpoint> addresses{};  ///< instead of what `names` says, if there are any
  sluice::connector connector{};                     ///< instead of both
  std::shared_ptr<session_tickets> tickets = std::make_shared<session_tickets>();
  lent_buffers buffers{};

  /// Connections made from now on are of `client`, and resume no session of an earlier one.
  void renew(std::shared_ptr<const tls_client> client) {
    tls = std::move(client);
    tickets = std::make_shared<session_tickets>();
  }
};

/// Bytes in both directions with deadlines and abort(). Any deadline or abort closes the socket: a cancelled
/// operation may have completed already, a closed socket stays closed.
class stream final : private watched {
 public:
  stream(asio::any_io_executor executor, endpoint& to);
  ~stream();
  stream(const stream&) = delete;

  /// DNS, TCP (RFC 8305: addresses in turn, 250 ms apart, the first to answer wins), TLS; within `limit`.
  awaitable<error_code> establish(core::milliseconds limit);
  bool open() const noexcept { return open_; }
  /// Made as the endpoint is configured now.
  bool current() const noexcept { return client_ == to_.tls; }
  /// The last establish() came as far as a TCP connection.
  bool connected() const noexcept { return connected_at_ != core::steady_time{}; }
  core::steady_time connected_at() const noexcept { return connected_at_; }
  /// Ends the connection: a close_notify where there is a session, without waiting for the peer's.
  void close() noexcept;
  /// From anywhere on the loop: what is under way ends with `why`.
  void abort(error_code why) noexcept;

  /// The next operations end with `why` when `when` has passed; disarm() leaves only the limit.
  void arm(core::steady_time when, error_code why) noexcept;
  void disarm() noexcept { due = limit_, due_code_ = limit_code_; }
  /// An outer deadline, in force from now on: no arm() reaches beyond it, until set_limit(max).
  void set_limit(core::steady_time when, error_code why) noexcept;

  /// Encrypts `plain` behind what is unsent. No byte reaches the kernel before flush().
  error_code put(std::span<const char> plain);
  std::size_t unsent() const noexcept { return outgoing_.size(); }

  enum class flushed { all, blocked, readable, failed };
  /// Hands unsent bytes to the kernel until none is left (`all`) or it takes no more (`blocked`). `taken`
  /// grows by the bytes it took.
  flushed flush_ready(std::uint64_t& taken);
  /// Once `blocked`: waits, and goes on, to the last byte or until there is something to read. With a
  /// `stall`, the kernel must take some within that time, however often something was read meanwhile.
  awaitable<flushed> flush(std::uint64_t& taken, core::milliseconds stall);

  struct chunk {
    error_code error;  ///< asio::error::eof at the end of the stream (close_notify or not), or another
    std::size_t size = 0;
  };
  /// Waits for plain bytes. `only_ready`: returns with size 0 and no error when none can be had without
  /// waiting.
  awaitable<chunk> read(std::span<char> into, bool only_ready = false);
  /// False when the idle connection has ended, or has bytes for us: it cannot carry another request.
  bool quiet();

  const error_code& error() const noexcept { return error_; }
  /// Why abort() or a deadline ended it; no error while neither has.
  const error_code& aborted() const noexcept { return aborted_; }
  /// What OpenSSL says, when the error is one of TLS.
  std::string detail() const { return tls_ ? tls_->detail() : std::string{}; }
  /// The session is verified as configured; true for http:// as written out.
  bool as_configured() const noexcept { return open_; }

 private:
  void expire() override;
  awaitable<error_code> connect();
  awaitable<io::connected> connect_socket();
  awaitable<error_code> handshake();
  awaitable<error_code> receive();
  error_code receive_ready();
  chunk decrypt(std::span<char> into);
  error_code translate(error_code ec) const;

  asio::any_io_executor executor_;
  endpoint& to_;
  asio::ip::tcp::socket socket_;
  std::shared_ptr<const tls_client> client_;
  std::shared_ptr<session_tickets> tickets_;  ///< outlives the session, which leaves some
  std::optional<tls_session> tls_;
  boost::beast::flat_buffer incoming_;
  boost::beast::flat_buffer outgoing_;  ///< lent from the first unsent byte to the last
  asio::cancellation_signal establishing_;
  bool open_ = false;
  core::steady_time connected_at_{};
  error_code error_;     ///< of the last failed operation
  error_code due_code_;  ///< what a passed deadline means
  core::steady_time limit_ = core::steady_time::max();
  error_code limit_code_;
  core::steady_time stalled_at_ = core::steady_time::max();  ///< unless the kernel takes a byte before
  error_code aborted_;  ///< set by deadline or abort(): what operation_aborted then means
};

}  // namespace sluice::io
