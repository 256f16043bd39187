// Rows 25 to 27: no name, no way, no answer. Trouble of the endpoint costs few attempts, and no file.
#include "faults/faults.hpp"
#include "faults/name_server.hpp"
#include "faults/peers.hpp"

#include <chrono>
#include <csignal>

namespace e2e {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using support::dns_answer;
using support::dns_server;
using support::with_file_at;
using testing::HasSubstr;

/// The streak that opens the breaker, what was in flight, the probes.
constexpr std::uint64_t handful = 3 + 16 + 5;

constexpr const char* unknown = "https://sink.sluice.example/upload";
constexpr const char* resolv_conf = "/etc/resolv.conf";

/// The run has found that there is no endpoint, and that says nothing of the files.
void expect_unreachable(const outcome& o) {
  EXPECT_EQ(o.code, 5) << o.err;
  EXPECT_EQ(o.summary.at("reason"), "unreachable");
  EXPECT_LE(o.count("attempts"), handful);
  EXPECT_EQ(o.count("sent_bytes"), 0u);
}

class name_server_says_no : public faults {
 protected:
  void expect_a_handful_of_queries(dns_answer says) {
    if (const auto why = support::cannot_put_files(); !why.empty()) GTEST_SKIP() << why;
    files.add_many(100, 100);
    const dns_server dns{says};
    const auto o = run(with_file_at(drain_command(unknown), resolv_conf, written("conf", dns.text())));
    expect_unreachable(o);
    EXPECT_THAT(o.err, HasSubstr("DNS"));
    EXPECT_GE(dns.queries(), 1u);
    EXPECT_LE(dns.queries(), handful * 2 * 3) << "of each attempt: A and AAAA, three times each";
    expect_all_kept();
    expect_clean(o);
  }
};

TEST_F(name_server_says_no, row_25_no_such_name_costs_a_handful_of_queries) {
  expect_a_handful_of_queries(dns_answer::no_such_name);
}

TEST_F(name_server_says_no, row_25_failing_name_server_costs_a_handful_of_queries) {
  expect_a_handful_of_queries(dns_answer::failure);
}

TEST_F(faults, row_25_silent_name_server_is_given_up_at_the_connect_deadline) {
  if (const auto why = support::cannot_put_files(); !why.empty()) GTEST_SKIP() << why;
  files.add_many(2, 100);
  const dns_server dns{dns_answer::silence};
  const auto begun = steady_clock::now();
  const auto o = run(with_file_at(drain_command(unknown, {"--connect-timeout", "500ms", "--retry", "0"}),
                                  resolv_conf, written("conf", dns.text())));
  EXPECT_LT(steady_clock::now() - begun, 5s) << "the resolver's own patience is 6 s and more";
  expect_unreachable(o);
  EXPECT_THAT(o.err, HasSubstr("no connection in time (--connect-timeout)"));
  EXPECT_GE(dns.queries(), 1u);
  expect_all_kept();
  expect_clean(o);
}

TEST_F(faults, row_25_hanging_lookup_does_not_outlive_the_grace_period) {
  if (const auto why = support::cannot_put_files(); !why.empty()) GTEST_SKIP() << why;
  files.add_many(20, 100);
  const dns_server dns{dns_answer::silence};
  support::process p{with_file_at(drain_command(unknown, {"--connect-timeout", "60s", "--grace", "500ms"}),
                                  resolv_conf, written("conf", dns.text()))};
  ASSERT_TRUE(p.wait_until([&] { return dns.queries() > 0; })) << p.err();
  const auto o = stopped_by(SIGTERM, p);
  expect_all_kept();
  expect_clean(o);
}

// A broken IPv6 costs a quarter of a second, not a connect timeout.
TEST_F(faults, row_26_dead_ipv6_is_overtaken_by_ipv4) {
  if (const auto why = support::cannot_put_files(); !why.empty()) GTEST_SKIP() << why;
  files.add_many(3, 100);
  const support::closed_port free;
  const support::full_port dead{"::1", free.port()};
  const auto port = std::to_string(dead.port());
  const support::sink to{"[]", {"--port", port}};
  const auto begun = steady_clock::now();
  const auto o = run(with_file_at(
      drain_command("https://localhost:" + port + "/upload",
                    {"--cacert", to.ca(), "-w", "1", "--retry", "0", "--connect-timeout", "20s"}),
      "/etc/hosts", written("hosts", "::1 localhost\n127.0.0.1 localhost\n")));
  EXPECT_GE(steady_clock::now() - begun, 240ms) << "the dead address had no head start: it was not tried";
  EXPECT_LT(steady_clock::now() - begun, 10s);
  EXPECT_EQ(o.count("connections"), 1u);
  expect_delivered(o, to);
}

TEST_F(faults, row_27_refused_connections_end_the_run) {
  files.add_many(200, 100);
  const support::closed_port nobody;
  const auto begun = steady_clock::now();
  const auto o = run(drain_command("https://127.0.0.1:" + std::to_string(nobody.port()) + "/upload"));
  EXPECT_LT(steady_clock::now() - begun, 20s);
  expect_unreachable(o);
  EXPECT_THAT(o.err,
              HasSubstr(is_through_proxy() ? "the proxy cannot reach the endpoint" : "Connection refused"));
  if (!is_through_proxy()) {
    EXPECT_EQ(o.count("connections"), 0u);
  }
  expect_all_kept();
  expect_clean(o);
}

TEST_F(faults, row_27_single_file_finds_it_unreachable_at_once) {
  files.add("a", "x");
  const support::closed_port nobody;
  const auto o =
      run(drain_command("https://127.0.0.1:" + std::to_string(nobody.port()) + "/upload", {"--retry", "0"}));
  expect_unreachable(o);
  EXPECT_EQ(o.count("attempts"), 1u);
  expect_all_kept();
  expect_clean(o);
}

// A black hole and a full backlog look alike: the SYN is dropped.
TEST_F(faults, row_27_unanswered_connections_end_the_run) {
  files.add_many(200, 100);
  const support::full_port nobody;
  const auto o = run(drain_command("https://127.0.0.1:" + std::to_string(nobody.port()) + "/upload",
                                   {"--connect-timeout", "300ms"}));
  expect_unreachable(o);
  EXPECT_THAT(o.err, HasSubstr("no connection in time (--connect-timeout)"));
  if (!is_through_proxy()) {
    EXPECT_EQ(o.count("connections"), 0u);
  }
  expect_all_kept();
  expect_clean(o);
}

TEST_F(faults, row_27_connections_nobody_serves_end_the_run) {
  files.add_many(200, 100);
  support::tcp_peer hoarder{[](support::wire& w) { w.rest(60s); }};
  const auto o = run(drain_command(hoarder.url(), {"--connect-timeout", "300ms"}));
  expect_unreachable(o);
  EXPECT_THAT(o.err, HasSubstr("no connection in time (--connect-timeout)"));
  EXPECT_LE(hoarder.connections(), handful);
  expect_all_kept();
  expect_clean(o);
}

// A load balancer with nobody behind it accepts, and closes. It was taken for a busy endpoint, which 100
// attempts may find so before anything is done about it.
TEST_F(faults, row_27_connections_closed_in_the_handshake_end_the_run) {
  files.add_many(200, 100);
  for (const bool reset : {false, true}) {
    support::tcp_peer nobody{[&](support::wire& w) {
      w.receive();
      if (reset) w.reset();
    }};
    const auto o = run(drain_command(nobody.url()));
    expect_unreachable(o);
    EXPECT_THAT(o.err, HasSubstr("the connection ended in the handshake"));
    EXPECT_LE(nobody.connections(), handful);
    expect_all_kept();
    expect_clean(o);
  }
}

TEST_F(faults, row_27_run_goes_on_when_the_endpoint_is_back) {
  files.add_many(60, 100);
  const support::closed_port nobody_yet;
  const auto port = std::to_string(nobody_yet.port());
  support::process p{drain_command("https://127.0.0.1:" + port + "/upload",
                                   {"-k", "-w", "4", "--progress", "line", "--stats", "10ms"})};
  ASSERT_TRUE(p.wait_until([&] { return p.err().find("to retry") != std::string::npos; })) << p.err();
  const support::sink to{"[]", {"--port", port}};
  expect_delivered(outcome_of(p), to);
}

}  // namespace
}  // namespace e2e
