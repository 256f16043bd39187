#include "core/pacing/backlog.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <deque>
#include <map>
#include <memory>
#include <random>
#include <set>

namespace sluice::core {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

const steady_time start{1h};

std::vector<int> drain(backlog<int>& b, steady_time now) {
  std::vector<int> jobs;
  while (const auto job = b.pop(now)) jobs.push_back(*job);
  return jobs;
}

TEST(backlog, gives_ready_jobs_in_the_order_they_came) {
  backlog<int> b{2, 8};
  for (const int job : {1, 2, 3}) b.push(int{job});
  EXPECT_EQ(b.ready(), 3u);
  EXPECT_THAT(drain(b, start), ElementsAre(1, 2, 3));
  EXPECT_TRUE(b.empty());
}

TEST(backlog, gives_jobs_that_back_off_when_they_are_due_in_that_order) {
  backlog<int> b{2, 8};
  b.push_later(3, start + 3s);
  b.push_later(1, start + 1s);
  b.push_later(2, start + 2s);
  EXPECT_EQ(b.backing_off(), 3u);
  EXPECT_THAT(drain(b, start + 1s - 1ns), IsEmpty());
  EXPECT_THAT(drain(b, start + 1s), ElementsAre(1));
  EXPECT_THAT(drain(b, start + 9s), ElementsAre(2, 3));
}

TEST(backlog, keeps_the_order_of_arrival_for_equal_due_times) {
  backlog<int> b{2, 8};
  for (int job = 0; job < 50; ++job) b.push_later(int{job}, start);
  std::vector<int> expected(50);
  for (int job = 0; job < 50; ++job) expected[static_cast<std::size_t>(job)] = job;
  EXPECT_EQ(drain(b, start), expected);
}

TEST(backlog, lets_due_jobs_go_before_ready_ones_so_that_they_do_not_starve) {  // I9
  backlog<int> b{2, 8};
  b.push(1);
  b.push_later(2, start + 1s);
  EXPECT_EQ(b.pop(start), 1);
  b.push(3);
  EXPECT_EQ(b.pop(start + 1s), 2);
  EXPECT_EQ(b.pop(start + 1s), 3);
}

TEST(backlog, is_full_at_the_high_mark_and_low_at_the_low_one) {
  backlog<int> b{1, 3};
  EXPECT_TRUE(b.low());
  b.push(1);
  EXPECT_TRUE(b.low());
  b.push_later(2, start);
  EXPECT_FALSE(b.low());
  EXPECT_FALSE(b.full());
  b.push(3);
  EXPECT_TRUE(b.full());
  EXPECT_EQ(b.size(), 3u);
  b.set_marks(3, 4);
  EXPECT_FALSE(b.full());
  EXPECT_TRUE(b.low());
}

TEST(backlog, says_when_there_may_be_something) {
  backlog<int> b{1, 3};
  EXPECT_EQ(b.next_due(), std::nullopt);
  b.push_later(1, start + 2s);
  b.push_later(2, start + 1s);
  EXPECT_EQ(b.next_due(), start + 1s);
  b.push(3);
  EXPECT_EQ(b.next_due(), steady_time::min());
}

TEST(backlog, gives_everything_up_at_once) {
  backlog<int> b{1, 3};
  b.push_later(1, start);
  b.push(2);
  b.push(3);
  b.push_later(4, start + 1s);
  const auto all = b.take_all();
  EXPECT_THAT(all, UnorderedElementsAre(1, 2, 3, 4));
  EXPECT_EQ(all[0], 2);
  EXPECT_EQ(all[1], 3);
  EXPECT_TRUE(b.empty());
  EXPECT_EQ(b.next_due(), std::nullopt);
}

TEST(backlog, gives_up_some_and_keeps_the_order_of_the_rest) {
  backlog<int> b{1, 3};
  for (int job = 0; job < 10; ++job) b.push(int{job});
  for (int job = 10; job < 20; ++job) b.push_later(int{job}, start + std::chrono::seconds{30 - job});
  const auto odd = b.take_if([](int job) { return job % 2 == 1; });
  EXPECT_EQ(odd.size(), 10u);
  EXPECT_THAT(drain(b, start), ElementsAre(0, 2, 4, 6, 8));
  EXPECT_THAT(drain(b, start + 1h), ElementsAre(18, 16, 14, 12, 10));
  EXPECT_THAT(b.take_if([](int) { return true; }), IsEmpty());
}

TEST(backlog, gives_each_of_the_next_jobs_once_to_be_prepared) {
  backlog<int> b{1, 3};
  for (int job = 0; job < 4; ++job) b.push(int{job});
  EXPECT_EQ(*b.prepare(2), 0);
  EXPECT_EQ(*b.prepare(2), 1);
  EXPECT_EQ(b.prepare(2), nullptr);
  EXPECT_EQ(b.pop(start), 0);
  EXPECT_EQ(*b.prepare(2), 2);
  EXPECT_EQ(b.prepare(2), nullptr);
  b.take_if([](int job) { return job == 1; });
  EXPECT_EQ(*b.prepare(2), 3);
  EXPECT_EQ(b.prepare(9), nullptr);
  b.take_all();
  b.push(5);
  EXPECT_EQ(*b.prepare(1), 5);
}

TEST(backlog, holds_jobs_that_can_only_be_moved) {
  backlog<std::unique_ptr<int>> b{1, 3};
  b.push(std::make_unique<int>(1));
  b.push(std::make_unique<int>(3));
  b.push_later(std::make_unique<int>(2), start);
  EXPECT_EQ(**b.pop(start), 2);
  EXPECT_EQ(**b.pop(start), 1);
  EXPECT_EQ(b.take_all().size(), 1u);
}

/// The model is the plainest one: a list of ready jobs and a map by due time.
TEST(backlog, behaves_like_its_model) {
  std::mt19937_64 random{9};
  backlog<int> b{4, 16};
  std::deque<int> ready;
  std::multimap<steady_time, int> later;
  std::set<int> prepared;
  auto now = start;
  for (int job = 0; job < 20'000; ++job) {
    now += std::chrono::milliseconds{random() % 10};
    switch (random() % 6) {
      case 0:
        b.push(int{job}), ready.push_back(job);
        break;
      case 1: {
        const auto depth = random() % 8;
        const auto next = std::ranges::find_if(ready, [&](int j) { return !prepared.contains(j); });
        const bool any = static_cast<std::size_t>(next - ready.begin()) < std::min(depth, ready.size());
        const int* const given = b.prepare(depth);
        ASSERT_EQ(given != nullptr, any);
        if (!any) break;
        ASSERT_EQ(*given, *next);
        prepared.insert(*given);
        break;
      }
      case 3:
        if (random() % 100 == 0) {
          const auto third = [](int j) { return j % 3 == 0; };
          b.take_if(third), std::erase_if(ready, third);
          std::erase_if(later, [&](const auto& waiting) { return third(waiting.second); });
        }
        break;
      case 2: {
        const auto due = now + std::chrono::milliseconds{random() % 50};
        b.push_later(int{job}, due), later.emplace(due, job);
        break;
      }
      default: {
        std::optional<int> expected;
        if (!later.empty() && later.begin()->first <= now)
          expected = later.extract(later.begin()).mapped();
        else if (!ready.empty())
          expected = ready.front(), ready.pop_front();
        ASSERT_EQ(b.pop(now), expected);
      }
    }
    ASSERT_EQ(b.ready(), ready.size());
    ASSERT_EQ(b.backing_off(), later.size());
    ASSERT_EQ(b.full(), ready.size() + later.size() >= 16);
  }
}

TEST(backlog, what_is_fresh_goes_first_in_its_order_unless_the_latest_is_to_be_the_first) {
  backlog<int> b{2, 8};
  b.push(1), b.push(2);
  b.push_fresh(3), b.push_fresh(4);
  EXPECT_THAT(drain(b, start), ElementsAre(3, 4, 1, 2));
  b.push(1), b.push(2);
  b.push_first(3), b.push_first(4);
  b.push_later(5, start);
  EXPECT_EQ(b.size(), 5u);
  EXPECT_EQ(b.ready(), 4u);
  EXPECT_EQ(*b.prepare(9), 1) << "the fresh ones are in memory still";
  EXPECT_THAT(drain(b, start), ElementsAre(5, 4, 3, 1, 2));
  EXPECT_FALSE(b.next_due());
  b.push_first(6);
  EXPECT_EQ(b.next_due(), steady_time::min());
  b.push_first(7);
  EXPECT_THAT(b.take_if([](int j) { return j == 6; }), ElementsAre(6));
  EXPECT_THAT(b.take_all(), ElementsAre(7));
  EXPECT_TRUE(b.empty());
}

TEST(backlog, is_flooded_at_twice_its_high_mark) {
  backlog<int> b{1, 2};
  for (int i = 0; i < 3; ++i) b.push_fresh(int{i});
  EXPECT_TRUE(b.full());
  EXPECT_FALSE(b.flooded());
  b.push_first(3);
  EXPECT_TRUE(b.flooded());
}

}  // namespace
}  // namespace sluice::core
