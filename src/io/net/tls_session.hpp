// One TLS session without a socket: ciphertext in, ciphertext out.
#pragma once

#include "core/http/url.hpp"
#include "core/time.hpp"
#include "io/asio.hpp"
#include "io/net/session_tickets.hpp"
#include "io/net/tls_client.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <memory>
#include <optional>
#include <span>
#include <string>

struct ssl_st;

namespace sluice::io {

/// OpenSSL between two buffers. Many records gather in outgoing() and leave in one send; that, not the
/// cipher, is what an upload of small files pays for.
class tls_session {
 public:
  enum class status { ok, want_read, closed, failed };
  struct facts {
    std::string version, cipher, alpn;
    std::string subject, issuer;  ///< names in the peer's own certificate, as RFC 2253 has them
    std::optional<core::wall_time> expires{};
    bool resumed = false;
  };

  /// SNI and the name (or address) to verify come from `endpoint`. Resumes an earlier session if there is a
  /// ticket, and leaves one for others. The buffers and `tickets` outlive the session.
  tls_session(std::shared_ptr<const tls_client> client, const core::url& endpoint, session_tickets& tickets,
              boost::beast::flat_buffer& incoming, boost::beast::flat_buffer& outgoing);
  ~tls_session();
  tls_session(const tls_session&) = delete;

  /// One step; `ok` only once the session is verified as configured (chain, times, name, pins), resumed or
  /// not.
  status handshake();
  /// Once verified: the first of the chain's certificates ends then.
  core::wall_time valid_until() const noexcept { return valid_until_; }
  /// The meaning of a connection that failed meanwhile: one that ended is no connection that was lost.
  error_code handshake_broken_by(error_code ec);
  /// Encrypts all of `plain` into outgoing(). `failed`, or `ok`.
  status write(std::span<const char> plain);
  /// Decrypts into `into`; `n` bytes with `ok`.
  status read(std::span<char> into, std::size_t& n);
  /// Reads what a person may want to know of the session and its peer; texts are empty where it came to none.
  facts read_facts() const;
  /// Queues close_notify in outgoing(), where the session is in a state to send one.
  void shutdown() noexcept;

  /// The error after `failed`: an errc, and what OpenSSL says.
  error_code error() const noexcept { return error_; }
  const std::string& detail() const noexcept { return detail_; }

 private:
  void expect_peer(const core::url& endpoint);
  status fail(error_code fallback);
  status check_peer();
  long verify_resumed();

  std::shared_ptr<const tls_client> client_;
  std::unique_ptr<ssl_st, void (*)(ssl_st*)> ssl_;
  session_tickets& tickets_;
  boost::beast::flat_buffer& incoming_;
  boost::beast::flat_buffer& outgoing_;
  bool verified_ = false;
  bool ticket_left_ = false;
  core::wall_time valid_until_ = core::wall_time::max();
  error_code error_;
  std::string detail_;
};

}  // namespace sluice::io
