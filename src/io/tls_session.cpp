#include "io/tls_session.hpp"

#include <sluice/error.hpp>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace sluice::io {
namespace {

using boost::beast::flat_buffer;

int read_buffer(BIO* bio, char* out, int size) {
  auto& in = *static_cast<flat_buffer*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const auto n = std::min(in.size(), static_cast<std::size_t>(size));
  if (n == 0) {
    BIO_set_retry_read(bio);
    return -1;
  }
  std::memcpy(out, in.data().data(), n);
  in.consume(n);
  return static_cast<int>(n);
}

int write_buffer(BIO* bio, const char* data, int size) try {
  auto& out = *static_cast<flat_buffer*>(BIO_get_data(bio));
  const auto room = out.prepare(static_cast<std::size_t>(size));
  std::memcpy(room.data(), data, static_cast<std::size_t>(size));
  out.commit(static_cast<std::size_t>(size));
  return size;
} catch (const std::bad_alloc&) {  // OpenSSL is C
  return -1;
}

long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

BIO_METHOD* buffer_method() {
  static const std::unique_ptr<BIO_METHOD, void (*)(BIO_METHOD*)> method{
      [] {
        BIO_METHOD* m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "sluice buffer");
        BIO_meth_set_read(m, read_buffer);
        BIO_meth_set_write(m, write_buffer);
        BIO_meth_set_ctrl(m, control);
        return m;
      }(),
      BIO_meth_free};
  return method.get();
}

BIO* bio_over(flat_buffer& buffer) {
  BIO* bio = BIO_new(buffer_method());
  if (bio == nullptr) throw std::bad_alloc();
  BIO_set_data(bio, &buffer);
  BIO_set_init(bio, 1);
  return bio;
}

/// SSL_get_error() reads the queue of errors, so it must be empty before each call. To empty an empty one
/// costs as much as a full one.
void forget_errors() noexcept {
  if (ERR_peek_error() != 0) ERR_clear_error();
}

/// Alerts by which a server turns down our certificate, or the lack of one. Before TLS 1.3 the lack of one
/// that was asked for is a handshake failure like any other.
bool is_client_refusal(SSL* ssl, int reason) {
  switch (reason) {
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE: {
      const unsigned char* types = nullptr;
      return SSL_get0_certificate_types(ssl, &types) > 0;
    }
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
      return true;
    default:
      return false;
  }
}

}  // namespace

