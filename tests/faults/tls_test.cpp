// Rows 28 to 35: no byte of ours to a peer that is not known, and no wait without an end.
#include "faults/faults.hpp"
#include "faults/peers.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <set>

namespace e2e {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using testing::AnyOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// One round of the window, and what the breaker lets through after it.
constexpr std::uint64_t tls_handful = 16 + 3 + 5;

std::set<std::string> keys_of(const support::sink& to) {
  std::set<std::string> keys;
  for (const auto& r : to.ledger()) keys.insert(r.key);
  return keys;
}

/// `openssl ARGUMENTS...`
support::command openssl(arguments more) {
  more.insert(more.begin(), "/usr/bin/openssl");
  return {.arguments = std::move(more)};
}

class certificates {
 public:
  explicit certificates(const std::filesystem::path& where) : where_{where} {
    const auto made = support::run({.arguments = {"/bin/bash", MAKE_CERTIFICATES, where}});
    if (made.code != 0) throw std::runtime_error("no certificates: " + made.err);
  }
  std::string operator()(const char* file) const { return where_ / file; }

 private:
  std::filesystem::path where_;
};

TEST_F(faults, row_28_server_of_another_ca_gets_no_byte) {
  files.add_many(100, 1000);
  support::sink trusted, to;
  const auto o =
      run(drain_command(to.url(), {"--cacert", trusted.ca(), "-H", "Authorization: Bearer canary"}));
  EXPECT_EQ(o.code, 7) << o.err;
  EXPECT_EQ(o.summary.at("reason"), "refused");
  EXPECT_LE(o.count("attempts"), tls_handful);
  EXPECT_EQ(o.count("sent_bytes"), 0u);
  expect_kept(o, to);
  EXPECT_EQ(to.stop().at("app_bytes"), 0);
}

TEST_F(faults, row_29_server_with_nothing_but_tls_1_1_is_refused) {
  files.add_many(20, 1000);
  support::sink to{"[]", {"--tls-min", "1.1", "--tls-max", "1.1"}};
  const auto offered =
      support::run(openssl({"s_client", "-connect", to.url().substr(8, to.url().find('/', 8) - 8), "-tls1_1",
                            "-cipher", "DEFAULT@SECLEVEL=0"}));
  ASSERT_THAT(offered.out, HasSubstr("TLSv1.1")) << "the server does not speak it either: " << offered.err;
  const auto o = drain_to(to, {"--retry", "0"});
  EXPECT_THAT(o.code, AnyOf(5, 7)) << o.err;
  EXPECT_EQ(o.count("sent_bytes"), 0u);
  EXPECT_LE(o.count("attempts"), tls_handful);
  expect_kept(o, to);
  EXPECT_EQ(to.stop().at("app_bytes"), 0);
}

// RC4 and 3DES are not even built into Debian's OpenSSL; a CBC suite stands for what is too weak.
TEST_F(faults, row_29_server_with_nothing_but_weak_ciphers_is_refused) {
  files.add_many(20, 1000);
  const certificates made{room / "certificates"};
  auto serving = openssl({"s_server", "-rev", "-accept", "127.0.0.1:0", "-cert", made("good.pem"), "-key",
                          made("leaf.key"), "-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA"});
  support::process server{serving};
  const auto listening = [&] { return server.out().find("ACCEPT 127.0.0.1:") != std::string::npos; };
  ASSERT_TRUE(server.wait_until([&] { return listening() && server.out().ends_with("\n"); })) << server.err();
  const auto begin = server.out().find("127.0.0.1:");
  const auto at = server.out().substr(begin, server.out().find('\n', begin) - begin);
  const auto o =
      run(drain_command("https://" + at + "/upload", {"--cacert", made("ca.pem"), "--retry", "0"}));
  EXPECT_THAT(o.code, AnyOf(5, 7)) << o.err;
  EXPECT_EQ(o.count("sent_bytes"), 0u);
  EXPECT_TRUE(server.wait_until([&] { return server.err().find("no shared cipher") != std::string::npos; }));
  EXPECT_THAT(server.out(), Not(HasSubstr("POST")));
  expect_all_kept();
  expect_clean(o);
}

// The server's no comes after the handshake with TLS 1.3, when a request is on its way.
TEST_F(faults, row_30_refused_client_certificate_is_not_tried_for_every_file) {
  files.add_many(100, 1000);
  const certificates made{room / "certificates"};
  for (const bool shown : {false, true}) {
    support::sink to{"[]",
                     {"--cert", made("good.pem"), "--key", made("leaf.key"), "--client-ca", made("ca.pem"),
                      "--tls-min", "1.3"}};
    arguments options{"--cacert", made("ca.pem")};
    if (shown)
      options.insert(options.end(), {"--cert", made("client-other-ca.pem"), "--key", made("client.key")});
    const auto o = run(drain_command(to.url(), options));
    EXPECT_EQ(o.code, 7) << o.err;
    EXPECT_THAT(o.err, HasSubstr("client certificate"));
    expect_kept(o, to);
    EXPECT_THAT(to.ledger(), IsEmpty());
    EXPECT_LE(to.stop().at("connections").get<std::uint64_t>(), tls_handful);
  }
}

TEST_F(faults, row_31_stalled_and_trickling_handshakes_have_one_deadline) {
  files.add_many(2, 100);
  const std::string record_of_16384 = {"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc\x03\x03", 11};
  support::tcp_peer stalling{[](support::wire& w) { w.rest(60s); }};
  support::tcp_peer trickling{[&](support::wire& w) {
    for (std::size_t i = 0; w.rest(50ms); ++i)  // a record that would take a quarter of an hour
      if (!w.send(i < record_of_16384.size() ? record_of_16384.substr(i, 1) : "x")) break;
  }};
  for (const auto* peer : {&stalling, &trickling}) {
    const auto begun = steady_clock::now();
    const auto o = run(drain_command(peer->url(), {"--connect-timeout", "700ms", "--retry", "0", "-w", "1"}));
    EXPECT_LT(steady_clock::now() - begun, 10s);
    EXPECT_EQ(o.code, 5) << o.err;
    EXPECT_THAT(o.err, HasSubstr("no connection in time (--connect-timeout)"));
    EXPECT_EQ(o.count("sent_bytes"), 0u);
    EXPECT_EQ(peer->connections(), 2u);
    expect_all_kept();
    expect_clean(o);
  }
}

TEST_F(faults, row_31_stalled_handshake_does_not_outlive_the_grace_period) {
  files.add_many(20, 100);
  support::tcp_peer stalling{[](support::wire& w) { w.rest(60s); }};
  support::process p{drain_command(stalling.url(), {"--connect-timeout", "60s", "--grace", "500ms"})};
  ASSERT_TRUE(p.wait_until([&] { return stalling.connections() > 0; })) << p.err();
  const auto o = stopped_by(SIGTERM, p);
  expect_all_kept();
  expect_clean(o);
}

// No server can hold a whole request that was cut before its last byte: each is sent again, with its key.
TEST_F(faults, row_32_reset_within_the_body_is_no_unknown_outcome) {
  files.add("large.bin", std::string(16u << 20, 'x'));
  for (const auto* after : {"0", "1", "300", "16384", "16385", "1000000", "4000000"}) {
    files.add("large.bin", after + std::string(16u << 20, 'x'));
    support::sink to{R"([{"times": 1, "how": "rst", "cut_request_after": )" + std::string{after} + "}]",
                     {"--receive-buffer", "65536"}};
    const auto o = drain_to(to);
    EXPECT_EQ(o.count("attempts"), 2u) << after;
    EXPECT_EQ(o.count("unknown_outcomes"), 0u) << after;
    EXPECT_EQ(keys_of(to).size(), 1u) << after;
    expect_delivered(o, to);
  }
}

// The server may hold the file after the last byte: the outcome is unknown, and the second copy has the first
// one's key.
TEST_F(faults, row_32_reset_after_the_body_is_an_unknown_outcome) {
  files.add_many(10, 100);
  support::sink to{R"([{"times": 1, "reply": "none", "how": "rst"}])"};
  const auto o = drain_to(to);
  EXPECT_EQ(o.count("unknown_outcomes"), 10u);
  EXPECT_LE(o.count("retries"), 10u) << "those on kept connections were tried again at once";
  EXPECT_EQ(keys_of(to).size(), 10u);
  expect_delivered(o, to);
}

// A relay turns one bit of the request over; the server's TLS sees it and ends the session with an alert.
TEST_F(faults, row_32_alert_within_the_body_is_no_unknown_outcome) {
  files.add("large.bin", std::string(16u << 20, 'x'));
  const support::sink to{"[]", {"--receive-buffer", "65536"}};
  std::atomic<unsigned> broken = 0;
  support::tcp_peer relay{[&](support::wire& client) {
    const support::wire server{support::connect_to(std::stoul(to.url().substr(to.url().rfind(':') + 1)))};
    support::pass_on(client, server, broken++ == 0 ? 1'000'000 : support::untouched);
  }};
  const auto o = run(drain_command(relay.url(), {"--cacert", to.ca()}));
  EXPECT_EQ(relay.connections(), 2u);
  EXPECT_EQ(o.count("attempts"), 2u) << o.err;
  EXPECT_EQ(o.count("unknown_outcomes"), 0u);
  EXPECT_EQ(keys_of(to).size(), 1u);
  expect_delivered(o, to);
}

TEST_F(faults, row_33_reply_with_a_length_needs_no_close_notify) {
  files.add_many(20, 100);
  const support::sink to{R"([{"close": true, "no_close_notify": true}])"};
  const auto o = drain_to(to, {"--retry", "0"});
  EXPECT_EQ(o.count("unknown_outcomes"), 0u);
  expect_delivered(o, to);
}

TEST_F(faults, row_33_reply_that_ends_with_the_connection_needs_close_notify) {
  files.add_many(3, 100);
  for (const auto* rule : {R"({"reply": "unframed", "no_close_notify": true})",
                           R"({"reply": "chunked", "cut_reply_after": 110, "no_close_notify": true})"}) {
    const support::sink to{"[" + std::string{rule} + "]"};
    const auto o = drain_to(to, {"--retry", "0"});
    EXPECT_EQ(o.code, 1) << o.err;
    EXPECT_EQ(o.count("unknown_outcomes"), 3u) << rule;
    expect_kept(o, to);
  }
  const support::sink told{R"([{"reply": "unframed"}])"};
  expect_delivered(drain_to(told, {"--retry", "0"}), told);
}

TEST_F(faults, row_33_reply_that_ends_with_the_connection_is_never_success_without_tls) {
  files.add_many(3, 100);
  const support::sink to{R"([{"reply": "unframed"}])", {"--http"}};
  const auto o = drain_to(to, {"--retry", "0"});
  EXPECT_EQ(o.code, 1) << o.err;
  EXPECT_EQ(o.count("unknown_outcomes"), 3u);
  expect_kept(o, to);
}

// Each of these connections is closed by us; waiting two seconds for each answer would take a minute.
TEST_F(faults, row_34_close_notify_that_is_not_answered_is_not_waited_for) {
  files.add_many(30, 100);
  const support::sink to{R"([{"ignore_close_notify": true, "close": true}])"};
  const auto begun = steady_clock::now();
  const auto o = drain_to(to, {"-w", "1"});
  EXPECT_LT(steady_clock::now() - begun, 15s);
  EXPECT_EQ(o.count("connections"), 30u);
  expect_delivered(o, to);
}

TEST_F(faults, row_34_close_notify_that_is_not_answered_does_not_outlive_the_grace_period) {
  files.add_many(20, 100);
  const support::sink to{R"([{"ignore_close_notify": true, "delay_ms": 60000}])"};
  support::process p{drain_command(to, {"-w", "4", "--grace", "500ms"})};
  ASSERT_TRUE(p.wait_until([&] { return to.requests() == 4; })) << p.err();
  const auto o = stopped_by(SIGTERM, p);
  expect_kept(o, to);
}

// A session that was trusted once is no way around the identity of whoever answers at that port later.
TEST_F(faults, row_35_session_of_one_server_opens_no_other) {
  files.add_many(60, 100);
  auto first = std::make_unique<support::sink>("[]", arguments{"--max-requests-per-connection", "1"});
  const auto url = first->url(), port = url.substr(url.rfind(':') + 1, url.rfind('/') - url.rfind(':') - 1);
  support::process p{drain_command(url, {"--cacert", first->ca(), "-w", "1", "--rate", "3"})};
  ASSERT_TRUE(p.wait_until([&] { return first->requests() >= 2; })) << p.err();
  const auto taken = first->stop().at("accepted").get<std::uint64_t>();
  support::sink second{"[]", {"--port", port}};
  const auto o = outcome_of(p);
  EXPECT_EQ(o.code, 7) << o.err;
  EXPECT_LE(o.count("accepted"), taken);
  expect_clean(o, *first);
  EXPECT_GE(second.stop().at("connections"), 1);
  EXPECT_EQ(second.stop().at("app_bytes"), 0);
}

}  // namespace
}  // namespace e2e
