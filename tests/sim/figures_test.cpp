// What an endpoint in trouble costs, measured in simulated time; and that a seed tells one story only.
#include "sim/scenario.hpp"

#include <gtest/gtest.h>
#include <boost/asio/system_executor.hpp>

#include <algorithm>

namespace sim {
namespace {

using std::chrono::minutes;

TEST(simulation, tells_the_same_story_twice) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    const auto once = tell(seed), again = tell(seed);
    EXPECT_EQ(once.hash, again.hash) << "seed " << seed;
    EXPECT_EQ(once.events, again.events);
  }
}

TEST(simulation, tells_another_story_for_another_seed) { EXPECT_NE(tell(1).hash, tell(2).hash); }

TEST(simulation, cries_when_a_file_is_taken_away_unconfirmed) {
  scenario s{1};
  s.populate(1);
  std::optional<file> f;
  files world_files{asio::system_executor{}};
  world_files.open_file(nullptr, s.on.names.begin()->first, false, f);
  world_files.remove(*f);
  EXPECT_NE(s.w.failure(), "");
}

TEST(simulation, cries_when_a_file_is_sent_twice_without_a_reason) {
  scenario s{1};
  s.to.commit("key", "name", "bytes", true);
  EXPECT_EQ(s.w.failure(), "");
  s.to.commit("key", "name", "bytes", true);
  EXPECT_NE(s.w.failure(), "");
}

class long_trouble : public testing::Test {
 protected:
  void begin(std::size_t number_of_files, const weather& now) {
    s.cfg = {};
    s.cfg.url = "http://endpoint.invalid/upload";
    s.cfg.on_success = sluice::disposal::remove();
    s.cfg.window = sluice::window::fixed(16);
    s.populate(number_of_files);
    s.to.weather = now;
    s.start();
  }
  /// Runs one after the other, for ten minutes of the simulation.
  void run_on() {
    for (const auto end = s.w.now() + minutes{10}; s.w.now() < end && s.w.failure().empty();) {
      const auto r = s.drain(false, false);
      ASSERT_TRUE(r) << s.w.failure();
      attempts += r->attempts, retries += r->retries, accepted += r->accepted;
      if (r->seen == 0) break;
    }
  }
  double amplification() const {
    return static_cast<double>(attempts) / static_cast<double>(attempts - retries);
  }

  scenario s{1};
  std::uint64_t attempts = 0, retries = 0, accepted = 0;
};

TEST_F(long_trouble, of_nothing_but_503_is_amplified_by_a_tenth_at_most) {
  weather now;
  now.busy = 1;
  begin(5000, now);
  run_on();
  EXPECT_EQ(accepted, 0u);
  EXPECT_LE(amplification(), 1.10) << attempts << " attempts, " << retries << " retries";
  RecordProperty("amplification", std::to_string(amplification()));
}

TEST_F(long_trouble, of_503_almost_always_is_amplified_by_a_tenth_at_most) {
  weather now;
  now.busy = 0.98;
  begin(5000, now);
  run_on();
  EXPECT_GT(accepted, 0u);
  EXPECT_LE(amplification(), 1.10) << attempts << " attempts, " << retries << " retries";
}

TEST_F(long_trouble, of_503_costs_one_run_no_more_than_its_patience) {
  weather now;
  now.busy = 1;
  begin(5000, now);
  const auto r = s.drain(false, false);
  ASSERT_TRUE(r);
  EXPECT_EQ(r->reason, sluice::stop_reason::unreachable);
  EXPECT_LE(r->attempts, 100u + 16u + 5u) << "100 in a row, what was in flight, five probes";
}

TEST_F(long_trouble, of_401_costs_the_window_and_a_handful) {
  weather now;
  now.auth = 1;
  begin(5000, now);
  const auto r = s.drain(false, false);
  ASSERT_TRUE(r);
  EXPECT_EQ(r->reason, sluice::stop_reason::refused);
  EXPECT_LE(r->attempts, 16u + 5u);
  EXPECT_EQ(r->deleted, 0u);
}

TEST_F(long_trouble, of_no_connection_costs_a_handful) {
  weather now;
  now.no_connection = 1;
  begin(5000, now);
  const auto r = s.drain(false, false);
  ASSERT_TRUE(r);
  EXPECT_LE(r->attempts, 16u + 3u + 5u);
}

}  // namespace
}  // namespace sim
