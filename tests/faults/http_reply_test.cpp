// Rows 38, 39, 44 and 45: replies that come too early, that have no end, or that do not come.
#include "faults/faults.hpp"
#include "faults/peers.hpp"

#include <algorithm>
#include <chrono>

namespace e2e {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::size_t large = 24u << 20;  ///< more than the sockets' buffers hold

// A server that says yes when it has seen the headers has not got the file (curl believes it).
TEST_F(faults, row_38_early_success_is_no_success) {
  files.add("large.bin", std::string(large, 'x'));
  for (const auto* then : {"close", "drain", "rst", "keep"})
    for (const auto* when : {R"("headers")", R"("part")", "1000000"}) {
      const support::sink to{R"([{"early": )" + std::string{when} + R"(, "then": ")" + then + R"("}])",
                             {"--receive-buffer", "65536"}};
      const auto o = drain_to(to, {"--retry", "0"});
      EXPECT_EQ(o.code, 1) << then << ": " << o.err;
      EXPECT_EQ(o.count("deferred"), 1u) << then;
      expect_kept(o, to);
    }
}

// The refusal counts, however early it came: the rest need not be sent.
TEST_F(faults, row_39_early_refusal_is_a_refusal) {
  files.add("large.bin", std::string(large, 'x'));
  files.add("small.bin", "x");
  for (const auto* status : {"413", "400", "422"})
    for (const auto* then : {"close", "drain", "keep"}) {
      const support::sink to{
          R"([{"early": "headers", "status": )" + std::string{status} + R"(, "then": ")" + then + R"("}])",
          {"--receive-buffer", "65536"}};
      const auto o = drain_to(to);
      EXPECT_EQ(o.code, 1) << o.err;
      EXPECT_EQ(o.count("rejected"), 2u) << status << then << o.err;
      EXPECT_EQ(o.count("attempts"), 2u);
      EXPECT_LT(o.count("sent_bytes"), 20u << 20);
      EXPECT_THAT(o.err, HasSubstr("rejected " + std::string{status} + " large.bin"));
      expect_kept(o, to);
    }
}

TEST_F(faults, row_39_early_refusal_of_us_ends_the_run) {
  files.add_many(20, 4u << 20);
  const support::sink to{R"([{"early": "headers", "status": 401, "then": "close"}])",
                         {"--receive-buffer", "65536"}};
  const auto o = drain_to(to, {"-w", "4"});
  EXPECT_EQ(o.code, 7) << o.err;
  EXPECT_LE(to.ledger().size(), 4u + 3u);
  expect_kept(o, to);
}

// The reset may overtake the reply, and then it is as if there had been none.
TEST_F(faults, row_39_refusal_that_a_reset_may_erase_keeps_the_file) {
  files.add("large.bin", std::string(large, 'x'));
  for (const auto* status : {"413", "400", "401", "200"}) {
    const support::sink to{R"([{"early": "headers", "then": "rst", "status": )" + std::string{status} + "}]",
                           {"--receive-buffer", "65536"}};
    const auto o = drain_to(to, {"--retry", "0"});
    EXPECT_NE(o.code, 0) << o.err;
    expect_kept(o, to);
  }
}

// Each of 16 connections could take up to 256 MiB.
TEST_F(faults, row_44_reply_without_an_end_has_no_memory_and_no_end_of_ours) {
  files.add_many(16, 100);
  const support::sink well;
  support::process usual{send_command(well)};
  const auto least = usual.peak_memory();
  EXPECT_EQ(outcome_of(usual).code, 0) << usual.err();
  struct row {
    const char *endless, *reply_time, *says;
  };
  // A body is read over until its time is up, which must be long before the receiver has sent all that it
  // has.
  for (const auto& [endless, reply_time, says] :
       {row{"header", "5s", "too large"}, row{"body", "100ms", "no complete reply"},
        row{"trailer", "5s", "too large"}, row{"interim", "5s", "too large"}}) {
    const support::sink to{R"([{"endless": ")" + std::string{endless} + R"("}])"};
    const auto begun = steady_clock::now();
    support::process p{drain_command(to, {"--retry", "0", "--reply-time", reply_time})};
#ifndef SLUICE_UNDER_ASAN  // which keeps what was freed
    EXPECT_LT(p.peak_memory(), least + std::uint64_t{32} * 1024) << endless;
#endif
    EXPECT_LT(steady_clock::now() - begun, 20s);
    const auto o = outcome_of(p);
    EXPECT_EQ(o.code, 1) << o.err;
    EXPECT_EQ(o.count("unknown_outcomes"), 16u);
    EXPECT_THAT(o.err, HasSubstr(says));
    expect_kept(o, to);
  }
}

TEST_F(faults, row_44_nothing_compressed_is_asked_for) {
  files.add_many(3, 100);
  const support::sink to;
  expect_delivered(drain_to(to, {"--success-json", "/code=0"}), to);
  for (const auto& r : to.ledger()) EXPECT_EQ(r.line.at("headers").at("accept-encoding"), "identity");
}

// A proxy that packs replies all the same made a refusal of each success.
TEST_F(faults, row_44_reply_in_a_coding_that_is_not_unpacked_confirms_nothing_and_is_named) {
  files.add_many(3, 100);
  for (const auto* coding : {"gzip", "br"}) {
    const support::sink to{R"([{"headers": {"Content-Encoding": ")" + std::string{coding} + R"("}}])"};
    const auto o = drain_to(to, {"--success-json", "/code=0"});
    EXPECT_EQ(o.code, 1) << o.err;
    EXPECT_EQ(o.count("deferred"), 3u);
    EXPECT_EQ(o.count("attempts"), 3u) << "the server has them";
    EXPECT_THAT(o.err,
                HasSubstr("packed as '" + std::string{coding} + "' although only 'identity' was accepted"));
    expect_kept(o, to);
  }
}

TEST_F(faults, row_44_long_reply_is_read_over_and_judged_by_its_status) {
  const nlohmann::json body = "{\"code\":0,\"log\":\"" + std::string(100'000, 'x') + "\"}";
  files.add_many(3, 100, "long");
  const auto script = R"([{"body": )" + body.dump() + "}]";
  const support::sink first{script}, second{script}, third{script};
  expect_delivered(drain_to(first, {"--retry", "0"}), first);
  files.add_many(3, 100, "longer");
  const auto doubtful = drain_to(second, {"--success-json", "/code=0"});
  EXPECT_EQ(doubtful.count("deferred"), 3u) << doubtful.err;
  EXPECT_THAT(doubtful.err, HasSubstr("longer than the 65536 bytes that are kept of it (--reply-limit)"));
  EXPECT_EQ(files.left().size(), 3u);
  expect_clean(doubtful, second);
  expect_delivered(drain_to(third, {"--success-json", "/code=0", "--reply-limit", "1M"}), third);
}

TEST_F(faults, row_45_reply_that_trickles_has_an_end) {
  files.add_many(3, 100);
  const support::sink to{R"([{"slow_reply": {"bytes_per_s": 5}}])"};
  const auto begun = steady_clock::now();
  const auto o = drain_to(to, {"--retry", "0", "--reply-time", "500ms"});
  EXPECT_LT(steady_clock::now() - begun, 10s) << "the reply would take 20 s, a byte every 200 ms";
  EXPECT_EQ(o.code, 1) << o.err;
  EXPECT_EQ(o.count("unknown_outcomes"), 3u);
  expect_kept(o, to);
}

// A server that needed 35 s after the last byte got each file three times a run, for ever.
TEST_F(faults, row_45_slow_answer_is_waited_for) {
  files.add_many(3, 100);
  const support::sink to{R"([{"delay_ms": 1200}])"};
  const auto o = drain_to(to, {"--retry", "0", "--speed-time", "300ms"});
  EXPECT_EQ(to.ledger().size(), 3u);
  expect_delivered(o, to);
}

TEST_F(faults, row_45_server_that_stops_reading_is_given_up) {
  files.add("large.bin", std::string(large, 'x'));
  const support::sink to{R"([{"cut_request_after": 100000, "how": "stall"}])", {"--receive-buffer", "65536"}};
  const auto begun = steady_clock::now();
  const auto o = drain_to(to, {"--retry", "0", "--speed-time", "500ms"});
  EXPECT_LT(steady_clock::now() - begun, 10s);
  EXPECT_EQ(o.code, 1) << o.err;
  EXPECT_THAT(o.err, HasSubstr("--speed-time"));
  EXPECT_EQ(o.count("unknown_outcomes"), 0u) << "the end of the request never left";
  expect_kept(o, to);
}

// A header line that never ends counted as progress of the upload: a lane was held for as long as it pleased.
TEST_F(faults, row_45_server_that_stops_reading_and_trickles_is_given_up) {
  files.add("large.bin", std::string(large, 'x'));
  support::tcp_peer dripping{[](support::wire& w) {
    if (w.send("HTTP/1.1 103 Early Hints\r\nX: "))
      while (w.rest(100ms) && w.send("x")) continue;
  }};
  const auto begun = steady_clock::now();
  const auto o = run(drain_command(dripping.url("http"), {"--retry", "0", "--speed-time", "500ms"}));
  EXPECT_LT(steady_clock::now() - begun, 10s);
  EXPECT_EQ(o.code, 1) << o.err;
  EXPECT_THAT(o.err, HasSubstr("--speed-time"));
  expect_all_kept();
  expect_clean(o);
}

}  // namespace
}  // namespace e2e
