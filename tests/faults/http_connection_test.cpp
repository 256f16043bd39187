// Rows 36, 37, 40 to 42 and 46: what a connection may carry, in which order, and to whom it belongs.
#include "faults/faults.hpp"
#include "faults/peers.hpp"

#include <chrono>
#include <map>
#include <set>

namespace e2e {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// The server closes idle connections at about the time of the next request: before it, with it, after it.
TEST_F(faults, row_36_keep_alive_race_loses_nothing) {
  for (const auto* timeout : {"4", "8", "12", "16", "20", "24", "32"}) {
    files.add_many(40, 2000, "idle-" + std::string{timeout});
    const support::sink to{"[]", {"--keepalive-timeout-ms", timeout}};
    const auto o = drain_to(to, {"-w", "2", "--rate", "100", "--retry", "20"});
    expect_delivered(o, to);
  }
}

// Half the uploads were unknown outcomes, and after 700 files the budget for retries was empty.
TEST_F(faults, row_36_idle_timeout_near_the_rate_of_files_is_learned) {
  for (const bool told : {false, true}) {
    files.add_many(60, 2000, told ? "told-" : "learned-");
    const support::sink to{told ? R"([{"headers": {"Keep-Alive": "timeout=0"}}])" : "[]",
                           {"--keepalive-timeout-ms", "50"}};
    const auto o = drain_to(to, {"-w", "1", "--rate", "20", "--retry", "0"});
    EXPECT_LE(o.count("unknown_outcomes"), told ? 0u : 2u);
    EXPECT_EQ(o.count("retries"), 0u);
    expect_delivered(o, to);
  }
}

TEST_F(faults, row_36_idle_connection_that_was_closed_costs_no_retry) {
  files.add_many(4, 100);
  const support::sink to{"[]", {"--keepalive-timeout-ms", "10"}};
  const auto o = drain_to(to, {"-w", "1", "--rate", "2", "--retry", "0"});
  EXPECT_EQ(o.count("retries"), 0u);
  EXPECT_EQ(o.count("unknown_outcomes"), 0u);
  EXPECT_EQ(o.count("connections"), 4u);
  EXPECT_EQ(to.ledger().size(), 4u);
  expect_delivered(o, to);
}

// The request goes out whole on a connection that dies under it: a server that had closed it cannot have it,
// one that dies now may.
TEST_F(faults, row_36_large_request_on_a_dying_connection_is_no_unknown_outcome) {
  files.add("a-small.bin", "first");
  files.add("b-large.bin", std::string(16u << 20, 'x'));
  for (const auto* how : {"fin", "rst"}) {
    files.add("a-small.bin", how);
    files.add("b-large.bin", how + std::string(16u << 20, 'x'));
    const support::sink to{R"([{"match": {"name": "b*"}, "times": 1, "cut_request_after": 0, "how": ")" +
                               std::string{how} + R"("}])",
                           {"--receive-buffer", "65536"}};
    const auto o = drain_to(to, {"-w", "1", "--order-by", "name", "--retry", "0"});
    EXPECT_EQ(o.count("retries") + o.count("unknown_outcomes"), 0u) << "the first one is free";
    EXPECT_EQ(o.count("connections"), 2u);
    expect_delivered(o, to);
  }
}

TEST_F(faults, row_37_death_before_the_reply_costs_one_duplicate_with_the_same_key) {
  files.add_many(10, 100);
  for (const auto* how : {"fin", "rst"}) {
    files.add_many(10, 100, how);
    const support::sink to{R"([{"reply": "none", "status": 200, "times": 1, "how": ")" + std::string{how} +
                           R"("}])"};
    const auto o = drain_to(to);
    const auto sent = o.count("accepted");
    EXPECT_EQ(o.count("unknown_outcomes"), sent);
    std::map<std::string, std::set<std::string>> keys;
    for (const auto& r : to.ledger()) keys[r.name].insert(r.key);
    EXPECT_EQ(to.ledger().size(), 2 * sent);
    for (const auto& [name, of_name] : keys) EXPECT_EQ(of_name.size(), 1u) << name;
    expect_delivered(o, to);
  }
}

TEST_F(faults, row_40_no_leave_to_continue_is_asked_for_or_waited_for) {
  files.add_many(10, 100'000);
  const support::sink to{R"([{"continue": false, "interim": [100], "delay_ms": 20}])"};
  const auto o = drain_to(to, {"--retry", "0"});
  for (const auto& r : to.ledger()) EXPECT_FALSE(r.line.at("headers").contains("expect"));
  expect_delivered(o, to);
  const auto refused = run(drain_command(to, {"-H", "Expect: 100-continue"}));
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.err, HasSubstr("written by sluice itself"));
}

// A 417 to a request that expected nothing, while its body is on the way (CVE-2024-24791 of Go).
TEST_F(faults, row_40_final_reply_instead_of_continue_does_not_disturb_the_next_file) {
  files.add("a-large.bin", std::string(16u << 20, 'x'));
  files.add("b.bin", "small");
  const support::sink to{R"([{"match": {"request": 1}, "early": "headers", "status": 417, "then": "keep"}])",
                         {"--receive-buffer", "65536"}};
  const auto o = drain_to(to, {"-w", "1", "--order-by", "name"});
  EXPECT_EQ(o.code, 1) << o.err;
  EXPECT_THAT(o.err, HasSubstr("rejected 417 a-large.bin"));
  EXPECT_THAT(o.err, HasSubstr("accepted 200 b.bin"));
  EXPECT_EQ(o.count("connections"), 2u) << "nothing follows half a request";
  EXPECT_EQ(files.left().size(), 1u);
  expect_clean(o, to);
}

