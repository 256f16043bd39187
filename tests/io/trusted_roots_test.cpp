#include "io/net/trusted_roots.hpp"

#include "support/loop_certificate.hpp"
#include "support/loop_scratch.hpp"
#include "support/problem_lines.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <cstdlib>
#include <memory>

namespace sluice::io {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
namespace fs = std::filesystem;

class trusted_roots : public testing::Test {
 protected:
  trusted_roots() { forget_environment(); }
  ~trusted_roots() override { forget_environment(); }
  static void forget_environment() {
    ::unsetenv("SSL_CERT_FILE");
    ::unsetenv("SSL_CERT_DIR");
  }
  std::vector<std::string> trust() {
    std::vector<problem> problems;
    context_.reset(SSL_CTX_new(TLS_client_method()));
    trust_system_roots(context_.get(), problems, system_.path());
    return support::lines_of(problems);
  }
  /// True when a server's certificate of that authority is accepted.
  bool accepts() const {
    const auto leaf = ca_.issue().certificate;
    const std::unique_ptr<BIO, int (*)(BIO*)> in{BIO_new_mem_buf(leaf.data(), -1), BIO_free};
    const std::unique_ptr<X509, void (*)(X509*)> server{
        PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr), X509_free};
    const std::unique_ptr<X509_STORE_CTX, void (*)(X509_STORE_CTX*)> check{X509_STORE_CTX_new(),
                                                                           X509_STORE_CTX_free};
    X509_STORE_CTX_init(check.get(), SSL_CTX_get_cert_store(context_.get()), server.get(), nullptr);
    return X509_verify_cert(check.get()) == 1;
  }

  const loop::scratch system_;
  const loop::authority ca_;
  std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_{nullptr, SSL_CTX_free};
};

TEST_F(trusted_roots, are_found_where_each_distribution_keeps_them) {
  EXPECT_THAT(trust(), IsEmpty());
  EXPECT_FALSE(accepts()) << "this system has none";
  for (const auto* place :
       {"etc/ssl/certs/ca-certificates.crt", "etc/pki/tls/certs/ca-bundle.crt", "etc/ssl/ca-bundle.pem",
        "etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "etc/ssl/cert.pem"}) {
    const auto bundle = system_.write(place, ca_.certificate());
    EXPECT_THAT(trust(), IsEmpty());
    EXPECT_TRUE(accepts()) << place;
    fs::remove(bundle);
  }
}

TEST_F(trusted_roots, second_place_serves_when_the_first_is_empty) {
  system_.write("etc/ssl/certs/ca-certificates.crt", "");
  system_.write("etc/ssl/cert.pem", ca_.certificate());
  EXPECT_THAT(trust(), IsEmpty());
  EXPECT_TRUE(accepts());
}

TEST_F(trusted_roots, environment_comes_first) {
  const loop::scratch given;
  system_.write("etc/ssl/cert.pem", loop::authority{}.certificate());
  ::setenv("SSL_CERT_FILE", given.write("mine.pem", ca_.certificate()).c_str(), 1);
  EXPECT_THAT(trust(), IsEmpty());
  EXPECT_TRUE(accepts());
  ::setenv("SSL_CERT_FILE", "", 1);
  EXPECT_THAT(trust(), IsEmpty());
  EXPECT_FALSE(accepts()) << "an empty variable names nothing";
}

TEST_F(trusted_roots, place_of_the_environment_that_cannot_be_read_is_told) {
  ::setenv("SSL_CERT_FILE", "/nowhere/roots.pem", 1);
  EXPECT_THAT(trust(), ElementsAre(AllOf(HasSubstr("$SSL_CERT_FILE names '/nowhere/roots.pem'"),
                                         HasSubstr("No such file or directory"))));
  ::unsetenv("SSL_CERT_FILE");
  ::setenv("SSL_CERT_DIR", "/nowhere:/neither", 1);
  EXPECT_THAT(trust(), ElementsAre(HasSubstr("$SSL_CERT_DIR names '/nowhere:/neither'")));
  ::setenv("SSL_CERT_DIR", ("/nowhere:" + system_.path().string()).c_str(), 1);
  EXPECT_THAT(trust(), IsEmpty()) << "OpenSSL searches several directories, and some may be missing";
}

}  // namespace
}  // namespace sluice::io
