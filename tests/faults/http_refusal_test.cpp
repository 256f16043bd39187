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

/// The time as a header has it.
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
  for (const auto& value :
       {std::string{"-1"}, std::string{"soon"}, std::string{"1e9"}, std::string{}, http_date(now - 86400)}) {
    files.add_many(3, 100, "f" + std::to_string(files.originals().size()));
    const nlohmann::json headers{{"Retry-After", value}};
    const support::sink to{R"([{"status": [503, 200], "headers": )" + headers.dump() + "}]"};
    expect_delivered(drain_to(to), to);
  }
}

// No more than an hour is granted, whatever the header asks for, and a budget of time holds within.
TEST_F(faults, row_49_pause_of_thirty_years_is_an_hour_at_most) {
  files.add_many(20, 100);
  const support::sink to{R"([{"status": 503, "headers": {"Retry-After": "1000000000"}}])"};
  const auto begun = steady_clock::now();
  support::process p{
      drain_command(to, {"-w", "4", "--max-duration", "1500ms", "--progress", "line", "--stats", "50ms"})};
  const auto o = outcome_of(p);
  EXPECT_LT(steady_clock::now() - begun, 15s);
  EXPECT_EQ(o.code, 10) << o.err;
  EXPECT_THAT(o.err, testing::AnyOf(HasSubstr("held back 1:00:00"), HasSubstr("held back 59:5")));
  EXPECT_THAT(to.ledger(), SizeIs(4));
  expect_kept(o, to);
}

struct answer {
  const char* rule;
  arguments options;
  const char* count;  ///< member of the summary
};

TEST_F(faults, row_50_success_is_what_was_agreed_and_nothing_else) {
  const char* portal = R"({"body": "<html>Please log in</html>", "headers": {"Content-Type": "text/html"}})";
  const char* error = R"({"body": "{\"code\": 17, \"error\": \"disk full\"}"})";
  const arguments by_body{"--success-json", "/code=0"};
  unsigned n = 0;
  constexpr auto yes = "deleted", no = "rejected", perhaps = "deferred";
  for (const auto& [rule, options, count] :
       {answer{"{}", {}, yes}, answer{R"({"status": 201})", {}, yes}, answer{R"({"status": 204})", {}, yes},
        answer{R"({"status": 202})", {}, perhaps}, answer{R"({"status": 203})", {}, perhaps},
        answer{R"({"status": 206})", {}, perhaps}, answer{R"({"status": 226})", {}, perhaps},
        answer{R"({"status": 202})", {"--success-status", "202"}, yes},
        answer{R"({"status": 226})", {"--success-status", "2xx"}, yes},
        answer{R"({"status": 226})", {"--success-status", "200-204,226"}, yes},
        answer{R"({"status": 205})", {"--success-status", "200-204,226"}, perhaps},
        answer{"{}", {"--success-status", "202"}, perhaps}, answer{"{}", by_body, yes},
        answer{error, by_body, no}, answer{portal, by_body, perhaps},
        answer{R"({"status": 204})", by_body, perhaps}, answer{"{}", {"--success-json", "/size=1000"}, no}}) {
    const bool confirms = count == yes;
    const auto name = std::to_string(++n) + ".bin";
    files.add(name, "number " + name);
    const support::sink to{"[" + std::string{rule} + "]"};
    auto all = options;
    all.insert(all.end(), {"--include", name});
    const auto o = drain_to(to, all);
    EXPECT_EQ(o.code, confirms ? 0 : 1) << rule << o.err;
    EXPECT_EQ(o.count(count), 1u) << rule;
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

// 300 of 300 files were moved within 50 ms, for each of these.
TEST_F(faults, row_48_endpoint_that_refuses_every_file_moves_none_or_five) {
  fs::create_directory(room / "bad");
  struct {
    const char* rule;
    arguments options;
    std::size_t most;
  } const table[] = {
      {R"("status": 400)", {}, 0},
      {R"("status": 404)", {}, 0},
      {R"("status": 405)", {}, 0},
      {R"("status": 409)", {}, 0},
      {R"("status": 410)", {}, 0},
      {R"("status": 421)", {}, 0},
      {R"("status": 431)", {}, 0},
      {R"("status": 501)", {}, 0},
      {R"("status": 505)", {}, 0},
      {R"("status": 511)", {}, 0},
      {R"("status": 202)", {}, 0},
      {R"("body": "<html>Back soon</html>")", {"--success-json", "/code=0"}, 0},
      {R"("status": 413)", {}, 5},
      {R"("status": 422)", {}, 5},
      {R"("body": "{\"code\": 17}")", {"--success-json", "/code=0"}, 5},
  };
  files.add_many(300, 100);
  for (const auto& row : table) {
    const support::sink to{"[{" + std::string{row.rule} + "}]", {"--http"}};
    arguments options{"--on-reject", "move=" + (room / "bad").string(), "-w", "4"};
    options.insert(options.end(), row.options.begin(), row.options.end());
    const auto before = support::files_below(room / "bad").size();
    const auto o = drain_to(to, options);
    EXPECT_EQ(o.code, 7) << row.rule << o.err;
    EXPECT_LE(support::files_below(room / "bad").size() - before, row.most) << row.rule;
    EXPECT_LE(to.ledger().size(), 110u) << row.rule;
    if (row.most != 0) {
      EXPECT_THAT(o.err, HasSubstr("every one is refused in the same way")) << row.rule;
    }
  }
}

TEST_F(faults, row_50_refusal_of_a_form_is_the_files_once_others_pass) {
  fs::create_directory(room / "bad");
  files.add_many(20, 100, "good");
  files.add_many(20, 100, "x-odd");
  const support::sink to{R"([{"match": {"name": "x-odd*"}, "status": 400}])", {"--http"}};
  const auto o =
      drain_to(to, {"--on-reject", "move=" + (room / "bad").string(), "-w", "1", "--order-by", "name"});
  EXPECT_EQ(o.code, 1) << o.err;
  EXPECT_EQ(support::files_below(room / "bad").size(), 20u);
}

// The server stores each, and never says what was agreed: to send them again would store them twice.
TEST_F(faults, row_50_file_that_nobody_confirms_is_sent_once_and_stops_the_run_at_five) {
  files.add_many(100, 100);
  const support::sink to{R"([{"status": 202}])", {"--http"}};
  const auto o = drain_to(to, {"-w", "1"});
  EXPECT_EQ(o.code, 7) << o.err;
  EXPECT_EQ(to.ledger().size(), 5u);
  EXPECT_EQ(o.count("unknown_outcomes"), 5u);
  EXPECT_THAT(o.err, HasSubstr("the server took it, but 202 is not in --success-status"));
  expect_kept(o, to);
}

TEST_F(faults, row_49_status_that_the_user_calls_later_is_tried_again) {
  files.add_many(3, 100);
  const support::sink to{R"([{"status": [404, 423, 200]}])"};
  expect_delivered(drain_to(to, {"--retry-status", "404,420-429"}), to);
  const auto both = run(drain_command(to, {"--retry-status", "200"}));
  EXPECT_EQ(both.code, 2);
  EXPECT_THAT(both.err, HasSubstr("200 cannot mean both success and \"later\""));
}

TEST_F(faults, row_49_refusal_with_retry_after_is_tried_again) {
  files.add_many(3, 100);
  const support::sink to{R"([{"status": [413, 200], "headers": {"Retry-After": "0.2"}}])"};
  expect_delivered(drain_to(to), to);
}

}  // namespace
}  // namespace e2e
