#include "core/pacing/retry.hpp"

#include <gtest/gtest.h>
#include <algorithm>

namespace sluice::core {
namespace {

using std::chrono::seconds;
using namespace std::chrono_literals;

wall_time at(int year, unsigned month, unsigned day, int hour = 0, int minute = 0, int second = 0) {
  using namespace std::chrono;
  return sys_days{std::chrono::year{year} / static_cast<int>(month) / static_cast<int>(day)} + hours{hour} +
         minutes{minute} + seconds{second};
}

struct range {
  milliseconds least{milliseconds::max()}, most{0};
};

range of_backoffs(const retry_options& options, unsigned attempts) {
  rng random{attempts};
  range r;
  for (int i = 0; i < 2000; ++i) {
    const auto delay = backoff(options, attempts, random);
    r = {std::min(r.least, delay), std::max(r.most, delay)};
  }
  return r;
}

TEST(backoff, is_full_jitter_up_to_a_bound_that_doubles_to_the_cap) {
  const retry_options options{.base = 500ms, .cap = 30'000ms};
  const std::vector<std::pair<unsigned, milliseconds>> bounds{
      {1, 500ms},    {2, 1000ms},    {3, 2000ms},    {6, 16'000ms},
      {7, 30'000ms}, {64, 30'000ms}, {65, 30'000ms}, {4'000'000'000u, 30'000ms}};
  for (const auto& [attempts, bound] : bounds) {
    const range r = of_backoffs(options, attempts);
    EXPECT_LE(r.least, bound / 100) << attempts;
    EXPECT_LE(r.most, bound) << attempts;
    EXPECT_GE(r.most, bound - bound / 100) << attempts;
  }
}

TEST(backoff, has_no_delay_without_a_base_or_cap) {
  for (const unsigned attempts : {1u, 2u, 4'000'000'000u}) {
    EXPECT_EQ(of_backoffs({.base = 0ms}, attempts).most, 0ms);
    EXPECT_EQ(of_backoffs({.cap = 0ms}, attempts).most, 0ms);
    EXPECT_EQ(of_backoffs({.base = -5ms}, attempts).most, 0ms);
  }
}

TEST(backoff, does_not_overflow) {
  rng random{1};
  const retry_options options{.base = milliseconds::max() / 2, .cap = milliseconds::max()};
  for (const unsigned attempts : {1u, 2u, 3u, 100u}) EXPECT_GE(backoff(options, attempts, random), 0ms);
}

int retries_of(retry_budget& budget, retry_budget::cost cost) {
  int taken = 0;
  while (budget.take(cost)) ++taken;
  return taken;
}

TEST(retry_budget, holds_a_burst_of_100_or_of_50_after_timeouts) {
  retry_budget plain, timeouts;
  EXPECT_EQ(retries_of(plain, retry_budget::cost::plain), 100);
  EXPECT_EQ(retries_of(timeouts, retry_budget::cost::timeout), 50);
}

TEST(retry_budget, earns_a_retry_with_five_successes) {
  retry_budget budget;
  retries_of(budget, retry_budget::cost::plain);
  for (int i = 0; i < 4; ++i) budget.refund();
  EXPECT_FALSE(budget.take(retry_budget::cost::plain));
  budget.refund();
  EXPECT_FALSE(budget.take(retry_budget::cost::timeout));
  EXPECT_TRUE(budget.take(retry_budget::cost::plain));
  EXPECT_FALSE(budget.take(retry_budget::cost::plain));
}

TEST(retry_budget, is_never_fuller_than_at_first) {
  retry_budget budget;
  for (int i = 0; i < 10'000; ++i) budget.refund();
  EXPECT_EQ(retries_of(budget, retry_budget::cost::plain), 100);
}

TEST(http_date, is_read_in_its_three_forms) {  // the example of RFC 9110 §5.6.7
  const auto expected = at(1994, 11, 6, 8, 49, 37);
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), expected);
  EXPECT_EQ(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT"), expected);
  EXPECT_EQ(parse_http_date("Sun Nov  6 08:49:37 1994"), expected);
  EXPECT_EQ(parse_http_date("Wed Nov 16 08:49:37 1994"), at(1994, 11, 16, 8, 49, 37));
}

TEST(http_date, knows_the_calendar) {
  EXPECT_EQ(parse_http_date("Thu, 29 Feb 2024 23:59:59 GMT"), at(2024, 2, 29, 23, 59, 59));
  EXPECT_EQ(parse_http_date("Thu, 01 Jan 1970 00:00:00 GMT"), wall_time{});
  EXPECT_EQ(parse_http_date("Wed, 31 Dec 1969 23:59:59 GMT"), wall_time{-1s});
  EXPECT_EQ(parse_http_date("Sat, 31 Dec 2016 23:59:60 GMT"), at(2017, 1, 1));
  EXPECT_EQ(parse_http_date("Thursday, 01-Jan-70 00:00:00 GMT"), wall_time{});
  EXPECT_EQ(parse_http_date("Tuesday, 01-Jan-69 00:00:00 GMT"), at(2069, 1, 1));
  for (const auto text :
       {"Tue, 29 Feb 2023 00:00:00 GMT", "Sun, 31 Apr 2023 00:00:00 GMT", "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 32 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 23:60:00 GMT",
        "Sun, 06 Nov 1994 23:59:61 GMT"})
    EXPECT_EQ(parse_http_date(text), std::nullopt) << text;
}

TEST(http_date, out_of_wall_time_is_the_nearest_in_it) {
  EXPECT_EQ(parse_http_date("Fri, 31 Dec 9999 23:59:59 GMT"), std::chrono::floor<seconds>(wall_time::max()));
  EXPECT_EQ(parse_http_date("Sat, 01 Jan 0000 00:00:00 GMT"), std::chrono::ceil<seconds>(wall_time::min()));
}

TEST(http_date, is_nothing_else) {
  for (const auto text : {"",
                          " ",
                          "0",
                          "Sun",
                          "Sun, ",
                          "Sun,06 Nov 1994 08:49:37 GMT",
                          "sun, 06 Nov 1994 08:49:37 GMT",
                          "Sun, 06 nov 1994 08:49:37 GMT",
                          "Sun, 6 Nov 1994 08:49:37 GMT",
                          "Sun, 06 Nov 94 08:49:37 GMT",
                          "Sun, 06 Nov 1994 08:49:37",
                          "Sun, 06 Nov 1994 08:49:37 CET",
                          "Sun, 06 Nov 1994 08:49:37 +0100",
                          "Sun, 06 Nov 1994 08:49:37 GMT ",
                          " Sun, 06 Nov 1994 08:49:37 GMT",
                          "Sun, 06 Nov 1994 8:49:37 GMT",
                          "Sun, 06 Nov 1994 08:49 GMT",
                          "Sun, -6 Nov 1994 08:49:37 GMT",
                          "Sun, 06 Nov +994 08:49:37 GMT",
                          "Sun, 06-Nov-94 08:49:37 GMT",
                          "Sunday, 06 Nov 1994 08:49:37 GMT",
                          "Sunday, 06-Nov-1994 08:49:37 GMT",
                          "Sun Nov 6 08:49:37 1994",
                          "Sun Nov  6 08:49:37 1994 GMT",
                          "Sun Nov 06  08:49:37 1994",
                          "Xyz, 06 Nov 1994 08:49:37 GMT",
                          "1994-11-06T08:49:37Z"})
    EXPECT_EQ(parse_http_date(text), std::nullopt) << text;
}

/// Cut anywhere, or with any byte changed: it is read or not, and never more than that.
TEST(http_date, survives_every_mutation) {
  rng random{7};
  for (const std::string good :
       {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"}) {
    for (std::size_t i = 0; i < good.size(); ++i) EXPECT_EQ(parse_http_date(good.substr(0, i)), std::nullopt);
    for (int i = 0; i < 20'000; ++i) {
      std::string bad = good;
      for (auto n = random() % 3 + 1; n > 0; --n) bad[random() % bad.size()] = static_cast<char>(random());
      parse_http_date(bad);
    }
  }
}

TEST(retry_after, is_read_as_seconds) {
  const auto of = [](std::string_view value) { return parse_retry_after(value, "", at(2026, 11, 23)); };
  EXPECT_EQ(of("0"), 0s);
  EXPECT_EQ(of("120"), 120s);
  EXPECT_EQ(of("007"), 7s);
  EXPECT_EQ(of("3600"), 3600s);
  EXPECT_EQ(of("3601"), 3600s);
  EXPECT_EQ(of("1000000000"), 3600s);
  EXPECT_EQ(of("99999999999999999999999999999999"), 3600s);
  for (const auto junk : {"", "-1", "+1", "1 ", " 1", "1m", "0x10", "soon", "1,2"})
    EXPECT_EQ(of(junk), std::nullopt) << junk;
}

// No standard has them, and servers send them.
TEST(retry_after, is_read_as_some_senders_write_it) {
  const auto of = [](std::string_view value) { return parse_retry_after(value, "", at(2026, 11, 23, 12)); };
  EXPECT_EQ(of("1.5"), 2s);
  EXPECT_EQ(of("2.0"), 2s);
  EXPECT_EQ(of("0.001"), 1s);
  EXPECT_EQ(of("2s"), 2s);
  EXPECT_EQ(of("1.5s"), 2s);
  EXPECT_EQ(of("3600.5"), 3600s);
  EXPECT_EQ(of("99999999999999999999.9"), 3600s);
  for (const auto zone : {"GMT", "+0000", "-0000", "UTC", "UT", "Z"})
    EXPECT_EQ(of("Mon, 23 Nov 2026 12:00:30 " + std::string{zone}), 30s) << zone;
  EXPECT_EQ(of("Monday, 23-Nov-26 12:00:30 UTC"), 30s);
  for (const auto junk : {"s", ".5", "1.", "1.s", "1..5", "1.5.5", "2ss", "2m", "2 s", "1e3", "1,5", "+2",
                          "-2s", "Mon, 23 Nov 2026 12:00:30 +0100", "Mon, 23 Nov 2026 12:00:30 CET"})
    EXPECT_EQ(of(junk), std::nullopt) << junk;
}

TEST(retry_after, is_read_as_a_date_by_the_servers_own_clock) {
  const auto now = at(2026, 11, 23, 12) + 999ms;
  const auto of = [&](std::string_view value, std::string_view date) {
    return parse_retry_after(value, date, now);
  };
  EXPECT_EQ(of("Mon, 23 Nov 2026 12:00:30 GMT", ""), 30s);
  EXPECT_EQ(of("Mon, 23 Nov 2026 12:00:30 GMT", "Mon, 23 Nov 2026 12:00:10 GMT"), 20s);
  EXPECT_EQ(of("Mon, 23 Nov 2026 12:00:30 GMT", "no date"), 30s);
  EXPECT_EQ(of("Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:30 GMT"),
            7s);  // the server's clock is off by years
  EXPECT_EQ(of("Mon, 23 Nov 2026 12:00:00 GMT", ""), 0s);
  EXPECT_EQ(of("Mon, 23 Nov 2026 11:59:59 GMT", ""), std::nullopt);  // past
  EXPECT_EQ(of("Tue, 24 Nov 2026 12:00:00 GMT", ""), 3600s);
  EXPECT_EQ(of("Fri, 31 Dec 9999 23:59:59 GMT", "Sat, 01 Jan 0000 00:00:00 GMT"), 3600s);
}

class next_attempt_of : public testing::Test {
 protected:
  next_attempt_of() { question.first_attempt = question.now = steady_time{1h}; }
  std::optional<steady_time> next() { return next_attempt(options, question, budget, random).due; }
  milliseconds delay() { return std::chrono::duration_cast<milliseconds>(next().value() - question.now); }

  rng random{42};
  retry_budget budget;
  retry_options options{.retries = 2, .base = 500ms, .cap = 30'000ms};
  retry_question question;
};

TEST_F(next_attempt_of, a_file_comes_as_often_as_it_may) {  // row 51
  for (const unsigned retries : {0u, 1u, 2u, 7u}) {
    options.retries = retries;
    for (unsigned attempts = 1; attempts < 10; ++attempts) {
      question.attempts = attempts;
      EXPECT_EQ(next().has_value(), attempts <= retries);
    }
  }
}

TEST_F(next_attempt_of, a_file_comes_after_its_backoff) {
  milliseconds most{0};
  for (int i = 0; i < 90; ++i) {
    const auto d = delay();
    EXPECT_GE(d, 0ms);
    most = std::max(most, d);
  }
  EXPECT_LE(most, 500ms);
  EXPECT_GE(most, 450ms);
}

TEST_F(next_attempt_of, a_file_comes_no_earlier_than_the_server_asked_and_not_with_all_others) {  // row 49
  question.retry_after = 100s;
  milliseconds least = milliseconds::max(), most{0};
  for (int i = 0; i < 90; ++i) {
    const auto d = delay();
    least = std::min(least, d);
    most = std::max(most, d);
  }
  EXPECT_GE(least, 100s);
  EXPECT_LE(least, 102s);
  EXPECT_LE(most, 110s);
  EXPECT_GE(most, 108s);
}

TEST_F(next_attempt_of, a_short_wait_asked_for_does_not_shorten_the_backoff) {
  options = {.retries = 2, .base = 20'000ms, .cap = 30'000ms};
  question.retry_after = 1s;
  milliseconds most{0};
  for (int i = 0; i < 90; ++i) {
    const auto d = delay();
    EXPECT_GE(d, 1s);
    most = std::max(most, d);
  }
  EXPECT_GT(most, 18s);
}

TEST_F(next_attempt_of, a_file_does_not_come_when_its_time_is_over_by_then) {
  options.max_time = 60s;
  question.retry_after = 10s;  // 10 … 11 s
  question.now = question.first_attempt + 48s;
  EXPECT_TRUE(next());
  question.now = question.first_attempt + 50s;
  EXPECT_FALSE(next());
  options.max_time = 0s;  // no limit
  EXPECT_TRUE(next());
  options.max_time = seconds::max();
  EXPECT_TRUE(next());
}

TEST_F(next_attempt_of, a_file_costs_budget_only_when_it_comes) {
  question.attempts = 3;
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(next());
  question.attempts = 1;
  question.now = question.first_attempt + 1h;
  options.max_time = 60s;
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(next());
  options.max_time = 0s;
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(next()) << i;
  EXPECT_FALSE(next());
  budget.refund();
  for (int i = 0; i < 4; ++i) budget.refund();
  EXPECT_TRUE(next());
}

TEST_F(next_attempt_of, a_timeout_costs_twice) {
  question.timed_out = true;
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(next()) << i;
  EXPECT_FALSE(next());
}

/// I8: with every request failing, the retries of any number of files are one burst.
TEST_F(next_attempt_of, a_wall_costs_one_burst_of_retries) {
  int requests = 0;
  for (int file = 0; file < 10'000; ++file)
    for (question.attempts = 1;; ++question.attempts) {
      ++requests;
      if (!next()) break;
    }
  EXPECT_EQ(requests, 10'100);
}

}  // namespace
}  // namespace sluice::core
