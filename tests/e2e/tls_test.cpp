// TLS that is off, late or missing; whom it trusts is certificate_matrix_test.cpp's.
#include "e2e/e2e.hpp"

#include <chrono>

namespace e2e {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;

class tls : public test {
 protected:
  tls() { files.add_many(30, 1000); }

  static std::string certificate(const std::string& name) {
    return std::string{TEST_CERTIFICATES} + "/" + name + ".pem";
  }
  /// Arguments of a sink that shows this certificate.
  static arguments showing(const std::string& name) {
    return {"--cert", certificate(name), "--key", std::string{TEST_CERTIFICATES} + "/leaf.key"};
  }

  outcome send_to(const support::sink& to, const arguments& more) const {
    arguments all{"--on-success", "delete", "-H", "Authorization: Bearer canary"};
    all.insert(all.end(), more.begin(), more.end());
    return run(send_command(to.url(), all));
  }

  void expect_nothing_sent(support::sink& to) const {
    expect_all_kept();
    EXPECT_THAT(to.ledger(), IsEmpty());
    EXPECT_EQ(to.stop().at("app_bytes"), 0);
  }
};

// The identity is the endpoint's, not a file's.
TEST_F(tls, identity_that_fails_costs_one_round_of_the_window) {
  support::sink to{"[]", showing("expired")};
  const auto o = send_to(to, {"--cacert", certificate("ca")});
  EXPECT_EQ(o.code, 7) << o.err;
  EXPECT_EQ(o.summary.at("reason"), "refused");
  EXPECT_EQ(o.count("sent_bytes"), 0u);
  EXPECT_LE(o.count("attempts"), 16u) << "not one attempt per file";
  expect_adds_up(o);
  expect_nothing_sent(to);
}

TEST_F(tls, client_certificate_that_is_refused_costs_one_round_of_the_window) {
  for (const auto* version : {"1.2", "1.3"}) {
    auto asking = showing("good");
    asking.insert(asking.end(), {"--client-ca", certificate("ca"), "--tls-max", version});
    support::sink to{"[]", asking};
    const auto o = send_to(to, {"--cacert", certificate("ca")});
    EXPECT_EQ(o.code, 7) << o.err;
    EXPECT_LE(o.count("attempts"), 19u);
    expect_nothing_sent(to);
  }
}

TEST_F(tls, insecure_verifies_nothing_and_says_so_once) {
  support::sink to{"[]", showing("expired")};
  const auto o = send_to(to, {"--insecure"});
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_THAT(files.left(), IsEmpty());
  const auto warning = o.err.find("warning: --insecure");
  EXPECT_NE(warning, std::string::npos);
  EXPECT_EQ(o.err.find("warning", warning + 10), std::string::npos);
}

TEST_F(tls, stalled_handshake_is_given_up) {
  support::sink to{R"([{"handshake": "stall"}])", showing("good")};
  const auto begun = std::chrono::steady_clock::now();
  const auto o = send_to(
      to, {"--cacert", certificate("ca"), "--connect-timeout", "300ms", "--retry", "0", "--max-files", "2"});
  EXPECT_EQ(o.code, 5) << o.err;
  EXPECT_THAT(o.err, HasSubstr("no connection in time (--connect-timeout)"));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 5s);
  expect_nothing_sent(to);
}

TEST_F(tls, failed_handshake_is_no_connection) {
  support::sink to{R"([{"handshake": "fail"}])", showing("good")};
  const auto o = send_to(to, {"--cacert", certificate("ca"), "--retry", "0", "--max-files", "2"});
  EXPECT_EQ(o.code, 5) << o.err;
  expect_nothing_sent(to);
}

TEST_F(tls, server_without_tls_gets_nothing) {
  support::sink to{"[]", {"--http"}};
  auto url = to.url();
  url.insert(4, "s");
  const auto o = run(
      send_command(url, {"-k", "--retry", "0", "--max-files", "2", "-H", "Authorization: Bearer canary"}));
  EXPECT_EQ(o.code, 5) << o.err;
  EXPECT_EQ(o.count("accepted"), 0u);
  expect_all_kept();
}

}  // namespace
}  // namespace e2e