TEST_F(faults, row_41_interim_replies_are_read_over) {
  for (const auto* interim :
       {"[100]", "[103]", "[102, 103]", "[100, 102, 103, 100, 102, 103, 100, 102, 102, 102, 102, 102]"}) {
    files.add_many(3, 100, interim);
    const support::sink to{R"([{"interim": )" + std::string{interim} + "}]"};
    expect_delivered(drain_to(to, {"--retry", "0", "-w", "1"}), to);
  }
}

TEST_F(faults, row_41_server_that_says_processing_for_longer_than_the_reply_time_is_waited_for) {
  files.add_many(3, 100);
  const support::sink to{
      R"([{"interim": [102, 102, 102, 102, 102, 102, 102, 102, 102, 102, 102, 102], "interim_every_ms": 100}])"};
  const auto o = drain_to(to, {"--retry", "0", "--reply-time", "600ms", "--speed-time", "600ms"});
  EXPECT_EQ(to.ledger().size(), 3u);
  expect_delivered(o, to);
}

TEST_F(faults, row_41_flood_of_interim_replies_and_a_switch_of_protocols_confirm_nothing) {
  files.add_many(3, 100);
  const std::string switched =
      R"("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")";
  for (const auto& [rule, says] :
       std::map<std::string, const char*>{{R"("endless": "interim")", "too large"},
                                          {R"("reply": "raw", "raw": )" + switched, "not HTTP/1.1"}}) {
    const support::sink to{"[{" + rule + "}]"};
    const auto o = drain_to(to, {"--retry", "0"});
    EXPECT_EQ(o.code, 1) << rule << o.err;
    EXPECT_EQ(o.count("unknown_outcomes"), 3u) << rule;
    EXPECT_THAT(o.err, HasSubstr(says)) << rule;
    expect_kept(o, to);
  }
}

// Bytes after a reply belong to no request: a second "200 OK" must not confirm the next file.
TEST_F(faults, row_42_spare_replies_are_never_given_to_the_next_file) {
  for (const auto* name : {"a", "b", "c", "d"}) files.add(name, name);
  const std::string spare = R"("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{\"code\":0}")";
  for (const auto& rule :
       {R"("extra": )" + spare, R"("idle_bytes": {"after_ms": 1, "bytes": )" + spare + "}"}) {
    for (const auto* name : {"a", "b", "c", "d"}) files.add(name, name + rule);
    const support::sink to{R"([{"match": {"name": "[ac]"}, )" + rule + R"(}, {"status": 400}])"};
    const auto o = drain_to(to, {"-w", "1", "--order-by", "name", "--rate", "2"});
    EXPECT_EQ(o.code, 1);
    EXPECT_THAT(o.err, HasSubstr("accepted 200 a"));
    EXPECT_THAT(o.err, HasSubstr("rejected 400 b"));
    EXPECT_THAT(o.err, HasSubstr("accepted 200 c"));
    EXPECT_THAT(o.err, HasSubstr("rejected 400 d"));
    EXPECT_EQ(o.count("connections"), 3u) << "one that said too much is not used again";
    EXPECT_EQ(files.left().size(), 2u);
    expect_clean(o, to);
  }
}

// Some proxies say so before they close an idle connection.
TEST_F(faults, row_42_timeout_said_to_an_idle_connection_concerns_no_file) {
  for (const auto* then : {"keep", "close"}) {
    files.add_many(4, 100, then);
    const support::sink to{
        R"([{"idle_bytes": {"after_ms": 5, "bytes": "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n", "then": ")" +
        std::string{then} + R"("}}])"};
    const auto o = drain_to(to, {"-w", "1", "--rate", "2", "--retry", "0"});
    EXPECT_THAT(o.err, Not(HasSubstr("408")));
    EXPECT_EQ(o.count("retries") + o.count("unknown_outcomes"), 0u);
    EXPECT_EQ(o.count("connections"), 4u);
    expect_delivered(o, to);
  }
}

TEST_F(faults, row_46_connection_that_is_over_after_its_reply_is_opened_again) {
  struct server {
    const char* rules;
    arguments options;
    std::uint64_t connections;
  };
  const char* old = R"([{"reply": "raw", "raw": "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}"}])";
  unsigned n = 0;
  for (const auto& [rules, options, connections] :
       {server{R"([{"close": true}])", {}, 10}, server{"[]", {"--max-requests-per-connection", "3"}, 4},
        server{old, {}, 10}}) {
    files.add_many(10, 100, "server-" + std::to_string(++n));
    support::sink to{rules, options};
    const auto o = drain_to(to, {"-w", "1", "--retry", "0"});
    EXPECT_EQ(o.count("connections"), connections) << rules;
    expect_delivered(o, to);
  }
}

// A half-closed connection could still bring a reply, but no server says less and means more.
TEST_F(faults, row_46_end_before_the_reply_is_no_success) {
  files.add_many(3, 100);
  support::tcp_peer half{[](support::wire& w) {
    w.read_request();
    w.finish();
    w.rest(20s);
  }};
  const auto o = run(drain_command(half.url("http"), {"--retry", "0"}));
  EXPECT_EQ(o.code, 1) << o.err;
  EXPECT_EQ(o.count("unknown_outcomes"), 3u);
  expect_all_kept();
  expect_clean(o);
}

}  // namespace
}  // namespace e2e
