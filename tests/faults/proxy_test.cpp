// Rows 25 to 27 through a proxy: it has names and addresses of its own, and it may be the one that is away.
#include "faults/faults.hpp"
#include "faults/name_server.hpp"
#include "faults/peers.hpp"

#include <chrono>

namespace e2e {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using support::dns_answer;
using support::dns_server;
using support::proxy_beside;
using support::with_file_at;
using testing::HasSubstr;
using speaks = support::forward_proxy::speaks;

constexpr const char* unknown_endpoint = "https://sink.sluice.example/upload";
constexpr const char* name_servers_file = "/etc/resolv.conf";
const std::string socks_no_host{"\x05\x04\0\x01\0\0\0\0\0\0", 10};
const std::string http_no_host = "HTTP/1.1 503 Service Unavailable\r\n\r\n";

/// CONNECT, and SOCKS 5 with the names left to the proxy.
class through_proxy : public faults, public testing::WithParamInterface<speaks> {
 protected:
  through_proxy() { by_.start(); }
  static std::string scheme() { return GetParam() == speaks::http ? "http://" : "socks5h://"; }
  support::command through(const std::string& proxy, const std::string& url,
                           const arguments& more = {}) const {
    arguments all{"-x", proxy};
    all.insert(all.end(), more.begin(), more.end());
    return drain_command(url, all);
  }
  /// The run reaches nobody, and that says nothing of the files.
  void expect_unreachable(const outcome& o, const char* says) {
    EXPECT_EQ(o.code, 5) << o.err;
    EXPECT_EQ(o.summary.at("reason"), "unreachable");
    EXPECT_LE(o.count("attempts"), 3u + 16u + 5u);
    EXPECT_EQ(o.count("sent_bytes"), 0u);
    EXPECT_THAT(o.err, HasSubstr(says));
    expect_all_kept();
    expect_clean(o);
  }

