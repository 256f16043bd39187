#include "sink/tls_context.hpp"

#include "sink/certificate.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>

namespace sink {
namespace {

int wire_version(tls_version v) {
  switch (v) {
    case tls_version::v1_0:
      return TLS1_VERSION;
    case tls_version::v1_1:
      return TLS1_1_VERSION;
    case tls_version::v1_2:
      return TLS1_2_VERSION;
    case tls_version::v1_3:
      return TLS1_3_VERSION;
  }
  return TLS1_3_VERSION;
}

void require(bool ok, const std::string& what) {
  if (ok) return;
  const char* why = ERR_reason_error_string(ERR_get_error());
  throw usage_error(what + (why ? std::string{" ("} + why + ")" : ""));
}

void use_throw_away(SSL_CTX* tls, std::string& ca_pem) {
  const auto made = make_certificate();
  const std::unique_ptr<BIO, int (*)(BIO*)> cert_text{
      BIO_new_mem_buf(made.cert_pem.data(), static_cast<int>(made.cert_pem.size())), BIO_free};
  const std::unique_ptr<BIO, int (*)(BIO*)> key_text{
      BIO_new_mem_buf(made.key_pem.data(), static_cast<int>(made.key_pem.size())), BIO_free};
  const std::unique_ptr<X509, void (*)(X509*)> cert{
      PEM_read_bio_X509(cert_text.get(), nullptr, nullptr, nullptr), X509_free};
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key{
      PEM_read_bio_PrivateKey(key_text.get(), nullptr, nullptr, nullptr), EVP_PKEY_free};
  require(SSL_CTX_use_certificate(tls, cert.get()) == 1 && SSL_CTX_use_PrivateKey(tls, key.get()) == 1,
          "the throw-away certificate does not serve");
  ca_pem = made.ca_pem;
}

void use_files(SSL_CTX* tls, const options& o) {
  require(SSL_CTX_use_certificate_chain_file(tls, o.cert_file.c_str()) == 1,
          "--cert " + o.cert_file + ": give a readable PEM certificate chain");
  require(SSL_CTX_use_PrivateKey_file(tls, o.key_file.c_str(), SSL_FILETYPE_PEM) == 1,
          "--key " + o.key_file + ": give the certificate's own PEM key");
}

}  // namespace

ssl_ctx_ptr make_tls_context(const options& o, std::string& ca_pem) {
  ssl_ctx_ptr tls{SSL_CTX_new(TLS_server_method())};
  require(tls != nullptr, "OpenSSL has no TLS");
  SSL_CTX* t = tls.get();
  // Weak keys, SHA-1 and old versions are for the client to refuse.
  SSL_CTX_set_security_level(t, 0);
  const auto least = std::min(o.tls_max.value_or(tls_version::v1_2), tls_version::v1_2);
  SSL_CTX_set_min_proto_version(t, wire_version(o.tls_min.value_or(least)));
  if (o.tls_max) SSL_CTX_set_max_proto_version(t, wire_version(*o.tls_max));
  SSL_CTX_set_options(t, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(t, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(t, 1);
  SSL_CTX_set_default_read_buffer_len(t, 64 * 1024);
  static const unsigned char session_id[] = "sluice-sink";
  SSL_CTX_set_session_id_context(t, session_id, sizeof session_id - 1);
  if (o.cert_file.empty())
    use_throw_away(t, ca_pem);
  else
    use_files(t, o);
  if (!o.client_ca_file.empty()) {
    require(SSL_CTX_load_verify_file(t, o.client_ca_file.c_str()) == 1,
            "--client-ca " + o.client_ca_file + ": give a readable PEM file of CAs");
    SSL_CTX_set_client_CA_list(t, SSL_load_client_CA_file(o.client_ca_file.c_str()));
    SSL_CTX_set_verify(t, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  return tls;
}

}  // namespace sink
