#include "io/tls_client.hpp"

#include "support/loop_certificate.hpp"
#include "support/loop_scratch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

namespace sluice::io {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

std::vector<std::string> problems_of(const tls_options& o) {
  std::vector<std::string> problems;
  const auto made = make_tls_client(o, problems);
  EXPECT_EQ(made == nullptr, !problems.empty());
  return problems;
}

TEST(tls_client, by_default_trusts_the_system_and_verifies) {
  std::vector<std::string> problems;
  const auto made = make_tls_client({}, problems);
  ASSERT_TRUE(made);
  EXPECT_TRUE(made->verify);
  EXPECT_TRUE(made->pins.empty());
  EXPECT_EQ(SSL_CTX_get_min_proto_version(made->context.get()), TLS1_2_VERSION);
  EXPECT_EQ(SSL_CTX_get_session_cache_mode(made->context.get()), SSL_SESS_CACHE_OFF);
  EXPECT_TRUE(SSL_CTX_get_options(made->context.get()) & SSL_OP_NO_RENEGOTIATION);
}

// Security level 2 refuses keys and digests of less than 112 bits, and with them the last of TLS 1.2's old
// habits.
TEST(tls_client, offers_only_ciphers_that_authenticate_and_keep_no_key) {
  std::vector<std::string> problems;
  const auto made = make_tls_client({}, problems);
  EXPECT_EQ(SSL_CTX_get_security_level(made->context.get()), 2);
  EXPECT_TRUE(SSL_CTX_get_options(made->context.get()) & SSL_OP_NO_COMPRESSION);
  const auto* ciphers = SSL_CTX_get_ciphers(made->context.get());
  ASSERT_GT(sk_SSL_CIPHER_num(ciphers), 0);
  for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); ++i) {
    const auto* c = sk_SSL_CIPHER_value(ciphers, i);
    EXPECT_EQ(SSL_CIPHER_is_aead(c), 1) << SSL_CIPHER_get_name(c);
    // With 1.3 the key exchange is no part of the cipher: there is only an ephemeral one.
    EXPECT_THAT(SSL_CIPHER_get_kx_nid(c), testing::AnyOf(NID_kx_ecdhe, NID_kx_any)) << SSL_CIPHER_get_name(c);
    EXPECT_NE(SSL_CIPHER_get_auth_nid(c), NID_auth_null) << SSL_CIPHER_get_name(c);
  }
}

// The server's choice among these is ours where it leaves it to us, as most do.
TEST(tls_client, prefers_the_fastest_cipher_of_this_processor) {
  std::vector<std::string> problems;
  const auto made = make_tls_client({}, problems);
  const auto* ciphers = SSL_CTX_get_ciphers(made->context.get());
  const std::string first = SSL_CIPHER_get_name(sk_SSL_CIPHER_value(ciphers, 0));
#if defined(__x86_64__)
  EXPECT_EQ(first, __builtin_cpu_supports("aes") ? "TLS_AES_128_GCM_SHA256" : "TLS_CHACHA20_POLY1305_SHA256");
#else
  EXPECT_THAT(first, testing::AnyOf("TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256"));
#endif
  EXPECT_EQ(sk_SSL_CIPHER_num(SSL_CTX_get_ciphers(made->context.get())), 9) << "3 of TLS 1.3, 6 of 1.2";
}

TEST(tls_client, takes_a_certificate_and_its_key_from_one_file_or_two) {
  const loop::scratch files;
  const auto who = loop::authority{}.issue();
  tls_options two;
  two.cert_file = files.write("cert.pem", who.certificate),
  two.key_file = files.write_secret("key.pem", who.key);
  EXPECT_THAT(problems_of(two), ElementsAre());
  tls_options one;
  one.cert_file = files.write_secret("both.pem", who.certificate + who.key);
  EXPECT_THAT(problems_of(one), ElementsAre());
}

TEST(tls_client, names_every_file_that_cannot_be_used) {
  const loop::scratch files;
  const auto who = loop::authority{}.issue(), other = loop::authority{}.issue();
  tls_options o;
  o.ca_file = files / "missing.pem", o.cert_file = files.write_secret("junk.pem", "junk");
  EXPECT_THAT(problems_of(o), ElementsAre(StartsWith("tls.ca_file: "), StartsWith("tls.cert_file: ")));
  tls_options foreign;
  foreign.cert_file = files.write("cert.pem", who.certificate),
  foreign.key_file = files.write_secret("key.pem", other.key);
  EXPECT_THAT(problems_of(foreign), ElementsAre(StartsWith("tls.key_file: ")));
  tls_options without;
  without.key_file = foreign.key_file;
  EXPECT_THAT(problems_of(without), ElementsAre(HasSubstr("without tls.cert_file")));
}