  proxy_beside by_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(, through_proxy, testing::Values(speaks::http, speaks::socks5), [](const auto& p) {
  return std::string{p.param == speaks::http ? "connect" : "socks5"};
});

TEST_P(through_proxy, row_25_name_that_the_proxy_does_not_know_is_asked_of_nobody_else) {
  if (const auto why = support::cannot_put_files(); !why.empty()) GTEST_SKIP() << why;
  files.add_many(100, 100);
  by_.proxy.answer = GetParam() == speaks::http ? http_no_host : socks_no_host;
  const dns_server dns{dns_answer::no_such_name};
  const auto o = run(with_file_at(through(scheme() + by_.proxy.where(), unknown_endpoint), name_servers_file,
                                  written("conf", dns.text())));
  expect_unreachable(o, "the proxy cannot reach the endpoint");
  EXPECT_EQ(dns.queries(), 0u);
}

TEST_P(through_proxy, row_25_proxy_that_has_no_address_is_unreachable) {
  if (const auto why = support::cannot_put_files(); !why.empty()) GTEST_SKIP() << why;
  files.add_many(100, 100);
  for (const auto says : {dns_answer::no_such_name, dns_answer::failure}) {
    const dns_server dns{says};
    const auto o = run(with_file_at(through(scheme() + "proxy.sluice.example:3128", unknown_endpoint),
                                    name_servers_file, written("conf", dns.text())));
    expect_unreachable(o, "the proxy cannot be reached");
    EXPECT_THAT(o.err, HasSubstr("DNS"));
    EXPECT_TRUE(dns.names().contains("proxy.sluice.example"));
    EXPECT_FALSE(dns.names().contains("sink.sluice.example"));
  }
}

TEST_P(through_proxy, row_25_silent_name_server_of_the_proxys_name_is_given_up_at_the_connect_deadline) {
  if (const auto why = support::cannot_put_files(); !why.empty()) GTEST_SKIP() << why;
  files.add_many(2, 100);
  const dns_server dns{dns_answer::silence};
  const auto begun = steady_clock::now();
  const auto o = run(with_file_at(through(scheme() + "proxy.sluice.example:3128", unknown_endpoint,
                                          {"--connect-timeout", "500ms", "--retry", "0"}),
                                  name_servers_file, written("conf", dns.text())));
  EXPECT_LT(steady_clock::now() - begun, 5s);
  expect_unreachable(o, "no connection in time (--connect-timeout)");
}

TEST_P(through_proxy, row_26_dead_address_of_the_proxy_is_overtaken) {
  if (const auto why = support::cannot_put_files(); !why.empty()) GTEST_SKIP() << why;
  files.add_many(3, 100);
  const support::full_port dead{"::1", by_.proxy.port()};
  const support::sink to;
  const auto begun = steady_clock::now();
  const auto o =
      run(with_file_at(through(scheme() + "localhost:" + std::to_string(by_.proxy.port()), to.url(),
                               {"--cacert", to.ca(), "-w", "1", "--retry", "0", "--connect-timeout", "20s"}),
                       "/etc/hosts", written("hosts", "::1 localhost\n127.0.0.1 localhost\n")));
  EXPECT_GE(steady_clock::now() - begun, 240ms) << "the dead address had no head start: it was not tried";
  EXPECT_LT(steady_clock::now() - begun, 10s);
  EXPECT_EQ(o.count("connections"), 1u);
  expect_delivered(o, to);
}

TEST_P(through_proxy, row_27_proxy_that_is_not_there_ends_the_run) {
  files.add_many(200, 100);
  const support::closed_port nobody;
  const auto o = run(through(scheme() + "127.0.0.1:" + std::to_string(nobody.port()), unknown_endpoint));
  expect_unreachable(o, "the proxy cannot be reached");
  EXPECT_EQ(o.count("connections"), 0u);
}

TEST_P(through_proxy, row_27_proxy_that_does_not_answer_ends_the_run) {
  files.add_many(200, 100);
  by_.proxy.is_silent = true;
  by_.proxy.of_host["sink.sluice.example"] = "";
  const support::full_port full;
  for (const auto& where : {by_.proxy.where(), "127.0.0.1:" + std::to_string(full.port())}) {
    const auto o = run(through(scheme() + where, unknown_endpoint, {"--connect-timeout", "300ms"}));
    expect_unreachable(o, "no connection in time (--connect-timeout)");
    EXPECT_THAT(o.err, HasSubstr("no answer of the proxy"));
  }
}

TEST_P(through_proxy, row_27_proxy_that_hangs_up_ends_the_run) {
  files.add_many(200, 100);
  support::tcp_peer nobody{[](support::wire& w) { w.receive(); }};
  const auto where = nobody.url().substr(8, nobody.url().find('/', 8) - 8);
  const auto o = run(through(scheme() + where, unknown_endpoint));
  expect_unreachable(o, "the proxy gave no answer as a proxy gives it");
}

// Where we look up the name, the proxy is told one address after the other.
TEST_F(faults, row_26_address_that_a_socks_proxy_does_not_reach_is_passed_over) {
  files.add_many(3, 100);
  proxy_beside by{speaks::socks5};
  by.proxy.of_host["192.0.2.1"] = std::string{"\x05\x05\0\x01\0\0\0\0\0\0", 10};
  by.start();
  const support::sink to;
  const auto port = to.url().substr(to.url().rfind(':') + 1, to.url().rfind('/') - to.url().rfind(':') - 1);
  const auto o = run(drain_command(
      "https://localhost:" + port + "/upload",
      {"-x", "socks5://" + by.proxy.where(), "--resolve", "localhost:" + port + ":192.0.2.1,127.0.0.1",
       "--cacert", to.ca(), "-w", "1", "--retry", "0"}));
  by.stop();
  expect_delivered(o, to);
  ASSERT_EQ(by.proxy.questions.size(), 2u);
  EXPECT_EQ(by.proxy.questions[0], "192.0.2.1:" + port);
  EXPECT_EQ(by.proxy.questions[1], "127.0.0.1:" + port);
}

}  // namespace
}  // namespace e2e
