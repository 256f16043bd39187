#include "cli/monitor/history.hpp"

#include <gtest/gtest.h>

namespace sluice::cli {
namespace {

using namespace std::chrono_literals;
constexpr history::clock::time_point start{};

TEST(history, gathers_what_was_sampled_in_one_step) {
  history h;
  h.add(start, {10, 100, 7});
  h.add(start + 2s, {20, 300, 5});
  ASSERT_EQ(h.points().size(), 1u);
  EXPECT_DOUBLE_EQ(h.points()[0]->files_per_second, 15);
  EXPECT_DOUBLE_EQ(h.points()[0]->bytes_per_second, 200);
  EXPECT_EQ(h.points()[0]->backlog, 5u);
  h.add(start + 5s, {1, 1, 1});
  ASSERT_EQ(h.points().size(), 2u);
  EXPECT_DOUBLE_EQ(h.points()[1]->files_per_second, 1) << "a new step has a mean of its own";
}

TEST(history, leaves_gaps_where_nothing_was_sampled) {
  history h;
  h.add(start, {});
  h.add(start + 17s, {});
  ASSERT_EQ(h.points().size(), 4u);
  EXPECT_TRUE(h.points()[0] && !h.points()[1] && !h.points()[2] && h.points()[3]);
  EXPECT_EQ(h.last(), 3u);
}

TEST(history, holds_an_hour_and_no_more) {
  history h;
  for (int s = 0; s < 7200; ++s) h.add(start + std::chrono::seconds{s}, {static_cast<double>(s), 0, 0});
  EXPECT_EQ(h.points().size(), history::most);
  EXPECT_EQ(history::most * history::step, 1h);
  EXPECT_EQ(h.last(), 1439u);
  EXPECT_EQ(h.first(), 720u);
  EXPECT_DOUBLE_EQ(h.points().front()->files_per_second, 3602);
}

TEST(history, of_a_machine_that_slept_for_days_begins_anew) {
  history h;
  h.add(start, {1, 0, 0});
  h.add(start + 24h * 10'000, {2, 0, 0});  // and not one step at a time
  ASSERT_EQ(h.points().size(), 1u);
  EXPECT_DOUBLE_EQ(h.points()[0]->files_per_second, 2);
  EXPECT_EQ(h.first(), h.last());
}

TEST(history, just_over_an_hour_of_silence_keeps_its_size) {
  history h;
  h.add(start, {});
  h.add(start + 1h, {});
  EXPECT_LE(h.points().size(), history::most);
  EXPECT_EQ(h.last(), 720u);
}

}  // namespace
}  // namespace sluice::cli
