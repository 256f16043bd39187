// Whom files and credentials are given to: no request byte leaves before the server's identity is known.
#include "e2e/e2e.hpp"

#include <chrono>

namespace e2e {
namespace {

using namespace std::chrono_literals;
using testing::AnyOf;
using testing::HasSubstr;
using testing::IsEmpty;

class tls : public test {
 protected:
  tls() {
    const auto made = support::run({.arguments = {"/bin/bash", MAKE_CERTIFICATES, room / "certificates"}});
    if (made.code != 0) throw std::runtime_error("no certificates: " + made.err);
    files.add_many(30, 1000);
  }

  std::string certificate(const std::string& name) const { return room / "certificates" / (name + ".pem"); }
  std::string key(const std::string& name) const { return room / "certificates" / (name + ".key"); }
  std::string pin() const {
    return support::lines_of(support::content_of(room / "certificates/good.pin")).at(0);
  }

  /// Arguments of a sink that shows this certificate.
  arguments showing(const std::string& name) const {
    return {"--cert", certificate(name), "--key", key("leaf")};
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

  void expect_delivered(const outcome& o) const {
    EXPECT_EQ(o.code, 0) << o.err;
    EXPECT_EQ(o.count("deleted"), files.originals().size());
    EXPECT_THAT(files.left(), IsEmpty());
  }
};

struct bad_certificate {
  const char* name;
  const char* reason;
};

class untrusted : public tls, public testing::WithParamInterface<bad_certificate> {};

TEST_P(untrusted, server_gets_no_request_byte) {
  support::sink to{"[]", showing(GetParam().name)};
  const auto o = send_to(to, {"--cacert", certificate("ca")});
  EXPECT_EQ(o.code, 7) << o.err;
  EXPECT_EQ(o.summary.at("reason"), "refused");
  EXPECT_THAT(o.err, HasSubstr(GetParam().reason));
  EXPECT_EQ(o.count("sent_bytes"), 0u);
  EXPECT_LE(o.count("attempts"), 16u) << "one round of the window, not one attempt per file";
  expect_adds_up(o);
  expect_nothing_sent(to);
}

INSTANTIATE_TEST_SUITE_P(tls, untrusted,
                         testing::Values(bad_certificate{"other-ca-signed", "issuer certificate"},
                                         bad_certificate{"self-signed", "self-signed certificate"},
                                         bad_certificate{"chain-cut", "issuer certificate"},
                                         bad_certificate{"expired", "certificate has expired"},
                                         bad_certificate{"not-yet", "certificate is not yet valid"},
                                         bad_certificate{"other-host", "IP address mismatch"},
                                         bad_certificate{"name-only", "IP address mismatch"},
                                         bad_certificate{"client-only", "unsuitable certificate purpose"}),
                         [](const auto& test) {
                           std::string name{test.param.name};
                           for (auto& c : name)
                             if (c == '-') c = '_';
                           return name;
                         });

TEST_F(tls, trusts_the_ca_it_is_given) {
  support::sink to{"[]", showing("good")};
  expect_delivered(send_to(to, {"--cacert", certificate("ca")}));
}

TEST_F(tls, builds_a_chain_the_server_sends) {
  support::sink to{"[]", showing("chain")};
  expect_delivered(send_to(to, {"--cacert", certificate("ca")}));
}

TEST_F(tls, does_not_trust_another_ca) {
  support::sink to{"[]", showing("good")};
  for (const auto& options : {arguments{"--cacert", certificate("other-ca")}, arguments{}}) {
    const auto o = send_to(to, options);
    EXPECT_EQ(o.code, 7) << o.err;
    EXPECT_THAT(o.err, HasSubstr("the server's certificate was not accepted"));
  }
  expect_nothing_sent(to);
}

TEST_F(tls, checks_the_host_name) {
  files.add("by-name", "x");
  support::sink to{"[]", showing("other-host")};
  auto url = to.url();
  url.replace(url.find("127.0.0.1"), 9, "localhost");
  const auto o = run(send_command(url, {"--cacert", certificate("ca"), "--on-success", "delete"}));
  EXPECT_EQ(o.code, 7) << o.err;
  EXPECT_THAT(o.err, HasSubstr("hostname mismatch"));
  expect_nothing_sent(to);
}

TEST_F(tls, takes_a_certificate_for_the_host_name) {
  support::sink to{"[]", showing("good")};
  auto url = to.url();
  url.replace(url.find("127.0.0.1"), 9, "localhost");
  expect_delivered(run(send_command(url, {"--cacert", certificate("ca"), "--on-success", "delete"})));
}

TEST_F(tls, insecure_verifies_nothing_and_says_so_once) {
  support::sink to{"[]", showing("expired")};
  const auto o = send_to(to, {"--insecure"});
  expect_delivered(o);
  const auto warning = o.err.find("warning: --insecure");
  EXPECT_NE(warning, std::string::npos);
  EXPECT_EQ(o.err.find("warning", warning + 10), std::string::npos);
}

TEST_F(tls, pin_that_fits_is_enough_besides_the_chain) {
  support::sink to{"[]", showing("good")};
  expect_delivered(send_to(to, {"--cacert", certificate("ca"), "--pinnedpubkey", pin()}));
}

TEST_F(tls, pin_mismatch_is_a_refusal) {
  support::sink to{"[]", showing("good")};
  auto wrong = pin();
  wrong[10] = wrong[10] == 'A' ? 'B' : 'A';
  for (const auto& options : {arguments{"--cacert", certificate("ca")}, arguments{"--insecure"}}) {
    auto all = options;
    all.insert(all.end(), {"--pinnedpubkey", wrong});
    const auto o = send_to(to, all);
    EXPECT_EQ(o.code, 7) << o.err;
    EXPECT_THAT(o.err, HasSubstr("not the pinned one"));
  }
  expect_nothing_sent(to);
}

TEST_F(tls, pin_does_not_replace_the_chain) {
  support::sink to{"[]", showing("other-ca-signed")};
  EXPECT_EQ(send_to(to, {"--cacert", certificate("ca"), "--pinnedpubkey", pin()}).code, 7);
  expect_nothing_sent(to);
}

TEST_F(tls, has_a_floor_of_1_2) {
  auto shown = showing("good");
  shown.insert(shown.end(), {"--tls-min", "1.1", "--tls-max", "1.1"});
  support::sink to{"[]", shown};
  EXPECT_THAT(send_to(to, {"--cacert", certificate("ca"), "--retry", "0", "--max-files", "2"}).code,
              AnyOf(5, 7));
  expect_nothing_sent(to);
}

TEST_F(tls, works_with_1_2_and_its_floor_can_be_raised) {
  auto shown = showing("good");
  shown.insert(shown.end(), {"--tls-max", "1.2"});
  support::sink to{"[]", shown};
  EXPECT_THAT(
      send_to(to, {"--cacert", certificate("ca"), "--tls-min", "1.3", "--retry", "0", "--max-files", "2"})
          .code,
      AnyOf(5, 7));
  EXPECT_THAT(to.ledger(), IsEmpty());
  expect_all_kept();
  expect_delivered(send_to(to, {"--cacert", certificate("ca")}));
}

class client_certificate : public tls, public testing::WithParamInterface<const char*> {
 protected:
  /// With 1.3 the server's no comes after the handshake, when a request may be on its way.
  arguments asking() const {
    auto all = showing("good");
    all.insert(all.end(), {"--client-ca", certificate("ca"), "--tls-max", GetParam()});
    return all;
  }
};

TEST_P(client_certificate, is_shown) {
  support::sink to{"[]", asking()};
  expect_delivered(
      send_to(to, {"--cacert", certificate("ca"), "--cert", certificate("client"), "--key", key("client")}));
}

TEST_P(client_certificate, refused_or_missing_stops_the_run) {
  support::sink to{"[]", asking()};
  for (const auto& options :
       {arguments{}, arguments{"--cert", certificate("client-other-ca"), "--key", key("client")}}) {
    auto all = options;
    all.insert(all.end(), {"--cacert", certificate("ca")});
    const auto o = send_to(to, all);
    EXPECT_EQ(o.code, 7) << o.err;
    EXPECT_THAT(o.err, HasSubstr("client certificate"));
    EXPECT_LE(o.count("attempts"), 19u);
    expect_all_kept();
  }
  EXPECT_THAT(to.ledger(), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(tls, client_certificate, testing::Values("1.2", "1.3"),
                         [](const auto& test) { return test.param == std::string{"1.2"} ? "v1_2" : "v1_3"; });

TEST_F(tls, stalled_handshake_is_given_up) {
  support::sink to{R"([{"handshake": "stall"}])", showing("good")};
  const auto begun = std::chrono::steady_clock::now();
  const auto o = send_to(
      to, {"--cacert", certificate("ca"), "--connect-timeout", "300ms", "--retry", "0", "--max-files", "2"});
  EXPECT_EQ(o.code, 5) << o.err;
  EXPECT_THAT(o.err, HasSubstr("no connection within the connect timeout"));
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
