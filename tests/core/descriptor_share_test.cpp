#include "core/pacing/descriptor_share.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace sluice::core {
namespace {

TEST(descriptor_share, leaves_room_for_a_window_and_opens_fewer_files_ahead) {
  struct {
    std::size_t limit, window, ahead;
  } constexpr rows[] = {
      {0, 0, 0},     {16, 0, 0},    {25, 0, 0},    {26, 1, 4},      {32, 4, 4},           {64, 12, 8},
      {128, 24, 16}, {256, 72, 48}, {320, 96, 64}, {1024, 448, 64}, {65'536, 32'704, 64},
  };
  for (const auto& r : rows) {
    const auto s = descriptor_share::of(r.limit);
    EXPECT_EQ(s.window, r.window) << r.limit;
    EXPECT_EQ(s.ahead, r.ahead) << r.limit;
  }
}

TEST(descriptor_share, never_gives_out_more_than_there_are) {
  for (std::size_t limit = descriptor_share::least_limit; limit < 3000; ++limit) {
    const auto s = descriptor_share::of(limit);
    EXPECT_GE(s.window, 1u) << limit;
    EXPECT_GE(s.ahead, read_ahead::least) << limit;
    EXPECT_LE(2 * s.window + s.ahead + descriptor_share::least_others, limit);
    EXPECT_GE(descriptor_share::of(limit + 1).window, s.window) << limit;
  }
  EXPECT_GT(descriptor_share::of(std::numeric_limits<std::size_t>::max()).window, std::size_t{1} << 60);
}

}  // namespace
}  // namespace sluice::core
