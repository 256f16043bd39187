// Rows 47 to 51: what an endpoint may say about us, about now, and about a file; and what it costs to hear
// it.
#include "faults/faults.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <set>

namespace e2e {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Le;
using testing::SizeIs;

TEST_F(faults, row_47_redirects_are_never_followed) {
  files.add_many(40, 100);
  support::sink elsewhere;
  for (const int status : {300, 301, 302, 303, 304, 305, 307, 308}) {
    const support::sink to{R"([{"status": )" + std::to_string(status) + R"(, "headers": {"Location": ")" +
                           elsewhere.url() + R"("}}])"};
    const auto o = drain_to(to, {"-w", "4", "-H", "Authorization: Bearer canary", "--retry-all-errors"});
    EXPECT_EQ(o.code, 7) << o.err;
    EXPECT_THAT(o.err, HasSubstr("the endpoint refuses us"));
    EXPECT_THAT(to.ledger(), SizeIs(Le(4u + 3u))) << "as many requests as are in flight, not one per file";
    expect_kept(o, to);
  }
  EXPECT_THAT(elsewhere.ledger(), IsEmpty());
  EXPECT_EQ(elsewhere.stop().at("connections"), 0);
}

TEST_F(faults, row_48_refused_credentials_cost_a_handful_of_requests) {
  files.add_many(1000, 100);
  for (const auto* status : {"401", "403", "407"}) {
    const support::sink to{R"([{"status": )" + std::string{status} + "}]"};
    const auto o = drain_to(to);
    EXPECT_EQ(o.code, 7) << o.err;
    EXPECT_EQ(o.summary.at("reason"), "refused");
    EXPECT_THAT(o.err, HasSubstr("the endpoint refuses us"));
    EXPECT_THAT(to.ledger(), SizeIs(Le(16u + 3u)));
    expect_kept(o, to);
  }
}

/// As a header has it.
std::string http_date(std::time_t when) {
  std::array<char, 40> text{};
  std::tm parts{};
  std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", ::gmtime_r(&when, &parts));
  return text.data();
}

/// The longest time in which nothing was sent.
std::chrono::milliseconds longest_pause(const support::sink& to) {
  std::vector<std::int64_t> times;
  for (const auto& r : to.ledger()) times.push_back(r.t_ms);
  std::ranges::sort(times);
  std::int64_t longest = 0;
  for (std::size_t i = 1; i < times.size(); ++i) longest = std::max(longest, times[i] - times[i - 1]);
  return std::chrono::milliseconds{longest};
}

// Retry-After speaks for the endpoint: no connection sends anything until then. A date is taken by the
// server's clock, which here is ten years off.
TEST_F(faults, row_49_retry_after_pauses_the_whole_pool) {
  const auto server_now = std::time(nullptr) - 10L * 365 * 86400;
  const nlohmann::json seconds{{"Retry-After", "2"}};
  const nlohmann::json date{{"Retry-After", http_date(server_now + 2)}, {"Date", http_date(server_now)}};
  for (const auto& headers : {seconds, date})
    for (const auto* status : {"503", "429"}) {
      files.add_many(80, 300, "f" + std::to_string(files.originals().size()));
      const support::sink to{R"([{"match": {"request": 40}, "status": )" + std::string{status} +
                             R"(, "headers": )" + headers.dump() + "}]"};
      const auto o = drain_to(to, {"--window", "4"});
      EXPECT_GE(longest_pause(to), 1500ms) << headers;
      EXPECT_THAT(to.ledger(), SizeIs(81));
      expect_delivered(o, to);
    }
}

TEST_F(faults, row_49_junk_in_retry_after_is_as_if_it_were_not_there) {
  const auto now = std::time(nullptr);
  for (const auto& value : {std::string{"-1"}, std::string{"soon"}, std::string{"1e9"}, std::string{"3600.5"},
                            std::string{}, http_date(now - 86400)}) {
    files.add_many(3, 100, "f" + std::to_string(files.originals().size()));
    const nlohmann::json headers{{"Retry-After", value}};
    const support::sink to{R"([{"status": [503, 200], "headers": )" + headers.dump() + "}]"};
    expect_delivered(drain_to(to), to);
  }
}

