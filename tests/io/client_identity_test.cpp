// PKCS#12 as --cert; PEM files are tls_client_test.cpp's.
#include "io/net/tls_client.hpp"

#include "core/base64.hpp"
#include "support/loop_certificate.hpp"
#include "support/loop_scratch.hpp"
#include "support/problem_lines.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/ssl.h>

namespace sluice::io {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

template <class T, class Free>
using owned = std::unique_ptr<T, Free>;

owned<X509, void (*)(X509*)> certificate_of(const std::string& pem) {
  const owned<BIO, int (*)(BIO*)> in{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free};
  return {PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr), X509_free};
}
owned<EVP_PKEY, void (*)(EVP_PKEY*)> key_of(const std::string& pem) {
  const owned<BIO, int (*)(BIO*)> in{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free};
  return {PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr), EVP_PKEY_free};
}

/// The bytes of a PKCS#12 file; what is empty is left out. A null password: nothing is encrypted, nothing is
/// signed.
std::string packed(const std::string& certificate, const std::string& key, const std::string& issuer,
                   const char* password) {
  const auto own = certificate_of(certificate), above = certificate_of(issuer);
  const auto secret = key_of(key);
  const owned<STACK_OF(X509), void (*)(STACK_OF(X509)*)> chain{
      sk_X509_new_null(), [](STACK_OF(X509) * all) { sk_X509_free(all); }};
  if (above) sk_X509_push(chain.get(), above.get());
  const int how = password != nullptr ? 0 : -1;
  const owned<PKCS12, void (*)(PKCS12*)> file{
      PKCS12_create(password, "client", secret.get(), own.get(), chain.get(), how, how, 2048, how, 0),
      PKCS12_free};
  const owned<BIO, int (*)(BIO*)> out{BIO_new(BIO_s_mem()), BIO_free};
  EXPECT_EQ(i2d_PKCS12_bio(out.get(), file.get()), 1);
  char* bytes = nullptr;
  const auto size = BIO_get_mem_data(out.get(), &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

class pkcs12 : public testing::Test {
 protected:
  std::vector<std::string> problems_of(const std::string& bytes, const std::string& password) {
    options_.cert_file = files_.write_secret("client.p12", bytes);
    options_.key_password = password;
    std::vector<problem> problems;
    made_ = make_tls_client(options_, problems);
    EXPECT_EQ(made_ == nullptr, !problems.empty());
    return support::lines_of(problems);
  }

  const loop::scratch files_;
  const loop::authority authority_;
  const loop::identity who_ = authority_.issue();
  tls_options options_;
  std::shared_ptr<const tls_client> made_;
};

TEST_F(pkcs12, has_certificate_key_and_chain) {
  for (const char* password : {"open sesame", "s\xc3\xa9same", "", static_cast<const char*>(nullptr)}) {
    const auto bytes = packed(who_.certificate, who_.key, authority_.certificate(), password);
    ASSERT_THAT(problems_of(bytes, password != nullptr ? password : ""), ElementsAre());
    SSL_CTX* const context = made_->context.get();
    EXPECT_EQ(X509_cmp(SSL_CTX_get0_certificate(context), certificate_of(who_.certificate).get()), 0);
    EXPECT_EQ(SSL_CTX_check_private_key(context), 1);
    STACK_OF(X509)* chain = nullptr;
    SSL_CTX_get0_chain_certs(context, &chain);
    ASSERT_EQ(sk_X509_num(chain), 1);
    EXPECT_EQ(X509_cmp(sk_X509_value(chain, 0), certificate_of(authority_.certificate()).get()), 0);
  }
}

TEST_F(pkcs12, is_known_by_its_bytes_and_not_by_its_name) {
  options_.cert_file = files_.write_secret("client.pem", packed(who_.certificate, who_.key, "", "sesame"));
  options_.key_password = "sesame";
  std::vector<problem> problems;
  EXPECT_TRUE(make_tls_client(options_, problems));
  EXPECT_THAT(problems_of(who_.certificate + who_.key, ""), ElementsAre())
      << "PEM in a file called client.p12";
}

TEST_F(pkcs12, does_not_open_without_its_password_and_nobody_is_asked) {
  const auto bytes = packed(who_.certificate, who_.key, "", "open sesame");
  EXPECT_THAT(problems_of(bytes, ""), ElementsAre(AllOf(StartsWith("tls.key_password: the PKCS#12 file"),
                                                        HasSubstr("is encrypted"), HasSubstr("client.p12"))));
  for (const auto& wrong :
       {std::string{"open barley"}, std::string(5000, 'x'), std::string{"open sesame\0x", 13}})
    EXPECT_THAT(problems_of(bytes, wrong),
                ElementsAre(AllOf(StartsWith("tls.key_password: does not open the PKCS#12 file"),
                                  Not(HasSubstr("barley")))));
}

TEST_F(pkcs12, that_lacks_something_is_told_in_one_line) {
  const auto other = authority_.issue();
  EXPECT_THAT(problems_of(packed(who_.certificate, "", authority_.certificate(), "p"), "p"),
              ElementsAre(AllOf(StartsWith("tls.cert_file: "), HasSubstr("has no private key"))));
  EXPECT_THAT(
      problems_of(packed("", who_.key, authority_.certificate(), "p"), "p"),
      ElementsAre(AllOf(StartsWith("tls.cert_file: "), HasSubstr("has no certificate of its private key"))));
  const auto whole = packed(who_.certificate, who_.key, "", "p");
  EXPECT_THAT(
      problems_of(whole.substr(0, whole.size() / 2), "p"),
      ElementsAre(AllOf(StartsWith("tls.cert_file: "), HasSubstr("neither PEM nor a whole PKCS#12"))));
  auto damaged = whole;
  damaged[damaged.size() / 2] ^= 1;
  EXPECT_THAT(problems_of(damaged, "p"), ElementsAre(AllOf(StartsWith("tls."), HasSubstr("client.p12"))));
}

// A certificate alone, as it is sent by mail.
TEST_F(pkcs12, is_not_every_file_that_is_der) {
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate_of(who_.certificate).get(), &der);
  const std::string bytes{reinterpret_cast<char*>(der), static_cast<std::size_t>(size)};
  OPENSSL_free(der);
  EXPECT_THAT(problems_of(bytes, ""), ElementsAre(AllOf(StartsWith("tls.cert_file: "),
                                                        HasSubstr("neither PEM nor a whole PKCS#12"))));
}

TEST_F(pkcs12, has_a_key_of_its_own) {
  options_.key_file = files_.write_secret("key.pem", who_.key);
  EXPECT_THAT(problems_of(packed(who_.certificate, who_.key, "", "p"), "p"),
              ElementsAre(AllOf(StartsWith("tls.key_file and tls.cert_file: "), HasSubstr("of its own"))));
}

TEST_F(pkcs12, that_others_can_read_is_refused) {
  options_.cert_file = files_.write("open.p12", packed(who_.certificate, who_.key, "", "p"));
  options_.key_password = "p";
  loop::fs::permissions(options_.cert_file, loop::fs::perms::owner_read | loop::fs::perms::others_read);
  std::vector<problem> problems;
  EXPECT_FALSE(make_tls_client(options_, problems));
  EXPECT_THAT(support::lines_of(problems),
              ElementsAre(AllOf(StartsWith("tls.cert_file: "), HasSubstr("chmod 600"))));
}

// Windows, old Java and old OpenSSL write such files. The command is `openssl pkcs12 -export -legacy`, the
// password sesame.
constexpr const char* legacy_file =
    "MIIDcgIBAzCCAzgGCSqGSIb3DQEHAaCCAykEggMlMIIDITCCAhcGCSqGSIb3DQEHBqCCAggwggIEAgEAMIIB/QYJKoZIhvcNAQcB"
    "MBwGCiqGSIb3DQEMAQYwDgQIzjHsO3SorkICAggAgIIB0FexTx5onCxW6f4uTbUJ6k34PiMJpp92GFiIhBCHFnsxv7JCXm+zIC5T"
    "0zmXNOXIvc0Hn8/fzWU33MI04LCUUXUlkeThc+fLPUCRWHTznyiwH894sZiuq+dPJb/Ti810Hnja8zydoJeCYv5PPxM5Lc0s3qhX"
    "br839m28VO5dVAR82inny7KF4NF+5cyqUPduidXPph5VYu1d5vJ5AC4ODFlZU+S9dnmV3nB6grMED/FzVNOgRYfECXJ6+ObKoKZH"
    "EikhkTqIXnt5GMma/r30T5qz5LNJwJZsPk/qA1RGKkovTy16RoRGlgkDB/UUg6Qcgrs6215xGWHnYg13FeJFSRfgFrCgs2uEJMs6"
    "jEa0Dj8Wj2yukA1ULJSHu6XMOK8v0xkc1uDT5fO1R1npUT5A6LrBENtH9mHhIfj0N3whMlyeKis6/POdCasr75PtOUPTuNUHqNXj"
    "Hcv9faemhogobj0rBklRE87I6WRjD5+aWmyOVbySS6IBy0m5KLg+JaTFkgOh2ykxBYry8SMqErOkrxDRuRRapfyMrw8qVzWOYFA3"
    "nVxNZzwqppAE9H6t2Rq1iYamBoWq16VFCH79FZJAs56CBUn6UR7cNcmsBhgDi+ZgMIIBAgYJKoZIhvcNAQcBoIH0BIHxMIHuMIHr"
    "BgsqhkiG9w0BDAoBAqCBtDCBsTAcBgoqhkiG9w0BDAEDMA4ECOcgaxFRecHbAgIIAASBkPtLG/x/g6uCxSoRBJCX++PHe8JgiQdM"
    "mVgqtj4/QcV5kKN9ah9FK88wO2g3ol3OwHKa3FsD454L7tbS8txjmM93YsLj0Ho/jKegbw91dkoz6dx4Woxn5LjuKONig7/fHSOp"
    "upsQ7zJit7D13AdYMcp2WKdhoihteL7p9YSWVt/uUIojQ0JcwaShG+kT8oFoODElMCMGCSqGSIb3DQEJFTEWBBRDfZmCFlkg+xxX"
    "1F9vhjfWLCM6wjAxMCEwCQYFKw4DAhoFAAQUoQjnDhi8dmI5oEaElBLxI/15oRsECDvPf9lpmVSCAgIIAA==";

TEST_F(pkcs12, of_old_ciphers_is_told_with_a_remedy) {
  const auto bytes = core::from_base64(legacy_file).value();
  EXPECT_THAT(problems_of(bytes, "sesame"),
              ElementsAre(AllOf(StartsWith("tls.cert_file: cannot read the PKCS#12 file"),
                                HasSubstr("unsupported"), HasSubstr("openssl pkcs12 -legacy"))));
  EXPECT_THAT(problems_of(bytes, "barley"), ElementsAre(StartsWith("tls.key_password: does not open")));
}

}  // namespace
}  // namespace sluice::io
