#include "io/tls_session_fixture.hpp"

#include <sluice/error.hpp>

#include <gmock/gmock.h>

namespace sluice::io {
namespace {

TEST_F(tls_session_test, carries_bytes_both_ways_across_record_sizes) {
  for (const std::size_t size : {1u, 16383u, 16384u, 16385u, 100'000u}) {
    server s{identity_};
    client c{trusting(), "localhost"};
    ASSERT_EQ(c.shake_hands(s, size == 1), status::ok) << c.session->detail();
    const std::string there(size, 't'), back(size, 'b');
    EXPECT_EQ(c.session->write(there), status::ok);
    s.take(c.out);
    EXPECT_TRUE(s.read() == there);
    s.write(back);
    put(c.in, s.give());
    EXPECT_TRUE(c.read_all(status::want_read) == back);
  }
}

TEST_F(tls_session_test, tells_the_server_who_is_meant) {
  server s{identity_};
  client c{trusting(), "localhost"};
  ASSERT_EQ(c.shake_hands(s), status::ok);
  EXPECT_STREQ(SSL_get_servername(s.ssl(), TLSEXT_NAMETYPE_host_name), "localhost");
  server by_address{identity_};
  client to_address{trusting(), "127.0.0.1"};
  ASSERT_EQ(to_address.shake_hands(by_address), status::ok);
  EXPECT_EQ(SSL_get_servername(by_address.ssl(), TLSEXT_NAMETYPE_host_name), nullptr);
}

// A certificate has neither the last dot nor the letters beyond ASCII, nor a zone.
TEST_F(tls_session_test, url_is_verified_as_certificates_write_it) {
  const struct {
    const char *url, *names, *sni;
  } table[] = {
      {"https://host.example./", "DNS:host.example", "host.example"},
      {"https://BÜCHER.example/", "DNS:xn--bcher-kva.example", "xn--bcher-kva.example"},
      {"https://bücher.books.example./", "DNS:*.books.example", "xn--bcher-kva.books.example"},
      {"https://[fe80::1%25lo]/", "IP:fe80::1", nullptr},
  };
  for (const auto& row : table) {
    server s{authority_.issue({.names = row.names})};
    client c{trusting(), core::parse_url(row.url).value()};
    EXPECT_EQ(c.shake_hands(s), status::ok) << row.url << c.session->detail();
    EXPECT_STREQ(SSL_get_servername(s.ssl(), TLSEXT_NAMETYPE_host_name), row.sni) << row.url;
  }
}

// Row by row: who is trusted, whom the certificate names, whom we meant. Not a byte goes to the wrong one.
TEST_F(tls_session_test, whom_it_does_not_know_it_does_not_write_to) {
  const loop::authority other;
  const struct {
    const char* what;
    const loop::authority& trusted;
    loop::leaf leaf;
    std::string host;
    bool accepted;
  } table[] = {
      {"as it should be", authority_, {}, "localhost", true},
      {"another authority", other, {}, "localhost", false},
      {"another name", authority_, {.names = "DNS:example.com"}, "localhost", false},
      {"a name in the subject only", authority_, {.names = "DNS:other"}, "throw-away", false},
      {"a name in the subject and none elsewhere", authority_, {.names = ""}, "throw-away", false},
      {"a wildcard", authority_, {.names = "DNS:*.example.com"}, "a.example.com", true},
      {"a wildcard is one level", authority_, {.names = "DNS:*.example.com"}, "a.b.example.com", false},
      {"a wildcard is a whole label", authority_, {.names = "DNS:a*.example.com"}, "ab.example.com", false},
      {"a wildcard is not the domain", authority_, {.names = "DNS:*.example.com"}, "example.com", false},
      {"expired", authority_, {.from = -7200, .until = -3600}, "localhost", false},
      {"not yet valid", authority_, {.from = 3600, .until = 7200}, "localhost", false},
      {"an address", authority_, {.names = "IP:127.0.0.1"}, "127.0.0.1", true},
      {"another address", authority_, {.names = "IP:127.0.0.1"}, "127.0.0.2", false},
      {"an address as a name", authority_, {.names = "DNS:127.0.0.1"}, "127.0.0.1", false},
      {"a name for an address", authority_, {.names = "DNS:localhost"}, "127.0.0.1", false},
  };
  for (const auto& row : table) {
    SCOPED_TRACE(row.what);
    server s{authority_.issue(row.leaf)};
    client c{trusting(row.trusted), row.host};
    const auto result = c.shake_hands(s);
    EXPECT_EQ(result == status::ok, row.accepted) << c.session->detail();
    EXPECT_EQ(c.session->write(std::string{"secret"}) == status::ok, row.accepted);
    s.take(c.out);
    EXPECT_EQ(s.read(), row.accepted ? "secret" : "");
    if (row.accepted) continue;
    EXPECT_EQ(c.session->error(), errc::tls_identity);
    EXPECT_NE(c.session->detail(), "");
  }
}

TEST_F(tls_session_test, insecure_asks_for_nothing_but_the_pin) {
  tls_options o;
  o.insecure = true;
  server anybody{loop::authority{}.issue({.names = "DNS:other", .from = -7200, .until = -3600})};
  client c{o, "localhost"};
  EXPECT_EQ(c.shake_hands(anybody), status::ok) << c.session->detail();
  o.pinned_public_key = loop::pin_of(identity_);
  server wrong{loop::authority{}.issue()};
  client pinned{o, "localhost"};
  EXPECT_EQ(pinned.shake_hands(wrong), status::failed);
  EXPECT_EQ(pinned.session->error(), errc::tls_pin_mismatch);
  EXPECT_NE(pinned.session->write(std::string{"secret"}), status::ok);
  wrong.take(pinned.out);
  EXPECT_EQ(wrong.read(), "");
}

TEST_F(tls_session_test, a_pin_is_asked_for_beside_the_chain) {
  const auto other = authority_.issue();
  for (const auto& [pins, accepted] : std::vector<std::pair<std::string, bool>>{
           {loop::pin_of(identity_), true},
           {loop::pin_of(other), false},
           {loop::pin_of(other) + ";" + loop::pin_of(identity_), true}}) {
    auto o = trusting();
    o.pinned_public_key = pins;
    server s{identity_};
    client c{o, "localhost"};
    EXPECT_EQ(c.shake_hands(s) == status::ok, accepted);
    EXPECT_EQ(c.session->error(), accepted ? error_code{} : error_code{errc::tls_pin_mismatch});
  }
  auto o = trusting(loop::authority{});
  o.pinned_public_key = loop::pin_of(identity_);
  server s{identity_};
  client c{o, "localhost"};
  EXPECT_EQ(c.shake_hands(s), status::failed) << "the pin is right, the chain is not";
  EXPECT_EQ(c.session->error(), errc::tls_identity);
}

TEST_F(tls_session_test, no_older_protocol_than_asked_for) {
  for (const auto& [offered, least, accepted] :
       std::vector<std::tuple<int, tls_version, bool>>{{TLS1_1_VERSION, tls_version::v1_2, false},
                                                       {TLS1_2_VERSION, tls_version::v1_2, true},
                                                       {TLS1_2_VERSION, tls_version::v1_3, false},
                                                       {TLS1_3_VERSION, tls_version::v1_3, true}}) {
    server s{identity_};
    SSL_set_max_proto_version(s.ssl(), offered);
    SSL_set_security_level(s.ssl(), 0);
    auto o = trusting();
    o.min_version = least;
    client c{o, "localhost"};
    EXPECT_EQ(c.shake_hands(s) == status::ok, accepted) << offered;
    EXPECT_EQ(c.session->error(), accepted ? error_code{} : error_code{errc::tls_failed});
  }
}

// A context of the caller's may allow anything: what leaves us leaves over 1.2 or more.
TEST_F(tls_session_test, has_a_floor_under_the_callers_context) {
  for (const auto& [most, accepted] : {std::pair{TLS1_1_VERSION, false}, std::pair{TLS1_2_VERSION, true}}) {
    boost::asio::ssl::context theirs{boost::asio::ssl::context::tls_client};
    SSL_CTX_set_security_level(theirs.native_handle(), 0);
    SSL_CTX_set_min_proto_version(theirs.native_handle(), TLS1_VERSION);
    theirs.add_certificate_authority(boost::asio::buffer(authority_.certificate()));
    tls_options o;
    o.context = theirs;
    server s{identity_};
    SSL_set_security_level(s.ssl(), 0);
    SSL_set_min_proto_version(s.ssl(), TLS1_VERSION);
    SSL_set_max_proto_version(s.ssl(), most);
    client c{o, "localhost"};
    EXPECT_EQ(c.shake_hands(s) == status::ok, accepted) << c.session->detail();
    EXPECT_EQ(c.session->write(std::string{"secret"}) == status::ok, accepted);
  }
}

// A callback that accepts everything: the verdict of the chain is asked for again before the first byte.
TEST_F(tls_session_test, does_not_believe_a_callback_that_waves_everybody_through) {
  boost::asio::ssl::context theirs{boost::asio::ssl::context::tls_client};
  theirs.set_verify_callback([](bool, auto&) { return true; });
  tls_options o;
  o.context = theirs;
  server s{identity_};
  client c{o, "localhost"};
  EXPECT_EQ(c.shake_hands(s), status::failed);
  EXPECT_EQ(c.session->error(), errc::tls_identity);
  EXPECT_NE(c.session->write(std::string{"secret"}), status::ok);
}

TEST_F(tls_session_test, an_end_that_was_announced_is_told_from_silence) {
  server s{identity_};
  client c{trusting(), "localhost"};
  ASSERT_EQ(c.shake_hands(s), status::ok);
  EXPECT_EQ(c.read_all(status::want_read), "");
  s.write("last words");
  SSL_shutdown(s.ssl());
  put(c.in, s.give());
  EXPECT_EQ(c.read_all(status::closed), "last words");
}

TEST_F(tls_session_test, announces_its_own_end) {
  server s{identity_};
  client c{trusting(), "localhost"};
  ASSERT_EQ(c.shake_hands(s), status::ok);
  c.session->shutdown();
  s.take(c.out);
  EXPECT_EQ(s.read(), "");
  EXPECT_TRUE(SSL_get_shutdown(s.ssl()) & SSL_RECEIVED_SHUTDOWN);
}

TEST_F(tls_session_test, says_nothing_at_the_end_of_a_session_that_never_was) {
  client c{trusting(), "localhost"};
  EXPECT_EQ(c.session->handshake(), status::want_read);
  const auto hello = c.out.size();
  c.session->shutdown();
  EXPECT_EQ(c.out.size(), hello);
  EXPECT_NE(c.session->write(std::string{"too soon"}), status::ok);
  EXPECT_EQ(c.out.size(), hello);
}

// One bit, wherever it is: nothing of the record comes out, and the session is over.
TEST_F(tls_session_test, a_record_with_a_wrong_bit_is_no_reply) {
  for (std::size_t at = 5; at < 30; ++at) {
    server s{identity_};
    client c{trusting(), "localhost"};
    ASSERT_EQ(c.shake_hands(s), status::ok);
    c.read_all(status::want_read);  // the tickets
    s.write("HTTP/1.1 200 OK\r\n\r\n");
    auto record = s.give();
    record[at % record.size()] = static_cast<char>(record[at % record.size()] ^ 1);
    put(c.in, record);
    EXPECT_EQ(c.read_all(status::failed), "");
    EXPECT_EQ(c.session->error(), errc::tls_failed);
    EXPECT_NE(c.session->detail(), "");
  }
}

// The refusal of our certificate comes after our handshake in TLS 1.3: with the first read.
TEST_F(tls_session_test, a_server_that_wants_a_certificate_is_told_from_one_that_fails) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    server s{identity_};
    SSL_set_max_proto_version(s.ssl(), version);
    SSL_set_verify(s.ssl(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    client c{trusting(), "localhost"};
    if (c.shake_hands(s) == status::ok) c.read_all(status::failed);
    EXPECT_EQ(c.session->error(), errc::tls_client_refused) << c.session->detail();
  }
}

TEST_F(tls_session_test, a_failure_that_is_nobodys_identity_is_tls_failed) {
  client c{trusting(), "localhost"};
  EXPECT_EQ(c.session->handshake(), status::want_read);
  put(c.in, "HTTP/1.1 400 Bad Request\r\n\r\n");
  EXPECT_EQ(c.session->handshake(), status::failed);
  EXPECT_EQ(c.session->error(), errc::tls_failed);
}

std::vector<std::string>& keys_of_the_server() {
  static std::vector<std::string> lines;
  return lines;
}

TEST_F(tls_session_test, tells_the_keys_that_the_server_has) {
  keys_of_the_server().clear();
  std::vector<std::string> ours;
  session_tickets tickets;
  server s{identity_};
  SSL_CTX_set_keylog_callback(SSL_get_SSL_CTX(s.ssl()),
                              [](const SSL*, const char* line) { keys_of_the_server().emplace_back(line); });
  client c{trusting(), client::url_of("localhost"), tickets,
           [&](std::string_view line) { ours.emplace_back(line); }};
  ASSERT_EQ(c.shake_hands(s), status::ok) << c.session->detail();
  EXPECT_EQ(ours.size(), 5u);
  EXPECT_THAT(ours, testing::UnorderedElementsAreArray(keys_of_the_server()));
}

TEST_F(tls_session_test, says_what_was_agreed_and_with_whom) {
  server s{identity_};
  client c{trusting(), "localhost"};
  EXPECT_TRUE(c.session->read_facts().subject.empty()) << "before anything was said";
  ASSERT_EQ(c.shake_hands(s), status::ok) << c.session->detail();
  const auto facts = c.session->read_facts();
  EXPECT_EQ(facts.version, "TLSv1.3");
  EXPECT_EQ(facts.cipher, SSL_get_cipher(s.ssl()));
  EXPECT_FALSE(facts.resumed);
  EXPECT_THAT(facts.subject, testing::HasSubstr("CN="));
  EXPECT_THAT(facts.issuer, testing::HasSubstr("CN="));
  EXPECT_EQ(facts.expires, c.session->valid_until());
}

}  // namespace
}  // namespace sluice::io
