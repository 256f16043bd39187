#include "engine/dispatch/window_control.hpp"

#include "fake_world.hpp"

#include <gtest/gtest.h>

namespace sluice::engine {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace): of literals only

config with_window(window wanted) {
  auto c = fake::cfg();
  c.window = wanted;
  return c;
}

/// Attempts against a server that has room for any number of them.
void serve(fake::world& w, window_control& control, int attempts) {
  for (int n = 0; n < attempts; ++n) {
    const auto limit = control.permits().limit();
    w.now += 20ms / limit;
    control.observe({.begun = w.now - 20ms, .now = w.now, .bytes = 1000, .in_flight = limit});
  }
}

TEST(window_control, that_is_fixed_stays_as_it_is) {
  fake::world w{with_window(window::fixed(7))};
  window_control control{w.context};
  EXPECT_EQ(control.permits().limit(), 7u);
  serve(w, control, 500);
  control.observe({.what = core::window_sample::kind::overload, .begun = w.now, .now = w.now});
  EXPECT_EQ(control.permits().limit(), 7u);
  EXPECT_EQ(control.changes(), 0u);
}

TEST(window_control, that_is_fixed_shrinks_by_one_and_not_to_nothing) {
  fake::world w{with_window(window::fixed(3))};
  window_control control{w.context};
  for (const std::size_t limit : {2u, 1u, 1u}) {
    control.shrink();
    EXPECT_EQ(control.permits().limit(), limit);
  }
}

TEST(window_control, asks_for_the_processor_time_and_does_not_grow_where_the_loop_is_the_limit) {
  fake::world w{with_window(window::automatic(500))};
  window_control control{w.context};
  for (int n = 0; n < 5000; ++n) {
    w.now += 100us, w.worked += 95us;
    const auto limit = control.permits().limit();
    control.observe({.begun = w.now - 100us * limit, .now = w.now, .bytes = 1000, .in_flight = limit});
  }
  EXPECT_EQ(control.permits().limit(), core::auto_window::own_least);
}

TEST(window_control, begins_small_where_it_is_automatic_and_grows_with_what_it_brings) {
  auto c = with_window(window::automatic(50));
  std::vector<window_change> told;
  c.on_window = [&](const window_change& change) { told.push_back(change); };
  fake::world w{c};
  window_control control{w.context};
  EXPECT_EQ(control.permits().limit(), core::auto_window::start);
  serve(w, control, 2000);
  EXPECT_GT(control.permits().limit(), 8u);
  EXPECT_LE(control.permits().max(), 50u);
  ASSERT_FALSE(told.empty());
  EXPECT_EQ(told.size(), control.changes());
  EXPECT_EQ(told.front().from, core::auto_window::start);
  for (std::size_t n = 0; n < told.size(); ++n) {
    EXPECT_NE(told[n].from, told[n].to) << "nothing changed";
    if (n > 0) {
      EXPECT_EQ(told[n].from, told[n - 1].to) << "a change was not told";
    }
  }
}

TEST(window_control, is_cut_to_what_descriptors_allow) {
  fake::world w{with_window(window::automatic())};
  w.context.settings.descriptors.window = 5;
  window_control control{w.context};
  serve(w, control, 2000);
  EXPECT_LE(control.permits().max(), 5u);
}

TEST(window_control, that_is_automatic_gives_way_when_descriptors_run_out_and_says_why) {
  auto c = with_window(window::automatic(64));
  std::vector<window_change> told;
  c.on_window = [&](const window_change& change) { told.push_back(change); };
  fake::world w{c};
  window_control control{w.context};
  serve(w, control, 1000);
  told.clear();
  const auto before = control.permits().limit();
  const auto changes = control.changes();
  while (control.permits().in_use() < before) control.permits().try_take();
  w.now += 1s;
  control.shrink();
  EXPECT_LT(control.permits().limit(), before);
  EXPECT_EQ(control.changes(), changes + 1);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told.front().reason, window_reason::limited);
  EXPECT_EQ(told.front().to, control.permits().limit());
  EXPECT_EQ(told.front().in_flight, before);
}

TEST(window_control, is_as_wide_as_it_is_whether_its_observer_has_memory_or_not) {
  auto c = with_window(window::automatic(50));
  c.on_window = [](const window_change&) { throw std::bad_alloc{}; };
  fake::world w{c};
  window_control control{w.context};
  EXPECT_NO_THROW(serve(w, control, 1000));
  EXPECT_GT(control.permits().limit(), core::auto_window::start);
  EXPECT_GT(control.changes(), 0u);
}

TEST(window_control, takes_what_is_set_from_then_on) {
  fake::world w{with_window(window::automatic(50))};
  window_control control{w.context};
  control.set(window::fixed(9));
  serve(w, control, 1000);
  EXPECT_EQ(control.permits().limit(), 9u);
  control.set(window::fixed(0));
  EXPECT_EQ(control.permits().limit(), 1u) << "or nothing would ever be sent";
  control.set(window::automatic(50));
  EXPECT_EQ(control.permits().limit(), core::auto_window::start) << "it begins anew";
  EXPECT_EQ(control.changes(), 0u) << "what was set is no change of its own";
}

}  // namespace
}  // namespace sluice::engine
