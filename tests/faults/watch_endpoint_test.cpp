// Rows 25 to 51 in watch mode. What ends a single run (exit codes 5 and 7) never ends a watch: it looks now
// and then, no file is blamed, and all is delivered once the endpoint is well.
#include "faults/name_server.hpp"
#include "faults/peers.hpp"
#include "faults/watched.hpp"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>

namespace e2e {
namespace {

namespace fs = std::filesystem;
using testing::AnyOf;
using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Le;
using testing::SizeIs;

/// The streak that opens the breaker, and what was in flight.
constexpr std::uint64_t handful = 3 + 16;

class endpoint_is_ill : public watched {
 protected:
  /// The watch has found out, and asks less and less often: four probes are some seconds' worth.
  void expect_down(support::process& p, const std::string& state = "unreachable") const {
    ASSERT_TRUE(ready(p)) << p.err();
    ASSERT_TRUE(p.wait_until([&] { return status().value("state", "") == state; })) << status();
    const auto before = status().at("attempts").get<std::uint64_t>();
    EXPECT_LE(before, handful + 8);
    EXPECT_TRUE(p.wait_until([&] { return status().value("attempts", 0u) > before; })) << "it looks again";
    EXPECT_EQ(status().at("deferred"), 0) << "no file is to blame";
    expect_all_kept();
  }
  static support::sink sink_at(unsigned port, const std::string& rules = "[]", arguments more = {}) {
    more.insert(more.end(), {"--port", std::to_string(port)});
    return support::sink{rules, more};
  }
  static std::string url_at(unsigned port, const std::string& host = "127.0.0.1") {
    return "https://" + host + ":" + std::to_string(port) + "/upload";
  }
};

TEST_F(endpoint_is_ill, row_25_in_watch_mode_name_that_is_not_known_is_asked_for_again) {
  if (const auto why = support::cannot_put_files(); !why.empty()) GTEST_SKIP() << why;
  files.add_many(100, 100);
  const support::dns_server dns{support::dns_answer::no_such_name};
  const support::closed_port later;
  const auto hosts = written("hosts", "127.0.0.1 localhost\n");
  const auto c = following(url_at(later.port(), "sink.sluice.example"), {"-k"});
  support::process p{
      with_file_at(with_file_at(c, "/etc/hosts", hosts), "/etc/resolv.conf", written("conf", dns.text()))};
  expect_down(p);
  EXPECT_LE(dns.queries(), (handful + 10) * 2 * 3) << "of each attempt: A and AAAA, three times each";
  const auto to = sink_at(later.port());
  written("hosts", "127.0.0.1 localhost sink.sluice.example\n");
  expect_delivered_at_last(p, to);
}

TEST_F(endpoint_is_ill, row_27_in_watch_mode_it_waits_until_somebody_listens) {
  files.add_many(200, 100);
  const support::closed_port later;
  support::process p{following(url_at(later.port()), {"-k"})};
  expect_down(p);
  files.add("meanwhile", "1");
  const auto to = sink_at(later.port());
  expect_delivered_at_last(p, to);
}

TEST_F(endpoint_is_ill, row_27_in_watch_mode_it_waits_until_somebody_answers) {
  files.add_many(200, 100);
  std::optional<support::full_port> nobody{std::in_place};
  const auto port = nobody->port();
  support::process p{following(url_at(port), {"-k", "--connect-timeout", "300ms"})};
  expect_down(p);
  nobody.reset();
  const auto to = sink_at(port);
  expect_delivered_at_last(p, to);
}

// The endpoint dies in the midst of work, and comes back on the same port.
TEST_F(endpoint_is_ill, row_27_in_watch_mode_endpoint_that_dies_and_comes_back_gets_everything) {
  std::optional<support::sink> to{std::in_place, R"([{"delay_ms": 20}])"};
  support::process p{following(to->url(), {"-k", "-w", "8"})};
  files.add_many(300, 1000);
  ASSERT_TRUE(p.wait_until([&] { return to->requests() > 20; })) << p.err();
  to->stop();
  const auto first = to->ledger();
  const auto at = to->url().rfind(':') + 1;
  const auto port = static_cast<unsigned>(std::stoul(to->url().substr(at)));
  to.reset();
  ASSERT_TRUE(p.wait_until([&] { return status().value("state", "") == "unreachable"; })) << status();
  const auto again = sink_at(port);
  ASSERT_TRUE(all_gone(p)) << p.err();
  const auto o = drained(p);
  EXPECT_EQ(o.count("deferred"), 0u);
  auto ledger = again.ledger();
  ledger.insert(ledger.end(), first.begin(), first.end());
  expect_clean(o, ledger);
}

// Not one byte for the wrong one; the right one need only take its place.
TEST_F(endpoint_is_ill, row_28_in_watch_mode_server_of_another_ca_gets_no_byte_and_the_right_one_all) {
  files.add_many(50, 100);
  const std::string certificates = TEST_CERTIFICATES;
  const support::closed_port place;
  auto wrong = std::make_unique<support::sink>("[]", arguments{"--port", std::to_string(place.port())});
  support::process p{following(wrong->url(), {"--cacert", certificates + "/ca.pem"})};
  expect_down(p, "refused");
  EXPECT_EQ(wrong->stop().at("app_bytes"), 0);
  wrong.reset();
  const auto right = sink_at(place.port(), "[]",
                             {"--cert", certificates + "/good.pem", "--key", certificates + "/leaf.key"});
  expect_delivered_at_last(p, right);
}

// The same from the other side: the operator gives the CA that was missing.
TEST_F(endpoint_is_ill, row_28_in_watch_mode_ca_that_a_reload_brings_is_believed) {
  files.add_many(50, 100);
  const support::sink to;
  fs::copy_file(std::string{TEST_CERTIFICATES} + "/ca.pem", room / "trusted");
  support::process p{following(to.url(), {"--cacert", room / "trusted"})};
  expect_down(p, "refused");
  written("trusted", support::content_of(to.ca()));
  p.signal(SIGHUP);
  expect_delivered_at_last(p, to);
}

// Redirects and refusals: three in a row open the breaker. Nothing goes to the other address.
TEST_F(endpoint_is_ill, row_47_and_48_in_watch_mode_it_waits_until_it_is_let_in) {
  const support::sink elsewhere;
  for (const int status : {302, 401, 407}) {
    SCOPED_TRACE(status);
    another();
    files.add_many(40, 100);
    const auto s = std::to_string(status);
    const support::sink to{R"([{"status": )" + s +
                           R"(, "times": 6, "per": "rule", "headers": {"Location": ")" + elsewhere.url() +
                           R"("}}])"};
    support::process p{following(to, {"-w", "4", "-H", "Authorization: Bearer canary"})};
    expect_delivered_at_last(p, to);
    EXPECT_THAT(to.ledger(), SizeIs(46));
  }
  EXPECT_THAT(elsewhere.ledger(), IsEmpty());
}

