#include "cli/summary/summary_file.hpp"
#include "cli/summary/summary_sum.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <vector>

namespace sluice::cli {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr std::chrono::system_clock::time_point morning{std::chrono::milliseconds{1'795'430'020'123}};

run_summary full_summary() {
  run_summary s;
  s.counts.add(fate::accepted, 5), s.counts.add(fate::undeletable, 2), s.counts.add(fate::rejected, 1);
  s.counts.add(fate::missing, 1), s.counts.add(fate::vanished, 3);
  s.deleted = 3, s.moved = 2, s.bytes = 1000, s.sent_bytes = 1200, s.attempts = 9, s.retries = 1;
  s.unknown_outcomes = 1, s.connections = 4, s.unreadable_dirs = 1, s.log_lines_dropped = 2;
  s.bad_lines = 3, s.folders_deleted = 5, s.folders_left = 7;
  s.began = morning, s.seconds = 10.5, s.files_per_second = 0.67;
  latency_histogram times;
  for (int n = 1; n <= 8; ++n) times.add(std::chrono::microseconds{n * 1111});
  s.latency_steps = times.steps_used();
  s.latency_ms = {4.4, 8, 8.888, 8.888};
  s.window_min = 2, s.window_max = 8, s.window_last = 4, s.window_changes = 3;
  s.reasons = {{fate::rejected, 1, "status 404", "a"}};
  s.proxy = {"http://proxy:3128", "HTTPS_PROXY"};
  s.exit_code = 1, s.shard = shard{2, 4};
  s.detail = "a detail";
  return s;
}

TEST(summary_file, gives_back_what_was_written) {
  const auto text = to_json(full_summary());
  const auto read = parse_summary(text);
  EXPECT_EQ(read.problem, "");
  EXPECT_EQ(to_json(read.summary), text);
}

TEST(summary_file, without_an_exit_code_has_that_of_its_reason) {
  auto s = full_summary();
  s.exit_code.reset();
  s.reason = stop_reason::refused;
  EXPECT_EQ(parse_summary(to_json(s)).summary.exit_code, 7);
}

TEST(summary_file, may_have_members_of_others) {
  auto object = json::parse(to_json(full_summary()));
  object["host"] = "a";
  EXPECT_EQ(parse_summary(object.dump()).problem, "");
}

/// Torn at any byte, it is none.
TEST(summary_file, that_is_torn_is_refused) {
  const auto text = to_json(full_summary());
  for (std::size_t n = 0; n < text.size(); ++n) {
    const auto read = parse_summary(text.substr(0, n));
    ASSERT_NE(read.problem, "") << n;
    ASSERT_THAT(read.problem, Not(HasSubstr("\n")));
  }
  EXPECT_THAT(parse_summary(text.substr(0, 100)).problem, HasSubstr("torn"));
  EXPECT_THAT(parse_summary("").problem, HasSubstr("empty"));
  EXPECT_THAT(parse_summary(text + text).problem, Not(IsEmpty()));
}

TEST(summary_file, with_a_member_missing_or_of_another_kind_is_refused) {
  const auto whole = json::parse(to_json(full_summary()));
  for (const auto& [name, value] : whole.items()) {
    const bool optional = name == "exit_code" || name == "shard" || name == "proxy";
    auto object = whole;
    object.erase(name);
    EXPECT_EQ(parse_summary(object.dump()).problem.empty(), optional) << name;
    for (const auto& other : {json(-1), json("x"), json::array({1}), json::object(), json(true)}) {
      if (other.type() == value.type() || (other == -1 && (name == "seconds" || name == "files_per_second")))
        continue;
      object[name] = other;
      EXPECT_NE(parse_summary(object.dump()).problem, "") << name << " " << other;
    }
  }
  auto object = whole;
  object["seen"] = 99;
  EXPECT_THAT(parse_summary(object.dump()).problem, HasSubstr("add up"));
  object = whole, object["undeletable"] = 99;
  EXPECT_THAT(parse_summary(object.dump()).problem, HasSubstr("add up"));
  object = whole, object["v"] = 2;
  EXPECT_THAT(parse_summary(object.dump()).problem, HasSubstr("another version"));
  for (const auto* time :
       {"", "2026-13-01T00:00:00.000Z", "2026-11-23T10:33:40.123", "2026-11-23T10:33:40.123Z "}) {
    object = whole, object["began"] = time;
    EXPECT_THAT(parse_summary(object.dump()).problem, HasSubstr("began")) << time;
  }
  EXPECT_NE(parse_summary("[]").problem, "");
  EXPECT_NE(parse_summary("null").problem, "");
  EXPECT_NE(parse_summary(R"({"v":1,"seq":1,"fate":"accepted"})").problem, "") << "a line of a job log";
}

TEST(summary_sum, of_one_is_itself) {
  const auto s = full_summary();
  auto sum = sum_of({s});
  EXPECT_EQ(sum.counts.total(), s.counts.total());
  EXPECT_EQ(sum.seconds, s.seconds);
  EXPECT_EQ(sum.latency_steps, s.latency_steps);
  EXPECT_NEAR(sum.latency_ms.max, 8.888, 1e-9);
  EXPECT_EQ(sum.exit_code, 1);
  EXPECT_EQ(sum.shard, s.shard);
}

TEST(summary_sum, adds_counts_and_times_from_the_first_beginning_to_the_last_end) {
  auto a = full_summary(), b = full_summary();
  b.began = morning + 30s, b.seconds = 5;
  b.window_min = 1, b.window_max = 6, b.window_last = 6;
  b.shard = shard{3, 4};
  b.proxy = {};
  b.reasons = {{fate::deferred, 7, "no reply", "b"}, {fate::rejected, 2, "status 404", "c"}};
  const auto sum = sum_of({a, b});
  EXPECT_EQ(sum.counts.total(), 24u);
  EXPECT_EQ(sum.counts[fate::accepted], 14u);
  EXPECT_EQ(sum.counts.only(fate::undeletable), 4u);
  EXPECT_EQ(sum.deleted, 6u);
  EXPECT_EQ(sum.moved, 4u);
  EXPECT_EQ(sum.bytes, 2000u);
  EXPECT_EQ(sum.sent_bytes, 2400u);
  EXPECT_EQ(sum.attempts, 18u);
  EXPECT_EQ(sum.retries, 2u);
  EXPECT_EQ(sum.unknown_outcomes, 2u);
  EXPECT_EQ(sum.connections, 8u);
  EXPECT_EQ(sum.unreadable_dirs, 2u);
  EXPECT_EQ(sum.log_lines_dropped, 4u);
  EXPECT_EQ(sum.bad_lines, 6u);
  EXPECT_EQ(sum.folders_deleted, 10u);
  EXPECT_EQ(sum.folders_left, 14u);
  EXPECT_EQ(sum.runs, 2u);
  EXPECT_EQ(sum.began, morning);
  EXPECT_NEAR(sum.seconds, 35, 1e-6);
  EXPECT_NEAR(sum.files_per_second, 14 / 35.0, 1e-6);
  EXPECT_EQ(sum.window_min, 1u);
  EXPECT_EQ(sum.window_max, 8u);
  EXPECT_EQ(sum.window_last, 6u);
  EXPECT_EQ(sum.window_changes, 6u);
  EXPECT_FALSE(sum.shard);
  EXPECT_EQ(sum.proxy.url, "") << "not of all";
  ASSERT_EQ(sum.reasons.size(), 2u);
  EXPECT_EQ(sum.reasons[0].reason, "no reply");
  EXPECT_EQ(sum.reasons[1].count, 3u);
  EXPECT_EQ(sum.reasons[1].example, "a");
}

TEST(summary_sum, has_the_percentiles_of_all_requests_together) {
  latency_histogram fast, slow, all;
  for (int n = 0; n < 990; ++n) fast.add(1ms), all.add(1ms);
  for (int n = 0; n < 10; ++n) slow.add(3s), all.add(3s);
  run_summary a, b;
  a.latency_steps = fast.steps_used(), a.latency_ms = {1, 1, 1, 1};
  b.latency_steps = slow.steps_used(), b.latency_ms = {3000, 3000, 3000, 3000};
  const auto sum = sum_of({a, b});
  EXPECT_EQ(sum.latency_ms.p50, all.percentile(0.5).count() / 1000);
  EXPECT_EQ(sum.latency_ms.p99, all.percentile(0.99).count() / 1000);
  EXPECT_EQ(sum.latency_ms.max, 3000);
  EXPECT_EQ(sum.latency_steps, all.steps_used());
}

/// Sums are added like summaries.
TEST(summary_sum, does_not_depend_on_how_it_is_put_together) {
  auto a = full_summary(), b = full_summary(), c = full_summary();
  a.shard = b.shard = c.shard = std::nullopt;
  b.began = morning + 3s, c.began = morning - 1h, c.seconds = 1;
  EXPECT_EQ(to_json(sum_of({a, b, c})), to_json(sum_of({sum_of({a, b}), c})));
}

TEST(summary_sum, ends_like_the_worst) {
  const std::vector<int> from_best{0, 10, 11, 129, 143, 1, 5, 7, 3, 2, 99};
  for (std::size_t n = 1; n < from_best.size(); ++n) {
    EXPECT_LT(badness_of(from_best[n - 1]), badness_of(from_best[n]));
    run_summary good, bad;
    good.exit_code = from_best[n - 1], bad.exit_code = from_best[n];
    bad.detail = "why", bad.reason = stop_reason::unreachable;
    for (const auto& sum : {sum_of({good, bad}), sum_of({bad, good})}) {
      EXPECT_EQ(sum.exit_code, from_best[n]);
      EXPECT_EQ(sum.detail, "why");
      EXPECT_EQ(sum.reason, stop_reason::unreachable);
    }
  }
}

/// A task that a scheduler took back and gave out again.
TEST(summary_sum, of_one_shard_ends_like_its_last_run) {
  run_summary stopped, other, again;
  stopped.shard = again.shard = shard{1, 2}, other.shard = shard{2, 2};
  stopped.exit_code = 143, stopped.reason = stop_reason::cancelled, stopped.began = morning;
  other.exit_code = 10, other.reason = stop_reason::out_of_time;
  again.exit_code = 0, again.began = morning + 1min;
  EXPECT_EQ(sum_of({stopped, other, again}).exit_code, 10);
  EXPECT_EQ(sum_of({again, stopped}).exit_code, 0);
  EXPECT_EQ(sum_of({stopped, other}).exit_code, 143);
  again.exit_code = 5;
  EXPECT_EQ(sum_of({stopped, other, again}).exit_code, 5);
  stopped.shard = again.shard = std::nullopt;
  EXPECT_EQ(sum_of({stopped, again}).exit_code, 5) << "nothing says that they had the same files";
  again.exit_code = 0;
  EXPECT_EQ(sum_of({stopped, again}).exit_code, 143);
}

TEST(summary_sum, knows_which_shards_are_missing) {
  run_summary a, b;
  a.shard = shard{1, 4}, b.shard = shard{3, 4};
  EXPECT_THAT(missing_shards({a, b}), ElementsAre("2/4", "4/4"));
  b.shard = shard{3, 8};
  EXPECT_THAT(missing_shards({a, b}), IsEmpty());
  b.shard.reset();
  EXPECT_THAT(missing_shards({a, b}), IsEmpty());
  EXPECT_THAT(missing_shards({b, a}), IsEmpty());
}

}  // namespace
}  // namespace sluice::cli
