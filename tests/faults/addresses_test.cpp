// Rows 91 and 92: a host with several addresses, where not each leads to a server that is well, and a share
// for each.
#include "faults/faults.hpp"
#include "faults/peers.hpp"

#include <chrono>
#include <functional>

namespace e2e {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using support::with_file_at;
using testing::HasSubstr;

/// A good server at 127.0.0.1, and a bad one at 127.0.0.2, which comes first.
class several_addresses : public faults {
 protected:
  void SetUp() override {
    if (const auto why = support::cannot_put_files(); !why.empty()) GTEST_SKIP() << why;
  }
  static std::string port_of(const support::sink& to) {
    const auto from = to.url().find(':', 8) + 1;
    return to.url().substr(from, to.url().find('/', from) - from);
  }
  static unsigned number_of(const std::string& port) { return static_cast<unsigned>(std::stoul(port)); }
  outcome drain_by_name(const std::string& port, const arguments& more,
                        const std::string& hosts = both) const {
    return run(with_file_at(drain_command("https://localhost:" + port + "/upload", more), "/etc/hosts",
                            written("hosts", hosts)));
  }
  /// The bad one costs no attempt and no file, and is not asked again and again.
  void expect_fallback(const std::function<void(support::wire&)>& serve, const arguments& more = {}) {
    files.add_many(20, 100);
    const support::sink to{"[]", {"--max-requests-per-connection", "1"}};
    support::tcp_peer bad{serve, "127.0.0.2", number_of(port_of(to))};
    arguments all{"--cacert", to.ca(), "-w", "2", "--retry", "0"};
    all.insert(all.end(), more.begin(), more.end());
    const auto begun = steady_clock::now();
    const auto o = drain_by_name(port_of(to), all);
    EXPECT_LT(steady_clock::now() - begun, 4s);
    EXPECT_EQ(o.count("attempts"), 20u) << o.err;
    EXPECT_GE(bad.connections(), 1u);
    EXPECT_GE(o.count("connections"), 20u);
    EXPECT_LE(bad.connections(), 2u) << "each of the two lanes asked it at most once";
    expect_delivered(o, to);
  }
  static constexpr const char* both = "127.0.0.2 localhost\n127.0.0.1 localhost\n";
};

TEST_F(several_addresses, row_91_one_that_resets_the_handshake_is_passed_over) {
  expect_fallback([](support::wire& w) {
    w.receive();
    w.reset();
  });
}

TEST_F(several_addresses, row_91_one_that_closes_at_once_is_passed_over) {
  expect_fallback([](support::wire& w) { w.finish(); });
}

TEST_F(several_addresses, row_91_one_that_speaks_no_tls_is_passed_over) {
  expect_fallback([](support::wire& w) {
    w.receive();
    w.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
  });
}

TEST_F(several_addresses, row_91_one_that_stalls_in_the_handshake_has_half_of_the_time) {
  const auto begun = steady_clock::now();
  expect_fallback([](support::wire& w) { w.rest(60s); }, {"--connect-timeout", "2s"});
  EXPECT_GE(steady_clock::now() - begun, 900ms);
}

TEST_F(several_addresses, row_91_one_with_the_certificate_of_another_gets_no_byte) {
  files.add_many(20, 100);
  const support::sink to;
  support::sink bad{"[]", {"--host", "127.0.0.2", "--port", port_of(to)}};
  const auto o = drain_by_name(port_of(to), {"--cacert", to.ca(), "-w", "2", "--retry", "0"});
  EXPECT_EQ(o.count("attempts"), 20u) << o.err;
  expect_delivered(o, to);
  EXPECT_EQ(bad.stop().at("app_bytes"), 0);
}

// An endpoint that is somebody else is worth more words than one that is not there.
TEST_F(several_addresses, row_91_when_all_fail_the_foreign_certificate_is_told) {
  files.add("a", "x");
  const support::sink trusted;
  const support::closed_port nobody;
  const auto port = std::to_string(nobody.port());
  const support::sink bad{"[]", {"--host", "127.0.0.2", "--port", port}};
  const auto o = drain_by_name(port, {"--cacert", trusted.ca(), "--retry", "0"});
  EXPECT_EQ(o.code, 7) << o.err;
  EXPECT_THAT(o.err, HasSubstr("the server's certificate was not accepted"));
  expect_all_kept();
}

TEST_F(several_addresses, row_91_foreign_certificate_is_told_before_a_later_reset) {
  files.add("a", "x");
  const support::sink trusted;
  support::tcp_peer resets{[](support::wire& w) { w.reset(); }};
  const auto url = resets.url();
  const auto port = url.substr(url.rfind(':') + 1, url.rfind('/') - url.rfind(':') - 1);
  const support::sink bad{"[]", {"--host", "127.0.0.2", "--port", port}};
  const auto o = drain_by_name(port, {"--cacert", trusted.ca(), "--retry", "0"});
  EXPECT_EQ(o.code, 7) << o.err;
  EXPECT_THAT(o.err, HasSubstr("the server's certificate was not accepted"));
  EXPECT_EQ(resets.connections(), 1u);
  expect_all_kept();
}

TEST_F(several_addresses, row_91_when_all_fail_alike_the_last_error_is_told) {
  files.add("a", "x");
  const support::closed_port nobody;
  const auto o = drain_by_name(std::to_string(nobody.port()), {"--retry", "0"});
  EXPECT_EQ(o.code, 5) << o.err;
  EXPECT_THAT(o.err, HasSubstr("Connection refused"));
  expect_all_kept();
}

/// Servers at 127.0.0.1, 127.0.0.2 and 127.0.0.3, at one port.
class three_servers : public several_addresses {
 protected:
  static constexpr const char* slow = R"([{"delay_ms": 40}])";
  static constexpr const char* three = "127.0.0.1 localhost\n127.0.0.2 localhost\n127.0.0.3 localhost\n";
  outcome drain_to_three(arguments more) const {
    more.insert(more.end(), {"-k", "-w", "9", "--retry", "0"});
    return drain_by_name(port, more, three);
  }
  void expect_all_delivered(const outcome& o) {
    auto all = first.ledger();
    for (const auto* other : {&second, &third}) {
      const auto more = other->ledger();
      all.insert(all.end(), more.begin(), more.end());
    }
    EXPECT_EQ(o.code, 0) << o.err;
    EXPECT_EQ(files.left(), support::listing{});
    expect_clean(o, all);
  }