TEST_F(endpoint_is_ill, row_48_in_watch_mode_refusals_cost_a_handful_of_requests) {
  files.add_many(500, 100);
  const support::sink to{R"([{"status": 403}])"};
  support::process p{following(to)};
  expect_down(p, "refused");
  EXPECT_THAT(to.ledger(), SizeIs(Le(handful + 8)));
  EXPECT_EQ(stop(p).code, 128 + SIGTERM);
  expect_nothing_lost(to);
}

TEST_F(endpoint_is_ill, row_49_in_watch_mode_retry_after_pauses_the_whole_pool_and_costs_no_file) {
  const support::sink to{R"([{"match": {"request": 40}, "status": 503, "headers": {"Retry-After": "2"}}])"};
  support::process p{following(to, {"-w", "4"})};
  ASSERT_TRUE(ready(p)) << p.err();
  files.add_many(80, 300);
  ASSERT_TRUE(p.wait_until([&] { return status().value("pause_s", 0.0) > 0; })) << status();
  expect_delivered_at_last(p, to);
  std::vector<std::int64_t> times;
  for (const auto& r : to.ledger()) times.push_back(r.t_ms);
  std::ranges::sort(times);
  std::int64_t longest = 0;
  for (std::size_t i = 1; i < times.size(); ++i) longest = std::max(longest, times[i] - times[i - 1]);
  EXPECT_GE(longest, 1500);
}