tls_session::tls_session(std::shared_ptr<const tls_client> client, const core::url& endpoint,
                         session_tickets& tickets, flat_buffer& incoming, flat_buffer& outgoing)
    : client_{std::move(client)},
      ssl_{SSL_new(client_->context.get()), SSL_free},
      tickets_{tickets},
      incoming_{incoming},
      outgoing_{outgoing} {
  if (!ssl_) throw std::bad_alloc();
  SSL* ssl = ssl_.get();
  SSL_set_bio(ssl, bio_over(incoming_), bio_over(outgoing_));
  SSL_set_connect_state(ssl);
  SSL_set_mode(
      ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  static constexpr unsigned char http_1_1[] = "\x08http/1.1";
  SSL_set_alpn_protos(ssl, http_1_1, sizeof http_1_1 - 1);
  // A context of the caller's may allow more.
  SSL_set_options(ssl, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  if (SSL_get_min_proto_version(ssl) < TLS1_2_VERSION) SSL_set_min_proto_version(ssl, TLS1_2_VERSION);
  expect_peer(endpoint);
  SSL_set_verify(ssl, client_->verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  if (const auto ticket = tickets_.take()) SSL_set_session(ssl, ticket.get());
}

tls_session::~tls_session() = default;

// A name that could not be set would not be asked for.
void tls_session::expect_peer(const core::url& endpoint) {
  SSL* ssl = ssl_.get();
  const char* host = endpoint.host.c_str();
  // RFC 9525: a wildcard is a whole label, and the subject's common name is no host name.
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  const bool set = endpoint.host_is_ip
                       ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1
                       : SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1;
  if (!set) throw std::bad_alloc();
}

tls_session::status tls_session::handshake() {
  forget_errors();
  const int r = SSL_do_handshake(ssl_.get());
  if (r == 1) return check_peer();
  if (SSL_get_error(ssl_.get(), r) == SSL_ERROR_WANT_READ) return status::want_read;
  return fail(errc::tls_failed);
}

error_code tls_session::handshake_broken_by(error_code ec) {
  if (ec != asio::error::eof && ec != errc::connection_lost) return ec;
  tickets_.clear();
  detail_ = "the connection ended in the handshake";
  return error_ = errc::tls_failed;
}

// The handshake has verified already; asked again before the first request byte, so that no path (a resumed
// session, a callback of the caller's context) can lead around it.
tls_session::status tls_session::check_peer() {
  SSL* ssl = ssl_.get();
  if (client_->verify &&
      (SSL_get_verify_result(ssl) != X509_V_OK || SSL_get0_peer_certificate(ssl) == nullptr))
    return fail(errc::tls_identity);
  if (!client_->pins.empty()) {
    X509* cert = SSL_get0_peer_certificate(ssl);
    unsigned char* der = nullptr;
    const int size = cert != nullptr ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der) : -1;
    spki_pin seen{};
    if (size > 0)
      EVP_Digest(der, static_cast<std::size_t>(size), seen.data(), nullptr, EVP_sha256(), nullptr);
    OPENSSL_free(der);
    if (size <= 0 || std::ranges::find(client_->pins, seen) == client_->pins.end()) {
      error_ = errc::tls_pin_mismatch;
      return status::failed;
    }
  }
  verified_ = true;
  return status::ok;
}

tls_session::status tls_session::write(std::span<const char> plain) {
  if (!verified_) return fail(errc::tls_failed);
  forget_errors();
  while (!plain.empty()) {
    std::size_t n = 0;
    if (SSL_write_ex(ssl_.get(), plain.data(), plain.size(), &n) != 1) return fail(errc::tls_failed);
    plain = plain.subspan(n);
  }
  return status::ok;
}

tls_session::status tls_session::read(std::span<char> into, std::size_t& n) {
  n = 0;
  // OpenSSL would find that out too, but only after it has allocated a buffer for a record.
  if (incoming_.size() == 0 && SSL_has_pending(ssl_.get()) == 0 &&
      (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) == 0)
    return status::want_read;
  forget_errors();
  if (SSL_read_ex(ssl_.get(), into.data(), into.size(), &n) == 1) {
    // Tickets come behind the handshake (in TLS 1.3), so before the first reply. A copy: OpenSSL spoils the
    // session of a connection that ends without close_notify.
    if (!std::exchange(ticket_left_, true)) tickets_.keep(SSL_SESSION_dup(SSL_get0_session(ssl_.get())));
    return status::ok;
  }
  switch (SSL_get_error(ssl_.get(), 0)) {
    case SSL_ERROR_WANT_READ:
      return status::want_read;
    case SSL_ERROR_ZERO_RETURN:
      return status::closed;
    default:
      return fail(errc::tls_failed);
  }
}

void tls_session::shutdown() noexcept {
  if (verified_ && !error_) {
    forget_errors();
    SSL_shutdown(ssl_.get());
  }
}

tls_session::status tls_session::fail(error_code fallback) {
  const auto code = ERR_peek_last_error();
  const long verdict = SSL_get_verify_result(ssl_.get());
  error_ = fallback;
  if (!verified_) tickets_.clear();
  if (client_->verify && verdict != X509_V_OK) {
    error_ = errc::tls_identity;
    detail_ = X509_verify_cert_error_string(verdict);
  } else {
    if (ERR_GET_LIB(code) == ERR_LIB_SSL && is_client_refusal(ssl_.get(), ERR_GET_REASON(code)))
      error_ = errc::tls_client_refused;
    if (const char* reason = ERR_reason_error_string(code)) detail_ = reason;
  }
  ERR_clear_error();
  return status::failed;
}

}  // namespace sluice::io
