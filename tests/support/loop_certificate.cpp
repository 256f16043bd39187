#include "support/loop_certificate.hpp"

#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <boost/asio/buffer.hpp>

#include <array>
#include <cstdint>
#include <stdexcept>

namespace loop {
namespace {

void require(bool ok, const char* what) {
  if (!ok) throw std::runtime_error(std::string{"cannot make a certificate: "} + what);
}

std::shared_ptr<EVP_PKEY> make_key() {
  std::shared_ptr<EVP_PKEY> key{EVP_EC_gen("P-256"), EVP_PKEY_free};
  require(key != nullptr, "key");
  return key;
}

void extend(X509* cert, X509* issuer, int nid, const char* value) {
  X509V3_CTX context{};
  X509V3_set_ctx(&context, issuer, cert, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> extension{
      X509V3_EXT_conf_nid(nullptr, &context, nid, value), X509_EXTENSION_free};
  require(extension && X509_add_ext(cert, extension.get(), -1), value);
}

std::shared_ptr<X509> make_certificate(const char* name, EVP_PKEY* key, const X509* issuer, long from,
                                       long until) {
  std::shared_ptr<X509> cert{X509_new(), X509_free};
  require(cert != nullptr, "memory");
  std::uint64_t serial = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial);
  X509_set_version(cert.get(), X509_VERSION_3);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(cert.get()), serial >> 1);
  X509_gmtime_adj(X509_getm_notBefore(cert.get()), from);
  X509_gmtime_adj(X509_getm_notAfter(cert.get()), until);
  X509_set_pubkey(cert.get(), key);
  X509_NAME* subject = X509_get_subject_name(cert.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name), -1,
                             -1, 0);
  X509_set_issuer_name(cert.get(), issuer != nullptr ? X509_get_subject_name(issuer) : subject);
  return cert;
}

template <class Write>
std::string to_pem(Write write) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> memory{BIO_new(BIO_s_mem()), BIO_free};
  require(memory && write(memory.get()) == 1, "PEM");
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

std::string pem_of(X509* cert) {
  return to_pem([&](BIO* to) { return PEM_write_bio_X509(to, cert); });
}

}  // namespace

authority::authority() : key_{make_key()} {
  self_ = make_certificate("throw-away authority", key_.get(), nullptr, -3600, 7200);
  extend(self_.get(), self_.get(), NID_basic_constraints, "critical,CA:TRUE");
  extend(self_.get(), self_.get(), NID_key_usage, "critical,keyCertSign");
  require(X509_sign(self_.get(), key_.get(), EVP_sha256()) > 0, "signature");
  pem_ = pem_of(self_.get());
}

identity authority::issue(const leaf& what) const {
  const auto key = make_key();
  const auto cert = make_certificate("throw-away", key.get(), self_.get(), what.from, what.until);
  extend(cert.get(), self_.get(), NID_basic_constraints, "critical,CA:FALSE");
  if (!what.names.empty()) extend(cert.get(), self_.get(), NID_subject_alt_name, what.names.c_str());
  require(X509_sign(cert.get(), key_.get(), EVP_sha256()) > 0, "signature");
  return {pem_of(cert.get()), to_pem([&](BIO* to) {
            return PEM_write_bio_PKCS8PrivateKey(to, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
          })};
}

std::string pin_of(const identity& who) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> memory{
      BIO_new_mem_buf(who.certificate.data(), static_cast<int>(who.certificate.size())), BIO_free};
  const std::unique_ptr<X509, decltype(&X509_free)> cert{
      PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr), X509_free};
  require(cert != nullptr, "PEM");
  std::array<unsigned char, 512> der{};
  unsigned char* at = der.data();
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert.get()), &at);
  std::array<unsigned char, 32> hash{};
  EVP_Digest(der.data(), static_cast<std::size_t>(size), hash.data(), nullptr, EVP_sha256(), nullptr);
  std::array<unsigned char, 45> text{};
  EVP_EncodeBlock(text.data(), hash.data(), static_cast<int>(hash.size()));
  return "sha256//" + std::string{reinterpret_cast<const char*>(text.data())};
}

std::shared_ptr<boost::asio::ssl::context> serve_as(const identity& who) {
  namespace asio = boost::asio;
  auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
  context->use_certificate(asio::buffer(who.certificate), asio::ssl::context::pem);
  context->use_private_key(asio::buffer(who.key), asio::ssl::context::pem);
  return context;
}

}  // namespace loop
