#include "sink/certificate.hpp"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>

namespace sink {
namespace {

struct free_it {
  void operator()(X509* p) const noexcept { X509_free(p); }
  void operator()(EVP_PKEY* p) const noexcept { EVP_PKEY_free(p); }
  void operator()(BIO* p) const noexcept { BIO_free(p); }
  void operator()(X509_STORE* p) const noexcept { X509_STORE_free(p); }
  void operator()(X509_STORE_CTX* p) const noexcept { X509_STORE_CTX_free(p); }
};
using cert_ptr = std::unique_ptr<X509, free_it>;
using bio_ptr = std::unique_ptr<BIO, free_it>;

bio_ptr text(const std::string& pem) {
  return bio_ptr{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
}
cert_ptr cert(const std::string& pem) {
  return cert_ptr{PEM_read_bio_X509(text(pem).get(), nullptr, nullptr, nullptr)};
}

bool verifies(X509* leaf, X509* ca) {
  const std::unique_ptr<X509_STORE, free_it> store{X509_STORE_new()};
  X509_STORE_add_cert(store.get(), ca);
  const std::unique_ptr<X509_STORE_CTX, free_it> context{X509_STORE_CTX_new()};
  X509_STORE_CTX_init(context.get(), store.get(), leaf, nullptr);
  X509_STORE_CTX_set_purpose(context.get(), X509_PURPOSE_SSL_SERVER);
  return X509_verify_cert(context.get()) == 1;
}

TEST(certificate, is_trusted_by_its_own_authority_and_no_other) {
  const auto made = make_certificate(), other = make_certificate();
  const auto leaf = cert(made.cert_pem);
  EXPECT_TRUE(verifies(leaf.get(), cert(made.ca_pem).get()));
  EXPECT_FALSE(verifies(leaf.get(), cert(other.ca_pem).get()));
}

TEST(certificate, names_this_machine_in_all_three_ways) {
  const auto leaf = cert(make_certificate().cert_pem);
  EXPECT_EQ(X509_check_host(leaf.get(), "localhost", 0, 0, nullptr), 1);
  EXPECT_EQ(X509_check_host(leaf.get(), "example.org", 0, 0, nullptr), 0);
  EXPECT_EQ(X509_check_ip_asc(leaf.get(), "127.0.0.1", 0), 1);
  EXPECT_EQ(X509_check_ip_asc(leaf.get(), "::1", 0), 1);
  EXPECT_EQ(X509_check_ip_asc(leaf.get(), "127.0.0.2", 0), 0);
}

TEST(certificate, comes_with_its_key_and_is_valid_now) {
  const auto made = make_certificate();
  const auto leaf = cert(made.cert_pem);
  const std::unique_ptr<EVP_PKEY, free_it> key{
      PEM_read_bio_PrivateKey(text(made.key_pem).get(), nullptr, nullptr, nullptr)};
  EXPECT_EQ(X509_check_private_key(leaf.get(), key.get()), 1);
  EXPECT_LT(X509_cmp_current_time(X509_get0_notBefore(leaf.get())), 0);
  EXPECT_GT(X509_cmp_current_time(X509_get0_notAfter(leaf.get())), 0);
}

TEST(certificate, has_an_authority_that_can_do_nothing_but_sign) {
  const auto ca = cert(make_certificate().ca_pem);
  EXPECT_EQ(X509_check_ca(ca.get()), 1);
  EXPECT_EQ(X509_get_key_usage(ca.get()), static_cast<std::uint32_t>(KU_KEY_CERT_SIGN | KU_CRL_SIGN));
}

}  // namespace
}  // namespace sink
