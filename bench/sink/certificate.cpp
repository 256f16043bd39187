#include "sink/certificate.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <cstdint>
#include <memory>
#include <stdexcept>

namespace sink {
namespace {

struct free_it {
  void operator()(EVP_PKEY* p) const noexcept { EVP_PKEY_free(p); }
  void operator()(X509* p) const noexcept { X509_free(p); }
  void operator()(X509_EXTENSION* p) const noexcept { X509_EXTENSION_free(p); }
  void operator()(BIO* p) const noexcept { BIO_free(p); }
};
using key_ptr = std::unique_ptr<EVP_PKEY, free_it>;
using cert_ptr = std::unique_ptr<X509, free_it>;

void require(bool ok, const char* what) {
  if (!ok) throw std::runtime_error(std::string{"cannot make a certificate: "} + what);
}

key_ptr make_key() {
  key_ptr key{EVP_EC_gen("P-256")};
  require(key != nullptr, "no P-256 key");
  return key;
}

void add_extension(X509* cert, X509V3_CTX& context, int nid, const char* value) {
  const std::unique_ptr<X509_EXTENSION, free_it> extension{
      X509V3_EXT_conf_nid(nullptr, &context, nid, value)};
  require(extension && X509_add_ext(cert, extension.get(), -1), value);
}

cert_ptr make_body(const char* common_name, EVP_PKEY* key, const X509* issuer) {
  cert_ptr cert{X509_new()};
  require(cert != nullptr, "no memory");
  std::uint64_t serial = 0;
  require(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1, "no randomness");
  X509_set_version(cert.get(), X509_VERSION_3);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(cert.get()), serial >> 1);
  X509_gmtime_adj(X509_getm_notBefore(cert.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(cert.get()), 90L * 24 * 3600);
  X509_set_pubkey(cert.get(), key);
  X509_NAME* name = X509_get_subject_name(cert.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(common_name),
                             -1, -1, 0);
  X509_set_issuer_name(cert.get(), issuer ? X509_get_subject_name(issuer) : name);
  return cert;
}

template <class Write>
std::string to_pem(Write write) {
  const std::unique_ptr<BIO, free_it> memory{BIO_new(BIO_s_mem())};
  require(memory && write(memory.get()) == 1, "no PEM");
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &text);
  return std::string(text, static_cast<std::size_t>(size));
}

std::string cert_to_pem(X509* cert) {
  return to_pem([&](BIO* to) { return PEM_write_bio_X509(to, cert); });
}

}  // namespace

certificate make_certificate() {
  const auto ca_key = make_key();
  const auto ca = make_body("sluice-sink throw-away CA", ca_key.get(), nullptr);
  X509V3_CTX context{};
  X509V3_set_ctx(&context, ca.get(), ca.get(), nullptr, nullptr, 0);
  add_extension(ca.get(), context, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  add_extension(ca.get(), context, NID_key_usage, "critical,keyCertSign,cRLSign");
  add_extension(ca.get(), context, NID_subject_key_identifier, "hash");
  require(X509_sign(ca.get(), ca_key.get(), EVP_sha256()) > 0, "the CA does not sign itself");

  const auto key = make_key();
  const auto leaf = make_body("localhost", key.get(), ca.get());
  X509V3_set_ctx(&context, ca.get(), leaf.get(), nullptr, nullptr, 0);
  add_extension(leaf.get(), context, NID_basic_constraints, "critical,CA:FALSE");
  add_extension(leaf.get(), context, NID_key_usage, "critical,digitalSignature");
  add_extension(leaf.get(), context, NID_ext_key_usage, "serverAuth");
  add_extension(leaf.get(), context, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1,IP:::1");
  add_extension(leaf.get(), context, NID_subject_key_identifier, "hash");
  add_extension(leaf.get(), context, NID_authority_key_identifier, "keyid");
  require(X509_sign(leaf.get(), ca_key.get(), EVP_sha256()) > 0, "the CA does not sign the server");

  return {cert_to_pem(ca.get()), cert_to_pem(leaf.get()), to_pem([&](BIO* to) {
            return PEM_write_bio_PKCS8PrivateKey(to, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
          })};
}

}  // namespace sink
