#include "core/files/file_identity.hpp"

#include <gtest/gtest.h>

using namespace std::chrono_literals;
using namespace sluice::core;

namespace {

TEST(file_identity, just_made_is_what_is_empty_and_changed_a_moment_ago) {
  const wall_time changed{std::chrono::hours{24 * 365 * 50}};
  const auto ctime_ns = std::chrono::nanoseconds{changed.time_since_epoch()}.count();
  const file_identity empty{.device = 1, .inode = 2, .size = 0, .mtime_ns = 3, .ctime_ns = ctime_ns};
  struct {
    std::chrono::nanoseconds age;
    bool just_made;
  } const table[] = {{0ns, true}, {moment - 1us, true}, {moment, false},
                     {1h, false}, {-1us, false},        {-1h, false}};
  for (const auto& row : table) {
    const auto now = changed + std::chrono::duration_cast<wall_time::duration>(row.age);
    EXPECT_EQ(just_made(empty, now), row.just_made) << row.age.count() << " ns";
    auto written = empty;
    written.size = 1;
    EXPECT_FALSE(just_made(written, now)) << "somebody has written to it: the kernel knows who";
  }
}

}  // namespace
