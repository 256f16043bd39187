// A day of a followed source, in simulated time.
#include "sim/scenario.hpp"

#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>

namespace sim {
namespace {

using namespace std::chrono_literals;

TEST(simulated_day, at_one_file_a_second_grows_by_nothing) {
  constexpr std::uint64_t day = 24 * 60 * 60;
  scenario s{1};
  s.cfg = {};
  s.cfg.url = "http://endpoint.invalid/upload";
  s.cfg.on_success = sluice::disposal::remove();
  s.to.weather = calm();
  s.start();

  std::uint64_t second = 0;
  std::size_t most_waiting = 0;
  std::vector<std::size_t> in_use;  // samples for each hour
  std::function<void()> tick = [&] {
    s.on.create("spool/f" + std::to_string(second), std::to_string(second));
    // Ten minutes of every sixth hour there is no connection.
    const bool down = second % 21'600 >= 18'000 && second % 21'600 < 18'600;
    s.to.weather.no_connection = down ? 1 : 0;
    if (second % 3600 == 1800) most_waiting = std::max(most_waiting, s.on.names.size());
    if (second % 3600 == 3599) {
      s.to.forget();
      in_use.push_back(::mallinfo2().uordblks);
    }
    if (++second < day) s.w.after(1s, world::owner::environment, tick);
  };
  s.w.after(1500ms, world::owner::environment, tick);
  const auto r = s.follow_for(std::chrono::seconds{day + 60});

  ASSERT_TRUE(r) << s.w.failure();
  EXPECT_EQ(r->counts[sluice::fate::accepted], day);
  EXPECT_EQ(r->deleted, day);
  EXPECT_TRUE(s.on.names.empty());
  EXPECT_LE(most_waiting, 2u) << "half an hour after an outage it has caught up";
  EXPECT_EQ(s.to.counted().duplicates, 0u);
  ASSERT_EQ(in_use.size(), 24u);
  if (in_use.back() == 0) GTEST_SKIP() << "a sanitizer's allocator tells of no bytes in use";
  EXPECT_LE(in_use[23], in_use[5] + 16 * 1024) << "bytes in use after the sixth hour and the last";
}

}  // namespace
}  // namespace sim
