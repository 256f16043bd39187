// A connection to the endpoint, with TLS or (for http://) without.
#pragma once

#include "io/asio.hpp"
#include "io/net/endpoint.hpp"
#include "io/net/stream_deadline.hpp"
#include "io/net/tls_session.hpp"
#include "io/net/transport.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <optional>
#include <span>

namespace sluice::io {

/// Bytes in both directions with deadlines and abort(). Any deadline or abort closes the socket: a cancelled
/// operation may have completed already, a closed socket stays closed.
class stream {
 public:
  /// `course` is told what happens on the way; null: nobody is.
  stream(asio::any_io_executor executor, endpoint& to, connection_course* course = nullptr);
  ~stream();
  stream(const stream&) = delete;

  /// DNS, TCP (RFC 8305: addresses in turn, 250 ms apart, the first to answer wins), the proxy if there is
  /// one, TLS; within `limit`. Where TLS fails or takes half of the time that is left, the next address is
  /// tried.
  awaitable<error_code> establish(core::milliseconds limit);
  bool open() const noexcept { return open_; }
  /// Made as the endpoint is configured now, and verified with certificates that are valid at `now`.
  bool current(core::wall_time now) const noexcept {
    return session_.client == to_.tls && (!session_.tls || now < session_.tls->valid_until());
  }
  /// When the last establish() came as far as a TCP connection; nothing where it did not.
  std::optional<core::steady_time> connected_at() const noexcept { return connected_at_; }
  /// Ends the connection: a close_notify where there is a session, without waiting for the peer's.
  void close() noexcept;
  /// Ends what is under way with `why`; it may be called from anywhere on the loop.
  void abort(error_code why) noexcept;

  /// The deadline of all that waits; abort() ends it likewise.
  stream_deadline& deadline() noexcept { return deadline_; }

  /// Encrypts `plain` behind what is unsent. No byte reaches the kernel before flush().
  error_code put(std::span<const char> plain);

  enum class flushed { all, blocked, readable, failed };
  /// Hands unsent bytes to the kernel until none is left (`all`) or it takes no more (`blocked`). `taken`
  /// grows by the bytes it took.
  flushed flush_ready(std::uint64_t& taken);
  /// Once `blocked`: waits, and goes on, to the last byte or until there is something to read. With a
  /// `stall`, the kernel must take some within that time, however often something was read meanwhile.
  awaitable<flushed> flush(std::uint64_t& taken, core::milliseconds stall);

  struct chunk {
    error_code error;  ///< asio::error::eof at the end of the stream, or another
    std::size_t size = 0;
    bool told = false;  ///< TLS said that this is the end (close_notify); only with eof
  };
  /// Waits for plain bytes.
  awaitable<chunk> read(std::span<char> into);
  /// Plain bytes that can be had without waiting; size 0 and no error when there are none.
  chunk read_ready(std::span<char> into);
  /// False when the idle connection has ended, or has bytes for us: it cannot carry another request.
  bool quiet();

  const error_code& error() const noexcept { return error_; }
  /// Why abort() or a deadline ended it; no error while neither has.
  const error_code& aborted() const noexcept { return aborted_; }
  /// The text of OpenSSL when the error is one of TLS, or what is known of the proxy's.
  std::string detail() const { return session_.tls ? session_.tls->detail() : session_.failure; }
  /// The session is verified as configured; true for http:// as written out.
  bool as_configured() const noexcept { return open_; }

 private:
  awaitable<error_code> connect();
  awaitable<error_code> handshake();
  awaitable<error_code> answer();
  error_code receive_ready();
  chunk decrypt(std::span<char> into);
  error_code translate(error_code ec) const;

  struct session {
    std::shared_ptr<const tls_client> client{};
    std::shared_ptr<session_tickets> tickets{};  ///< outlives the session, which leaves some
    std::optional<tls_session> tls{};
    std::string failure{};  ///< detail() when there is no session
    bool overdue = false;   ///< the address had its turn
  };

  endpoint& to_;
  connection_course* const course_;
  transport transport_;
  session session_;
  boost::beast::flat_buffer incoming_;
  boost::beast::flat_buffer outgoing_;  ///< lent from the first unsent byte to the last
  bool open_ = false;
  std::optional<core::steady_time> connected_at_;
  error_code error_;    ///< error of the last failed operation
  error_code aborted_;  ///< set by deadline or abort(): what operation_aborted then means
  stream_deadline deadline_;
};

}  // namespace sluice::io
