#include "io/net/tls_session.hpp"

#include <sluice/error.hpp>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstring>
#include <ctime>
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

/// The result is empty where its time cannot be read.
std::optional<core::wall_time> end_of(const X509* certificate) {
  std::tm t{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &t) != 1) return std::nullopt;
  return core::wall_time{std::chrono::duration_cast<core::wall_time::duration>(
      std::chrono::nanoseconds{core::to_nanoseconds(::timegm(&t), 0)})};
}

/// The end of the first certificate that ends; the end of time for one whose time cannot be read.
core::wall_time end_of(const STACK_OF(X509) * chain) {
  auto end = core::wall_time::max();
  for (int i = 0; chain != nullptr && i < sk_X509_num(chain); ++i)
    end = std::min(end, end_of(sk_X509_value(chain, i)).value_or(core::wall_time::max()));
  return end;
}

/// Letters that are not ASCII stay as they are.
std::string text_of(const X509_NAME* name) {
  const std::unique_ptr<BIO, int (*)(BIO*)> out{BIO_new(BIO_s_mem()), BIO_free};
  if (!out) throw std::bad_alloc();
  constexpr auto as_utf8 = ASN1_STRFLGS_ESC_MSB;
  X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253 & ~static_cast<unsigned long>(as_utf8));
  char* text = nullptr;
  const auto size = BIO_get_mem_data(out.get(), &text);
  return size > 0 ? std::string{text, static_cast<std::size_t>(size)} : std::string{};
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
  SSL_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // OpenSSL's two buffers have 17 kB each: many sessions free theirs after each record, a few keep them. All
  // sessions of the client have a share of it.
  constexpr long few = 64;
  if (client_.use_count() > few) SSL_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS);
  static constexpr unsigned char http_1_1[] = "\x08http/1.1";
  SSL_set_alpn_protos(ssl, http_1_1, sizeof http_1_1 - 1);
  // A context of the caller's may allow more.
  SSL_set_options(ssl, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  if (SSL_get_min_proto_version(ssl) < TLS1_2_VERSION) SSL_set_min_proto_version(ssl, TLS1_2_VERSION);
  // A server may ask for a certificate once it has seen the path (RFC 8446 §4.6.2).
  SSL_set_post_handshake_auth(ssl, 1);
  expect_peer(endpoint);
  SSL_set_verify(ssl, client_->verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  if (!client_->resumes) return;
  if (const auto ticket = tickets_.take(std::chrono::system_clock::now())) SSL_set_session(ssl, ticket.get());
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
  if (client_->verify) {
    if (SSL_get_verify_result(ssl) != X509_V_OK || SSL_get0_peer_certificate(ssl) == nullptr)
      return fail(errc::tls_identity);
    if (SSL_session_reused(ssl) != 0) {
      if (const long verdict = verify_resumed(); verdict != X509_V_OK) {
        SSL_set_verify_result(ssl, verdict);
        return fail(errc::tls_identity);
      }
    } else {
      valid_until_ = end_of(SSL_get0_verified_chain(ssl));
    }
  }
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

/// A resumed session was verified when it was made, which may be long ago: the same once more, now.
long tls_session::verify_resumed() {
  SSL* ssl = ssl_.get();
  const std::unique_ptr<X509_STORE_CTX, void (*)(X509_STORE_CTX*)> check{X509_STORE_CTX_new(),
                                                                         X509_STORE_CTX_free};
  if (!check || X509_STORE_CTX_init(check.get(), SSL_CTX_get_cert_store(client_->context.get()),
                                    SSL_get0_peer_certificate(ssl), SSL_get_peer_cert_chain(ssl)) != 1)
    throw std::bad_alloc();
  auto* const terms = X509_STORE_CTX_get0_param(check.get());
  X509_VERIFY_PARAM_set_auth_level(terms, SSL_get_security_level(ssl));
  if (X509_STORE_CTX_set_default(check.get(), "ssl_server") != 1 ||
      X509_VERIFY_PARAM_set1(terms, SSL_get0_param(ssl)) != 1)
    throw std::bad_alloc();
  X509_verify_cert(check.get());
  valid_until_ = end_of(X509_STORE_CTX_get0_chain(check.get()));
  return X509_STORE_CTX_get_error(check.get());
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
    if (client_->resumes && !std::exchange(ticket_left_, true))
      tickets_.keep(SSL_SESSION_dup(SSL_get0_session(ssl_.get())), valid_until_);
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

tls_session::facts tls_session::read_facts() const {
  SSL* ssl = ssl_.get();
  facts all;
  if (const auto* const cipher = SSL_get_current_cipher(ssl)) {
    all.version = SSL_get_version(ssl);
    all.cipher = SSL_CIPHER_get_name(cipher);
  }
  const unsigned char* alpn = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl, &alpn, &size);
  if (size > 0) all.alpn.assign(reinterpret_cast<const char*>(alpn), size);
  all.resumed = SSL_session_reused(ssl) != 0;
  const X509* certificate = SSL_get0_peer_certificate(ssl);
  // A chain that was not accepted is known here alone.
  const auto* const chain = SSL_get0_verified_chain(ssl);
  if (certificate == nullptr && chain != nullptr && sk_X509_num(chain) > 0)
    certificate = sk_X509_value(chain, 0);
  if (certificate == nullptr) return all;
  all.subject = text_of(X509_get_subject_name(certificate));
  all.issuer = text_of(X509_get_issuer_name(certificate));
  all.expires = end_of(certificate);
  return all;
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
    if (ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) == SSL_R_WRONG_VERSION_NUMBER)
      detail_ += ": no TLS is spoken there; the port is another, or the URL's scheme is http://";
  }
  ERR_clear_error();
  return status::failed;
}

}  // namespace sluice::io
