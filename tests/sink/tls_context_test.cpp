#include "sink/certificate.hpp"
#include "sink/endpoint.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace sink {
namespace {

using testing::EndsWith;

void use_tls(options& o) { o.http = false; }

TEST(tls_context, carries_requests_and_ends_with_close_notify) {
  endpoint e{"", use_tls};
  client c{e};
  ASSERT_TRUE(c.handshake());
  c.send(upload("a", std::string(1'000'000, 'x')));
  EXPECT_THAT(c.reply(), EndsWith("\"size\":1000000}"));
  c.send(upload("b", "", "Connection: close\r\n"));
  EXPECT_THAT(c.rest(), EndsWith("\"size\":0}"));
  EXPECT_TRUE(c.got_close_notify());
  e.stop();
  EXPECT_EQ(e.count().handshakes, 1u);
  EXPECT_GT(e.count().app_bytes, 1'000'000u);
}

TEST(tls_context, ends_without_close_notify_when_told_to) {
  endpoint e{R"({"close":true,"no_close_notify":true})", use_tls};
  client c{e};
  ASSERT_TRUE(c.handshake());
  c.send(upload("a", "1"));
  EXPECT_THAT(c.rest(), EndsWith("\"size\":1}"));
  EXPECT_FALSE(c.got_close_notify());
}

TEST(tls_context, answers_close_notify_unless_told_not_to) {
  for (const bool ignore : {false, true}) {
    endpoint e{ignore ? R"({"ignore_close_notify":true})" : "{}", use_tls};
    client c{e};
    ASSERT_TRUE(c.handshake());
    c.send(upload("a", "1"));
    c.reply();
    c.send_close_notify();
    EXPECT_EQ(c.within(milliseconds{150}), "");
    EXPECT_EQ(c.got_close_notify(), !ignore);
  }
}

TEST(tls_context, stalls_or_fails_the_handshake_of_the_connection_the_rule_names) {
  endpoint e{R"({"match":{"conn":1},"handshake":"fail"},{"match":{"conn":2},"handshake":"stall"})", use_tls};
  client failed{e}, stalled{e}, served{e};
  EXPECT_FALSE(failed.handshake());
  ASSERT_TRUE(served.handshake());
  served.send(upload("a", "1"));
  EXPECT_THAT(served.reply(), EndsWith("\"size\":1}"));
  EXPECT_EQ(e.stop().size(), 1u);
  EXPECT_EQ(e.count().connections, 3u);
  EXPECT_EQ(e.count().handshakes, 1u);
}

TEST(tls_context, refuses_a_client_without_a_certificate_when_it_must) {
  static std::string ca;
  scratch dir;
  ca = dir / "ca.pem";
  std::ofstream{ca} << make_certificate().ca_pem;
  endpoint e{"", [](options& o) {
               use_tls(o);
               o.client_ca_file = ca;
               o.tls_max = tls_version::v1_2;
             }};
  client c{e};
  EXPECT_FALSE(c.handshake());
}

TEST(tls_context, keeps_to_its_versions) {
  const auto version = [](void (*change)(options&)) {
    endpoint e{"", change};
    client c{e};
    return c.handshake();
  };
  EXPECT_TRUE(version([](options& o) {
    use_tls(o);
    o.tls_max = tls_version::v1_2;
  }));
  EXPECT_FALSE(version([](options& o) {
    use_tls(o);
    o.tls_max = tls_version::v1_1;
  })) << "OpenSSL's clients have a floor of 1.2";
}

TEST(tls_context, says_which_file_does_not_serve) {
  const auto problem = [](options o) {
    std::string ca;
    try {
      make_tls_context(o, ca);
    } catch (const usage_error& e) {
      return std::string{e.what()};
    }
    return std::string{};
  };
  options o;
  o.client_ca_file = "/nowhere";
  EXPECT_THAT(problem(o), testing::HasSubstr("--client-ca /nowhere"));
  o.cert_file = o.key_file = "/nowhere";
  EXPECT_THAT(problem(o), testing::HasSubstr("--cert /nowhere"));
}

}  // namespace
}  // namespace sink
