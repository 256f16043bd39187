#include "core/time.hpp"

#include <gtest/gtest.h>

using namespace sluice::core;

namespace {

using limits = std::numeric_limits<std::int64_t>;
constexpr std::int64_t second = 1'000'000'000;

TEST(time, any_time_of_a_file_system_has_nanoseconds) {
  struct {
    std::int64_t seconds, nanoseconds, wanted;
  } const table[] = {
      {0, 0, 0},
      {1, 2, second + 2},
      {-1, 999'999'999, -1},
      {9'223'372'035, 999'999'999, 9'223'372'035'999'999'999},
      {-9'223'372'035, 1, -9'223'372'035 * second + 1},
      {9'223'372'037, 0, limits::max()},
      {-9'223'372'038, 0, limits::min()},
      {limits::max(), 999'999'999, limits::max()},
      {limits::min(), 0, limits::min()},
  };
  for (const auto& row : table)
    EXPECT_EQ(to_nanoseconds(row.seconds, row.nanoseconds), row.wanted) << row.seconds;
}

TEST(time, any_two_times_have_a_distance) {
  struct {
    std::int64_t from, to, wanted;
  } const table[] = {
      {3, 10, 7},
      {10, 3, -7},
      {limits::min(), limits::min(), 0},
      {limits::min(), -1, limits::max()},
      {limits::min(), 0, limits::max()},
      {limits::min(), limits::max(), limits::max()},
      {limits::max(), -1, limits::min()},
      {limits::max(), -2, limits::min()},
      {limits::max(), limits::min(), limits::min()},
  };
  for (const auto& row : table)
    EXPECT_EQ(between(row.from, row.to).count(), row.wanted) << row.from << ' ' << row.to;
  EXPECT_EQ(age_of(limits::min(), wall_time{std::chrono::seconds{1}}), std::chrono::nanoseconds::max());
}

}  // namespace
