#include "io/net/tls_client.hpp"

#include "support/loop_certificate.hpp"
#include "support/loop_scratch.hpp"
#include "support/problem_lines.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <unistd.h>

namespace sluice::io {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

std::vector<std::string> problems_of(const tls_options& o) {
  std::vector<problem> problems;
  const auto made = make_tls_client(o, problems);
  EXPECT_EQ(made == nullptr, !problems.empty());
  return support::lines_of(problems);
}

TEST(tls_client, by_default_trusts_the_system_and_verifies) {
  std::vector<problem> problems;
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
  std::vector<problem> problems;
  const auto made = make_tls_client({}, problems);
  EXPECT_EQ(SSL_CTX_get_security_level(made->context.get()), 2);
  EXPECT_TRUE(SSL_CTX_get_options(made->context.get()) & SSL_OP_NO_COMPRESSION);
  const auto* ciphers = SSL_CTX_get_ciphers(made->context.get());
  ASSERT_GT(sk_SSL_CIPHER_num(ciphers), 0);
  for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); ++i) {
    const auto* c = sk_SSL_CIPHER_value(ciphers, i);
    EXPECT_EQ(SSL_CIPHER_is_aead(c), 1) << SSL_CIPHER_get_name(c);
    // The key exchange is no part of the cipher with TLS 1.3: there is only an ephemeral one.
    EXPECT_THAT(SSL_CIPHER_get_kx_nid(c), testing::AnyOf(NID_kx_ecdhe, NID_kx_any)) << SSL_CIPHER_get_name(c);
    EXPECT_NE(SSL_CIPHER_get_auth_nid(c), NID_auth_null) << SSL_CIPHER_get_name(c);
  }
}

// The server's choice among these is ours where it leaves it to us, as most do.
TEST(tls_client, prefers_the_fastest_cipher_of_this_processor) {
  std::vector<problem> problems;
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

std::string pem(EVP_PKEY* key) {
  const std::unique_ptr<BIO, int (*)(BIO*)> out{BIO_new(BIO_s_mem()), BIO_free};
  EXPECT_EQ(PEM_write_bio_PrivateKey(out.get(), key, nullptr, nullptr, 0, nullptr, nullptr), 1);
  char* text = nullptr;
  const auto length = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(length)};
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
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> rsa{EVP_RSA_gen(2048), EVP_PKEY_free};
  foreign.key_file = files.write_secret("rsa.pem", pem(rsa.get()));
  EXPECT_THAT(problems_of(foreign), ElementsAre(StartsWith("tls.key_file: ")))
      << "the certificate's key is of another kind";
  tls_options without;
  without.key_file = foreign.key_file;
  EXPECT_THAT(problems_of(without), ElementsAre(HasSubstr("without tls.cert_file")));
}

/// PEM, of PKCS#8 or as OpenSSL wrote keys before that.
std::string encrypted(const std::string& key, const std::string& password, bool pkcs8) {
  const std::unique_ptr<BIO, int (*)(BIO*)> in{BIO_new_mem_buf(key.data(), -1), BIO_free},
      out{BIO_new(BIO_s_mem()), BIO_free};
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> made{
      PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr), EVP_PKEY_free};
  const auto* bytes = reinterpret_cast<const unsigned char*>(password.data());
  const auto size = static_cast<int>(password.size());
  const auto write = pkcs8 ? PEM_write_bio_PKCS8PrivateKey(out.get(), made.get(), EVP_aes_256_cbc(),
                                                           password.data(), size, nullptr, nullptr)
                           : PEM_write_bio_PrivateKey_traditional(out.get(), made.get(), EVP_aes_256_cbc(),
                                                                  bytes, size, nullptr, nullptr);
  EXPECT_EQ(write, 1);
  char* text = nullptr;
  const auto length = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(length)};
}