  support::sink first{slow};
  const std::string port = port_of(first);
  support::sink second{slow, {"--host", "127.0.0.2", "--port", port}};
  support::sink third{slow, {"--host", "127.0.0.3", "--port", port}};
};

TEST_F(three_servers, row_92_spread_gives_each_its_share) {
  files.add_many(90, 100);
  const auto o = drain_to_three({"--spread"});
  EXPECT_EQ(o.count("connections"), 9u);
  expect_all_delivered(o);
  for (auto* server : {&first, &second, &third}) EXPECT_EQ(server->stop().at("connections"), 3);
}

TEST_F(three_servers, row_92_without_spread_the_first_has_all) {
  files.add_many(90, 100);
  const auto o = drain_to_three({});
  expect_all_delivered(o);
  EXPECT_EQ(first.stop().at("connections"), 9);
}

TEST_F(three_servers, row_92_share_of_one_that_is_gone_goes_to_the_others) {
  files.add_many(90, 100);
  second.stop();
  const auto o = drain_to_three({"--spread"});
  expect_all_delivered(o);
  const int a = first.stop().at("connections"), c = third.stop().at("connections");
  EXPECT_EQ(a + c, 9);
  EXPECT_GE(a, 3);
  EXPECT_GE(c, 3);
}

}  // namespace
}  // namespace e2e
