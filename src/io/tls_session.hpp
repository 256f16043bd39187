// One TLS session without a socket: ciphertext in, ciphertext out.
#pragma once

#include "core/url.hpp"
#include "io/asio.hpp"
#include "io/session_tickets.hpp"
#include "io/tls_client.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <memory>
#include <span>
#include <string>

struct ssl_st;

namespace sluice::io {

/// OpenSSL between two buffers. Many records gather in outgoing() and leave in one send; that, not the
/// cipher, is what an upload of small files pays for.
class tls_session {
 public:
  enum class status { ok, want_read, closed, failed };

  /// SNI and the name (or address) to verify come from `endpoint`. Resumes an earlier session if there is a
  /// ticket, and leaves one for others. The buffers and `tickets` outlive the session.
  tls_session(std::shared_ptr<const tls_client> client, const core::url& endpoint, session_tickets& tickets,
              boost::beast::flat_buffer& incoming, boost::beast::flat_buffer& outgoing);
  ~tls_session();
  tls_session(const tls_session&) = delete;

  /// One step; `ok` only once the session is verified as configured (chain, name, pins).
  status handshake();
  /// What it means that the connection failed meanwhile: one that ended is no connection that was lost.
  error_code handshake_broken_by(error_code ec);
  /// Encrypts all of `plain` into outgoing(). `failed`, or `ok`.
  status write(std::span<const char> plain);
  /// Decrypts into `into`; `n` bytes with `ok`.
  status read(std::span<char> into, std::size_t& n);
  /// Queues close_notify in outgoing(), where the session is in a state to send one.
  void shutdown() noexcept;

  /// After `failed`: an errc, and what OpenSSL says.
  error_code error() const noexcept { return error_; }
  const std::string& detail() const noexcept { return detail_; }

 private:
  void expect_peer(const core::url& endpoint);
  status fail(error_code fallback);
  status check_peer();

  std::shared_ptr<const tls_client> client_;
  std::unique_ptr<ssl_st, void (*)(ssl_st*)> ssl_;
  session_tickets& tickets_;
  boost::beast::flat_buffer& incoming_;
  boost::beast::flat_buffer& outgoing_;
  bool verified_ = false;
  bool ticket_left_ = false;
  error_code error_;
  std::string detail_;
};

}  // namespace sluice::io