// The password was asked for on the terminal, or read from standard input.
TEST(tls_client, encrypted_key_needs_its_password_and_nobody_is_asked) {
  const loop::scratch files;
  const auto who = loop::authority{}.issue();
  for (const bool pkcs8 : {true, false}) {
    tls_options o;
    o.cert_file = files.write("cert.pem", who.certificate);
    o.key_file = files.write("key.pem", encrypted(who.key, "open sesame", pkcs8));
    loop::fs::permissions(o.key_file, loop::fs::perms::owner_read | loop::fs::perms::owner_write);
    EXPECT_THAT(problems_of(o),
                ElementsAre(testing::AllOf(StartsWith("tls.key_password: "), HasSubstr("is encrypted"),
                                           HasSubstr(o.key_file.string()))));
    for (const auto& wrong : {std::string{"open barley"}, std::string(5000, 'x')}) {
      o.key_password = wrong;
      EXPECT_THAT(problems_of(o), ElementsAre(testing::AllOf(StartsWith("tls.key_password: does not open"),
                                                             testing::Not(HasSubstr(wrong)))));
    }
    o.key_password = "open sesame";
    EXPECT_THAT(problems_of(o), ElementsAre());
    o.key_file = files.write("key.pem", who.key);
    EXPECT_THAT(problems_of(o), ElementsAre()) << "a key that is not encrypted needs none";
  }
  tls_options alone;
  alone.key_password = "open sesame";
  EXPECT_THAT(problems_of(alone), ElementsAre(StartsWith("tls.key_password: a password without")));
}

// PEM can say of anything that it is encrypted, and OpenSSL then asks.
TEST(tls_client, certificates_that_say_they_are_encrypted_are_not_asked_about) {
  const loop::scratch files;
  const auto who = loop::authority{}.issue();
  auto text = who.certificate;
  const std::string begin = "-----BEGIN CERTIFICATE-----\n";
  text.replace(0, begin.size(),
               begin + "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00112233445566778899AABBCCDDEEFF\n\n");
  tls_options ca;
  ca.ca_file = files.write("ca.pem", text);
  EXPECT_THAT(problems_of(ca), ElementsAre(StartsWith("tls.ca_file: ")));
  tls_options own;
  own.cert_file = files.write("cert.pem", text), own.key_file = files.write("key.pem", who.key);
  EXPECT_THAT(problems_of(own), ElementsAre(StartsWith("tls.cert_file: ")));
  own.cert_file = files.write("chain.pem", who.certificate + text);
  EXPECT_THAT(problems_of(own), ElementsAre(StartsWith("tls.cert_file: ")));
}

// Volumes with a group and a service manager's credentials are like that.
TEST(tls_client, key_that_our_group_can_read_is_accepted) {
  const loop::scratch files;
  const auto who = loop::authority{}.issue();
  tls_options o;
  o.cert_file = files.write("cert.pem", who.certificate), o.key_file = files.write("key.pem", who.key);
  using loop::fs::perms;
  ASSERT_EQ(::chown(o.key_file.c_str(), static_cast<uid_t>(-1), ::getegid()), 0);
  for (const auto mode : {perms{0640}, perms{0440}}) {
    loop::fs::permissions(o.key_file, mode);
    EXPECT_THAT(problems_of(o), ElementsAre());
  }
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give files to others";
  constexpr uid_t stranger = 54321;
  loop::fs::permissions(o.key_file, perms{0640});
  for (const auto& [owner, group] : {std::pair{uid_t{0}, gid_t{stranger}}, std::pair{stranger, gid_t{0}}}) {
    ASSERT_EQ(::chown(o.key_file.c_str(), owner, group), 0);
    EXPECT_THAT(problems_of(o), ElementsAre(HasSubstr("chmod 600"))) << owner << ":" << group;
  }
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
    for (const auto open : {perms::others_read, perms::others_write, perms::others_exec}) {
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
  std::vector<problem> problems;
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
    std::vector<problem> problems;
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
  std::vector<problem> problems;
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

TEST(tls_client, a_context_of_the_callers_is_never_changed_for_a_key_log) {
  boost::asio::ssl::context context{boost::asio::ssl::context::tls_client};
  std::vector<problem> problems;
  tls_options o;
  o.context = context;
  EXPECT_EQ(make_tls_client(o, problems, [](std::string_view) {}), nullptr);
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0].member, "on_tls_key");
  EXPECT_EQ(problems[0].other, "tls.context");
  EXPECT_EQ(SSL_CTX_get_keylog_callback(context.native_handle()), nullptr);
}

TEST(tls_client, has_no_key_log_unless_it_is_asked_for) {
  std::vector<problem> problems;
  EXPECT_EQ(SSL_CTX_get_keylog_callback(make_tls_client({}, problems)->context.get()), nullptr);
}

}  // namespace
}  // namespace sluice::io
