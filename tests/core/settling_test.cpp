#include "core/files/settling.hpp"

#include <gtest/gtest.h>

namespace sluice::core {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

constexpr std::int64_t s = 1'000'000'000;
const steady_time settling_start{1h};
const wall_time today{std::chrono::seconds{1000}};

file_identity changed_at(std::int64_t mtime, std::int64_t ctime, std::uint64_t inode = 1) {
  return {.device = 8, .inode = inode, .size = 10, .mtime_ns = mtime, .ctime_ns = ctime};
}

TEST(settling, the_later_of_both_times_counts_by_the_clock_of_the_file_system) {
  struct {
    std::int64_t mtime, ctime, clock;
    nanoseconds remaining;
  } const rows[] = {
      {100 * s, 100 * s, 100 * s, 10s}, {100 * s, 100 * s, 104 * s, 6s},  {100 * s, 100 * s, 110 * s, 0s},
      {100 * s, 100 * s, 500 * s, 0s},  {100 * s, 104 * s, 110 * s, 4s},  // the file's times were set back
      {104 * s, 100 * s, 110 * s, 4s},  // a file system without change times of its own
      {999 * s, 100 * s, 110 * s, 0s},  // a modification time in the future says nothing
      {999 * s, 105 * s, 110 * s, 5s},  {100 * s, 120 * s, 110 * s, 10s},  // the clock was set back
  };
  for (const auto& r : rows) {
    settling settle{10s};
    EXPECT_EQ(settle.remaining(changed_at(r.mtime, r.ctime), r.clock, today, settling_start), r.remaining)
        << r.mtime << ' ' << r.ctime << ' ' << r.clock;
  }
}

TEST(settling, an_unknown_clock_is_never_ahead) {
  settling settle{10s};
  EXPECT_EQ(settle.remaining(changed_at(100 * s, 100 * s), {}, today, settling_start),
            10s);  // the first file could be new
  EXPECT_EQ(settle.remaining(changed_at(90 * s, 90 * s, 2), {}, today, settling_start),
            0s);  // older than one seen
  EXPECT_EQ(settle.remaining(changed_at(97 * s, 97 * s, 3), {}, today, settling_start), 7s);
  EXPECT_EQ(settle.remaining(changed_at(100 * s, 100 * s), {}, today, settling_start + 4s), 6s);
  EXPECT_EQ(settle.remaining(changed_at(100 * s, 100 * s), {}, today, settling_start + 10s), 0s);
  // A change that is later than our clock says corrects it.
  EXPECT_EQ(settle.remaining(changed_at(200 * s, 200 * s, 4), {}, today, settling_start + 11s), 10s);
  EXPECT_EQ(settle.remaining(changed_at(195 * s, 195 * s, 5), {}, today, settling_start + 11s), 5s);
}

TEST(settling, each_file_system_has_its_own_clock) {
  settling settle{10s};
  auto other = changed_at(100 * s, 100 * s);
  other.device = 9;
  EXPECT_EQ(settle.remaining(changed_at(500 * s, 500 * s), {}, today, settling_start), 10s);
  EXPECT_EQ(settle.remaining(other, {}, today, settling_start), 10s);
}

TEST(settling, a_time_in_our_future_is_no_evidence_of_the_clock) {
  settling settle{10s};
  // A file with a time that somebody has set, or from a day when that clock was wrong.
  EXPECT_EQ(settle.remaining(changed_at(9000 * s, 9000 * s), {}, today, settling_start), 10s);
  EXPECT_EQ(settle.remaining(changed_at(990 * s, 990 * s, 2), {}, today, settling_start), 10s)
      << "it could be new";
  EXPECT_EQ(settle.remaining(changed_at(985 * s, 985 * s, 3), {}, today, settling_start + 1s), 4s);
}

TEST(settling, two_looks_that_found_the_same_show_it_whatever_the_clock_says) {
  for (const std::optional<std::int64_t> clock : {std::optional<std::int64_t>{}, std::optional{900 * s}}) {
    settling settle{10s};
    auto future = changed_at(9000 * s, 9000 * s);
    EXPECT_EQ(settle.remaining(future, clock, today, settling_start), 10s);
    EXPECT_EQ(settle.remaining(future, clock, today, settling_start + 4s), 6s);
    future.size += 1;
    EXPECT_EQ(settle.remaining(future, clock, today, settling_start + 8s), 10s) << "it was written";
    EXPECT_EQ(settle.remaining(future, clock, today, settling_start + 18s), 0s);
  }
}

TEST(settling, our_own_removal_of_another_name_is_no_change) {
  settling settle{10s};
  settle.name_removed(changed_at(50 * s, 60 * s), changed_at(50 * s, 100 * s));
  EXPECT_EQ(settle.remaining(changed_at(50 * s, 100 * s), 101 * s, today, settling_start), 0s);
  // One name is somebody else's, one is of another file, and one was written lately.
  EXPECT_EQ(settle.remaining(changed_at(50 * s, 100 * s + 1), 101 * s, today, settling_start), 9s + 1ns);
  EXPECT_EQ(settle.remaining(changed_at(50 * s, 100 * s, 2), 101 * s, today, settling_start), 9s);
  EXPECT_EQ(settle.remaining(changed_at(99 * s, 100 * s), 101 * s, today, settling_start), 8s);
}

TEST(settling, knows_what_its_own_removals_did_to_a_change_time) {
  settling settle{10s};
  const auto at = [](std::int64_t ctime) { return changed_at(50 * s, ctime * s); };
  EXPECT_FALSE(settle.only_names_removed(at(60), at(70)));
  settle.name_removed(at(60), at(70));
  settle.name_removed(at(70), at(80));
  for (const std::int64_t opened : {60, 70, 80}) EXPECT_TRUE(settle.only_names_removed(at(opened), at(80)));
  EXPECT_FALSE(settle.only_names_removed(at(59), at(80))) << "somebody else's came before";
  EXPECT_FALSE(settle.only_names_removed(at(60), at(81))) << "and after";
  EXPECT_FALSE(settle.only_names_removed(at(60), changed_at(51 * s, 80 * s))) << "it was written";
  settle.name_removed(at(85), at(90));  // another process did something between 80 and 85
  EXPECT_FALSE(settle.only_names_removed(at(70), at(90)));
  EXPECT_TRUE(settle.only_names_removed(at(85), at(90)));
}

TEST(settling, remembers_a_bounded_number_of_files) {
  settling settle{10s};
  for (std::uint64_t i = 0; i < 5000; ++i)
    settle.name_removed(changed_at(50 * s, 60 * s, i), changed_at(50 * s, 100 * s, i));
  EXPECT_EQ(settle.remaining(changed_at(50 * s, 100 * s, 4999), 101 * s, today, settling_start), 0s);
  EXPECT_EQ(settle.remaining(changed_at(50 * s, 100 * s, 0), 101 * s, today, settling_start), 9s);
  for (std::uint64_t i = 0; i < 20'000; ++i)
    settle.remaining(changed_at(9000 * s, 9000 * s, i), 100 * s, today, settling_start);
  EXPECT_EQ(settle.remaining(changed_at(9000 * s, 9000 * s, 1), 100 * s, today, settling_start + 10s), 10s)
      << "forgotten";
  EXPECT_EQ(settle.remaining(changed_at(9000 * s, 9000 * s, 19'999), 100 * s, today, settling_start + 10s),
            0s);
}

}  // namespace
}  // namespace sluice::core
