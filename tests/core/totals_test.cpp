#include "core/report/totals.hpp"

#include <gtest/gtest.h>
#include <random>

namespace sluice::core {
namespace {

using namespace std::chrono_literals;

file_record finished(fate f, std::uint64_t size = 10, disposed disposal = disposed::kept) {
  file_record r;
  r.size = size;
  r.fate = f;
  r.disposal = disposal;
  return r;
}

TEST(totals, count_attempts) {
  totals t;
  t.add({.verdict = verdict::accepted, .sent_bytes = 100, .judged = true, .elapsed = 2ms});
  t.add({.verdict = verdict::unknown, .sent_bytes = 60});
  t.add({.retry = true, .verdict = verdict::transient, .sent_bytes = 5});
  t.add({.retry = true, .verdict = verdict::rejected, .judged = true, .elapsed = 4ms});
  t.connected();
  t.connected();
  t.unreadable_directory();
  const auto s = t.summary(1);
  EXPECT_EQ(s.attempts, 4u);
  EXPECT_EQ(s.retries, 2u);
  EXPECT_EQ(s.unknown_outcomes, 1u);
  EXPECT_EQ(s.sent_bytes, 165u);
  EXPECT_EQ(s.connections, 2u);
  EXPECT_EQ(s.unreadable_dirs, 1u);
  EXPECT_EQ(s.counts.total(), 0u);
}

TEST(totals, count_each_fate) {
  totals t;
  for (std::uint64_t n = 1; const auto f : all_fates) {
    for (std::uint64_t i = 0; i < n; ++i) t.add(finished(f));
    ++n;
  }
  const auto& c = t.figures().counts;
  for (std::uint64_t n = 1; const auto f : all_fates) EXPECT_EQ(c.only(f), n++) << to_string(f);
  EXPECT_EQ(c.total(), 45u);
}

TEST(totals, count_an_undeletable_file_as_accepted_too) {
  totals t;
  t.add(finished(fate::undeletable, 7));
  EXPECT_EQ(t.figures().counts[fate::undeletable], 1u);
  EXPECT_EQ(t.figures().counts[fate::accepted], 1u);
  EXPECT_EQ(t.figures().bytes, 7u);
}

TEST(totals, count_a_missing_name_as_vanished_too) {
  totals t;
  t.add(finished(fate::missing));
  t.add(finished(fate::vanished));
  EXPECT_EQ(t.figures().counts[fate::missing], 1u);
  EXPECT_EQ(t.figures().counts[fate::vanished], 2u);
  EXPECT_EQ(t.summary(1).reasons.size(), 1u);
}

TEST(totals, count_bytes_of_accepted_files_only) {
  totals t;
  t.add(finished(fate::accepted, 5));
  for (const fate f : {fate::rejected, fate::deferred, fate::changed, fate::vanished, fate::skipped})
    t.add(finished(f, 1000));
  EXPECT_EQ(t.figures().bytes, 5u);
}

TEST(totals, count_what_became_of_names) {
  totals t;
  t.add(finished(fate::accepted, 1, disposed::deleted));
  t.add(finished(fate::accepted, 1, disposed::deleted));
  t.add(finished(fate::rejected, 1, disposed::moved));
  t.add(finished(fate::accepted));
  EXPECT_EQ(t.figures().deleted, 2u);
  EXPECT_EQ(t.figures().moved, 1u);
}

TEST(totals, add_up_for_any_history) {  // I10
  std::mt19937_64 random{4};
  totals t;
  for (std::uint64_t n = 1; n <= 5000; ++n) {
    t.add(finished(all_fates[random() % all_fates.size()]));
    const auto s = t.summary(1);
    ASSERT_EQ(s.counts.total(), n);
    std::uint64_t sum = 0;
    for (const auto f :
         {fate::accepted, fate::rejected, fate::deferred, fate::changed, fate::vanished, fate::skipped})
      sum += s.counts[f];
    ASSERT_EQ(s.counts.total(), sum);
    ASSERT_LE(s.counts[fate::undeletable], s.counts[fate::accepted]);
    ASSERT_LE(s.counts[fate::missing], s.counts[fate::vanished]);
  }
}

TEST(totals, give_latencies_of_judged_attempts_in_milliseconds) {
  totals t;
  for (int i = 1; i <= 100; ++i) t.add({.judged = true, .elapsed = i * 1ms});
  t.add({.judged = false, .elapsed = 1h});
  const auto l = t.summary(1).latency_ms;
  EXPECT_NEAR(l.p50, 50, 50 * 0.016);
  EXPECT_NEAR(l.p90, 90, 90 * 0.016);
  EXPECT_NEAR(l.p99, 99, 99 * 0.016);
  EXPECT_EQ(l.max, 100);
  std::uint64_t values = 0;
  for (const auto& step : t.summary(1).latency_steps) values += step.count;
  EXPECT_EQ(values, 100u) << "those of the judged attempts";
}

TEST(totals, give_the_rate_of_accepted_files) {
  totals t;
  for (int i = 0; i < 30; ++i) t.add(finished(fate::accepted));
  t.add(finished(fate::rejected));
  EXPECT_EQ(t.summary(2).files_per_second, 15);
  EXPECT_EQ(t.summary(2).seconds, 2);
  EXPECT_EQ(t.summary(0).files_per_second, 0);
  EXPECT_EQ(t.summary(-1).files_per_second, 0);
}

}  // namespace
}  // namespace sluice::core