TEST(tls_client, key_that_others_can_read_is_refused) {
  const loop::scratch files;
  const auto who = loop::authority{}.issue();
  tls_options two;
  two.cert_file = files.write("cert.pem", who.certificate), two.key_file = files.write("key.pem", who.key);
  tls_options one;
  one.cert_file = files.write("both.pem", who.certificate + who.key);
  using loop::fs::perms;
  for (const auto* o : {&two, &one}) {
    const auto& key = o == &two ? o->key_file : o->cert_file;
    for (const auto open : {perms::group_read, perms::others_read, perms::group_write, perms::others_write}) {
      loop::fs::permissions(key, perms::owner_read | open);
      EXPECT_THAT(problems_of(*o),
                  ElementsAre(testing::AllOf(StartsWith("tls.key_file: "), HasSubstr(key.string()),
                                             HasSubstr("chmod 600"))));
    }
    loop::fs::permissions(key, perms::owner_read);
    EXPECT_THAT(problems_of(*o), ElementsAre());
  }
}

TEST(tls_client, reads_pins_as_curl_writes_them) {
  const auto pin = loop::pin_of(loop::authority{}.issue());
  std::vector<std::string> problems;
  tls_options o;
  o.pinned_public_key = pin + ";" + pin;
  EXPECT_EQ(make_tls_client(o, problems)->pins.size(), 2u);
  for (const auto& bad :
       {std::string{"sha256//short"}, std::string{"md5//"} + pin.substr(8), pin + pin, pin + ",", "x" + pin,
        std::string{"sha256//"} + std::string(43, '!') + "=", std::string{"pin.pem"}}) {
    o.pinned_public_key = bad;
    EXPECT_THAT(problems_of(o), ElementsAre(StartsWith("tls.pinned_public_key: '" + bad + "'"))) << bad;
  }
}

TEST(tls_client, shares_the_callers_context) {
  boost::asio::ssl::context asio_context{boost::asio::ssl::context::tls_client};
  SSL_CTX* const native = asio_context.native_handle();
  const auto shared = std::make_shared<boost::asio::ssl::context>(boost::asio::ssl::context::tls_client);
  const auto unique = std::make_unique<boost::asio::ssl::context>(boost::asio::ssl::context::tls_client);
  for (const auto& [context, expected] :
       std::vector<std::pair<tls_context, SSL_CTX*>>{{asio_context, native},
                                                     {&asio_context, native},
                                                     {native, native},
                                                     {shared, shared->native_handle()},
                                                     {unique, unique->native_handle()}}) {
    tls_options o;
    o.context = context;
    std::vector<std::string> problems;
    const auto made = make_tls_client(o, problems);
    ASSERT_TRUE(made);
    EXPECT_EQ(made->context.get(), expected);
    EXPECT_TRUE(made->verify);
  }
}

// A null pointer was followed.
TEST(tls_client, an_empty_pointer_is_no_context) {
  EXPECT_FALSE(tls_context{std::shared_ptr<boost::asio::ssl::context>{}});
  EXPECT_FALSE(tls_context{static_cast<boost::asio::ssl::context*>(nullptr)});
  EXPECT_FALSE(tls_context{static_cast<SSL_CTX*>(nullptr)});
}

TEST(tls_client, keeps_the_callers_context_alive) {
  auto context = std::make_unique<boost::asio::ssl::context>(boost::asio::ssl::context::tls_client);
  std::vector<std::string> problems;
  tls_options o;
  o.context = *context;
  auto made = make_tls_client(o, problems);
  o = {};
  context.reset();
  EXPECT_NE(SSL_CTX_get_cert_store(made->context.get()), nullptr);
}

TEST(tls_client, a_context_of_the_callers_is_not_mixed_with_files) {
  boost::asio::ssl::context context{boost::asio::ssl::context::tls_client};
  tls_options o;
  o.context = context, o.ca_file = "ca.pem";
  EXPECT_THAT(problems_of(o), ElementsAre(StartsWith("tls.context: ")));
}

}  // namespace
}  // namespace sluice::io