// A hundred in a row say that it is the endpoint: from then on it is asked by one request at a time.
TEST_F(endpoint_is_ill, row_49_in_watch_mode_busy_endpoint_gets_everything_when_it_is_well) {
  files.add_many(300, 100);
  const support::sink to{R"([{"status": 503, "times": 103, "per": "rule"}])"};
  support::process p{following(to, {"-w", "1", "--retry", "1"})};
  expect_delivered_at_last(p, to);
  EXPECT_THAT(to.ledger(), SizeIs(403));
}

// The file is tried again and again, and fresh files do not wait for it.
TEST_F(watched, row_51_in_watch_mode_poison_file_does_not_starve_fresh_ones) {
  files.add_many(20, 100, "poison");
  const support::sink to{R"([{"match": {"name": "poison*"}, "status": 500}])"};
  support::process p{following(to, {"-w", "4"})};
  ASSERT_TRUE(ready(p)) << p.err();
  unsigned rounds = 0;
  do {
    files.add_many(5, 100, "fresh" + std::to_string(++rounds));
    ASSERT_TRUE(p.wait_until([&] { return files.left().size() == 20; })) << p.err();
  } while (status().value("deferred", 0u) < 20);
  const auto o = drained(p);
  EXPECT_EQ(o.code, 1) << o.err;
  EXPECT_EQ(o.count("accepted"), rounds * 5);
  EXPECT_GE(o.count("deferred"), 40u) << "and once more at the end";
  EXPECT_EQ(files.left().size(), 20u);
  expect_clean(o, to);
}

// Rows 31 to 46: each of these happens to the first request, or connection, and the file is sent all the
// same.
TEST_F(watched, row_31_to_46_in_watch_mode_broken_exchanges_cost_no_file) {
  for (
      const auto* rule :
      {R"({"match": {"conn": 1}, "handshake": "stall"})", R"({"match": {"conn": 1}, "handshake": "fail"})",
       R"({"match": {"request": 2}, "cut_request_after": 1000, "how": "rst"})",
       R"({"match": {"request": 2}, "reply": "none", "status": 200, "how": "rst"})",
       R"({"match": {"request": 2}, "cut_reply_after": 20})",
       R"({"match": {"request": 2}, "reply": "unframed"})", R"({"match": {"request": 2}, "interim": [101]})",
       R"({"match": {"request": 2}, "reply": "junk"})",
       R"({"match": {"request": 2}, "reply": "raw", "raw": "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok"})",
       R"({"match": {"request": 2}, "endless": "header"})",
       R"({"match": {"request": 2}, "slow_reply": {"bytes_per_s": 5}})",
       R"({"match": {"request": 2}, "extra": "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"})",
       R"({"match": {"request": 2}, "ignore_close_notify": true, "close": true})",
       R"({"match": {"request": 2}, "idle_bytes": {"after_ms": 1, "bytes": "HTTP/1.1 408 Request Timeout\r\n\r\n", "then": "close"}})"}) {
    SCOPED_TRACE(rule);
    another();
    files.add_many(6, 20'000);
    const support::sink to{"[" + std::string{rule} + "]"};
    support::process p{
        following(to, {"-w", "2", "--connect-timeout", "500ms", "--speed-time", "1s", "--reply-time", "1s"})};
    ASSERT_TRUE(all_gone(p)) << p.err();
    const auto o = drained(p);
    EXPECT_THAT(o.code, AnyOf(0, 1)) << o.err;
    expect_clean(o, to);
  }
}

}  // namespace
}  // namespace e2e