// Whatever it asks for, no more than an hour is granted, and a budget of time holds within.
TEST_F(faults, row_49_pause_of_thirty_years_is_an_hour_at_most) {
  files.add_many(20, 100);
  const support::sink to{R"([{"status": 503, "headers": {"Retry-After": "1000000000"}}])"};
  const auto begun = steady_clock::now();
  support::process p{
      drain_command(to, {"-w", "4", "--max-duration", "1500ms", "--progress", "line", "--stats", "50ms"})};
  const auto o = outcome_of(p);
  EXPECT_LT(steady_clock::now() - begun, 15s);
  EXPECT_EQ(o.code, 10) << o.err;
  EXPECT_THAT(o.err, testing::AnyOf(HasSubstr("paused 1:00:00"), HasSubstr("paused 59:5")));
  EXPECT_THAT(to.ledger(), SizeIs(4));
  expect_kept(o, to);
}

struct answer {
  const char* rule;
  arguments options;
  bool confirms;
};

TEST_F(faults, row_50_success_is_what_was_agreed_and_nothing_else) {
  const char* portal = R"({"body": "<html>Please log in</html>", "headers": {"Content-Type": "text/html"}})";
  const char* error = R"({"body": "{\"code\": 17, \"error\": \"disk full\"}"})";
  const arguments by_body{"--success-json", "/code=0"};
  unsigned n = 0;
  for (const auto& [rule, options, confirms] :
       {answer{"{}", {}, true}, answer{R"({"status": 201})", {}, true},
        answer{R"({"status": 204})", {}, true}, answer{R"({"status": 202})", {}, false},
        answer{R"({"status": 203})", {}, false}, answer{R"({"status": 206})", {}, false},
        answer{R"({"status": 226})", {}, false},
        answer{R"({"status": 202})", {"--success-status", "202"}, true},
        answer{"{}", {"--success-status", "202"}, false}, answer{"{}", by_body, true},
        answer{error, by_body, false}, answer{portal, by_body, false},
        answer{R"({"status": 204})", by_body, false},
        answer{"{}", {"--success-json", "/size=1000"}, false}}) {
    const auto name = std::to_string(++n) + ".bin";
    files.add(name, "number " + name);
    const support::sink to{"[" + std::string{rule} + "]"};
    auto all = options;
    all.insert(all.end(), {"--include", name});
    const auto o = drain_to(to, all);
    EXPECT_EQ(o.code, confirms ? 0 : 1) << rule << o.err;
    EXPECT_EQ(o.count(confirms ? "deleted" : "rejected"), 1u) << rule;
    EXPECT_NE(files.left().contains(name), confirms) << rule;
    expect_clean(o, to);
  }
}

TEST_F(faults, row_51_poison_file_harms_no_other) {
  files.add_many(200, 100);
  files.add("poison.jpg", "x");
  const support::sink to{R"([{"match": {"name": "poison*"}, "status": 500}])"};
  const auto o = drain_to(to);
  EXPECT_EQ(o.code, 1) << o.err;
  EXPECT_EQ(o.count("accepted"), 200u);
  EXPECT_EQ(o.count("deferred"), 1u);
  EXPECT_EQ(files.left().size(), 1u);
  EXPECT_TRUE(files.left().contains("poison.jpg"));
  EXPECT_THAT(names_with(to, "refused"), SizeIs(3));
  expect_clean(o, to);
}

// The breaker: 3,000 files wait, and the endpoint that only says 503 sees a 25th of as many requests.
TEST_F(faults, amplification_of_a_dead_endpoint_is_none) {
  files.add_many(3000, 100);
  const support::sink to{R"([{"status": 503}])"};
  const auto o = drain_to(to);
  EXPECT_EQ(o.code, 5) << o.err;
  EXPECT_LE(to.requests(), 100u + 16u + 5u) << "the streak that opens it, what was in flight, the probes";
  expect_kept(o, to);
}

// The budget: as many of the 3,000 as keep the breaker closed are taken, all others get 503 for ever.
TEST_F(faults, amplification_of_a_failing_endpoint_is_a_tenth_at_most) {
  files.add_many(3000, 100);
  const support::sink to{R"([{"match": {"name": "*0.bin"}}, {"status": 503}])"};
  const auto o = drain_to(to, {"--order-by", "name"});
  EXPECT_EQ(o.code, 1) << o.err;
  EXPECT_EQ(o.count("accepted"), 300u);
  std::set<std::string> tried;
  for (const auto& r : to.ledger()) tried.insert(r.name);
  EXPECT_THAT(tried, SizeIs(3000));
  EXPECT_GT(to.requests(), 3000u) << "nothing was tried again";
  EXPECT_LE(static_cast<double>(to.requests()) / static_cast<double>(tried.size()), 1.10);
  expect_clean(o, to);
}

}  // namespace
}  // namespace e2e
