#include "engine/dispatch/dispatcher.hpp"

#include "fake_world.hpp"
#include "scarce_memory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <random>
#include <utility>

namespace sluice::engine {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace): of literals only
using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::IsEmpty;
using testing::SizeIs;
namespace sys = boost::system::errc;
using turn = dispatcher::turn;

config as_wide_as(std::size_t n) {
  auto c = fake::cfg();
  c.window = window::fixed(n);
  return c;
}

/// The rooms and one owner, whose jobs are of files that are there.
struct dispatching_world : fake::world {
  explicit dispatching_world(std::size_t wide = 2) : dispatching_world{as_wide_as(wide)} {}
  explicit dispatching_world(const config& c) : fake::world{c} {}

  void push(std::uint64_t seq, turn t = turn::last, std::shared_ptr<fake::owner> of = nullptr) {
    const auto path = "f" + std::to_string(seq);
    if (!files.contains(path)) add(path);
    rooms.dispatcher.push(fake::job_of(of ? std::move(of) : who, path, seq), t);
  }
  void push_up_to(std::uint64_t last) {
    for (std::uint64_t n = 1; n <= last; ++n) push(n);
  }
  void pump() {
    rooms.dispatcher.pump();
    settle();
  }
  void answer_all(const io::exchange_report& r = fake::answered()) {
    const auto begun = exchanges.size();  // more exchanges begin meanwhile
    for (std::size_t n = 0; n < begun; ++n)
      if (exchanges[n].open) answer(n, r);
  }
  std::vector<std::uint64_t> decided() const {
    std::vector<std::uint64_t> all;
    for (const auto& d : who->decided) all.push_back(d.seq);
    return all;
  }

  std::shared_ptr<fake::owner> who = std::make_shared<fake::owner>(*this);
  fake::rooms rooms{*this};
};

TEST(dispatcher, never_has_more_in_flight_than_permits_and_never_fewer_than_it_could) {
  std::mt19937 chance{1};
  for (const std::size_t wide : {1u, 2u, 5u, 30u}) {
    dispatching_world w{wide};
    std::size_t pushed = 0;
    for (int step = 0; step < 300; ++step) {
      if (chance() % 2 == 0) {
        w.push(++pushed);
        w.pump();
      } else if (w.in_flight() > 0) {
        std::vector<std::size_t> open;
        for (std::size_t n = 0; n < w.exchanges.size(); ++n)
          if (w.exchanges[n].open) open.push_back(n);
        w.answer(open[chance() % open.size()]);
      }
      const auto left = pushed - w.who->decided.size();
      ASSERT_EQ(w.in_flight(), std::min(wide, left)) << "window " << wide << ", step " << step;
      ASSERT_EQ(w.rooms.window.permits().in_use(), w.in_flight());
    }
    EXPECT_LE(w.connections, wide) << "one connection a permit";
  }
}

TEST(dispatcher, begins_jobs_in_the_order_of_the_backlog) {
  dispatching_world w{3};
  w.push_up_to(20);
  w.pump();
  while (w.in_flight() > 0) w.answer_all();
  std::vector<std::uint64_t> in_order(20);
  std::iota(in_order.begin(), in_order.end(), 1);
  EXPECT_THAT(w.who->begun, ElementsAreArray(in_order));
}

TEST(dispatcher, puts_fresh_jobs_before_the_others_and_first_ones_before_all) {
  dispatching_world w{1};
  w.push(1), w.push(2);
  w.push(3, turn::fresh), w.push(4, turn::fresh);
  w.push(5, turn::first), w.push(6, turn::first);
  w.pump();
  while (w.in_flight() > 0) w.answer_all();
  EXPECT_THAT(w.who->begun, ElementsAre(6, 5, 3, 4, 1, 2));
}

TEST(dispatcher, begins_nothing_while_it_is_held) {
  dispatching_world w;
  w.push_up_to(4);
  w.rooms.dispatcher.gate().hold(true);
  w.pump();
  w.pass(1h);
  EXPECT_THAT(w.exchanges, IsEmpty());
  w.rooms.dispatcher.gate().hold(false);
  w.pump();
  EXPECT_EQ(w.in_flight(), 2u);
  w.rooms.dispatcher.gate().hold(true);
  w.answer_all();
  EXPECT_THAT(w.exchanges, SizeIs(2)) << "a lane that is free takes no other";
}

TEST(dispatcher, begins_nothing_while_the_endpoint_asks_for_a_pause) {
  dispatching_world w{2};
  w.push_up_to(6);
  w.pump();
  auto later = fake::answered(503);
  later.outcome.reply->retry_after = "30";
  w.answer(0, later);
  w.answer(1);
  w.pass(29s);
  EXPECT_THAT(w.exchanges, SizeIs(2)) << "the pause is of the whole pool";
  w.pass(2s);
  EXPECT_THAT(w.exchanges, SizeIs(4)) << "and ends by itself";
}

TEST(dispatcher, pauses_for_nobody_when_it_must_not_hold_back) {
  auto c = as_wide_as(1);
  c.retry.hold_back = false;
  dispatching_world w{c};
  w.push_up_to(2);
  w.pump();
  auto later = fake::answered(503);
  later.outcome.reply->retry_after = "30";
  w.answer(0, later);
  EXPECT_THAT(w.exchanges, SizeIs(2));
}

TEST(dispatcher, keeps_the_rate_by_its_own_timer) {
  auto c = as_wide_as(100);
  c.limit.requests_per_second = 10;
  dispatching_world w{c};
  w.push_up_to(100);
  w.pump();
  w.pass(3s);
  EXPECT_NEAR(static_cast<double>(w.exchanges.size()), 31, 1);
}

TEST(dispatcher, sends_one_probe_and_holds_the_others_back_until_it_has_ended) {
  dispatching_world w{4};
  w.push_up_to(8);
  w.who->deciding = [&](job&, const outcome& o) { return o.again; };
  w.pump();
  w.answer_all(fake::silent(errc::host_not_found));
  ASSERT_TRUE(w.rooms.dispatcher.gate().unreachable());
  const auto before = w.exchanges.size();
  w.pass(1h);
  EXPECT_EQ(w.exchanges.size(), before + 1) << "one probe, and nobody else while it looks";
  w.answer(before, fake::silent(errc::host_not_found));
  w.pass(1h);
  EXPECT_EQ(w.exchanges.size(), before + 2);
  w.answer(before + 1);
  EXPECT_EQ(w.in_flight(), 4u) << "all begin as soon as it went well";
}

TEST(dispatcher, sends_another_probe_where_the_first_did_not_come_to_ask) {
  dispatching_world w{1};
  w.push_up_to(9);
  w.pump();
  while (!w.rooms.dispatcher.gate().unreachable()) w.answer_all(fake::silent(errc::host_not_found));
  for (std::uint64_t n = w.exchanges.size() + 1; n < 8; ++n) w.files.erase("f" + std::to_string(n));
  const auto before = w.exchanges.size();
  w.pass(1h);
  EXPECT_EQ(w.exchanges.size(), before + 1) << "files that are gone show nothing of the endpoint";
}

TEST(dispatcher, aborts_the_exchanges_of_one_owner_and_of_no_other) {
  dispatching_world w{4};
  const auto other = std::make_shared<fake::owner>(w);
  w.push(1), w.push(2, turn::last, other), w.push(3), w.push(4, turn::last, other);
  w.pump();
  ASSERT_EQ(w.in_flight(), 4u);
  w.rooms.dispatcher.abort(w.who.get(), errc::stopped);
  w.settle();
  EXPECT_THAT(w.decided(), testing::UnorderedElementsAre(1, 3));
  EXPECT_THAT(other->decided, IsEmpty());
  EXPECT_EQ(w.in_flight(), 2u);
  w.rooms.dispatcher.abort(nullptr, errc::stopped);
  w.settle();
  EXPECT_THAT(other->decided, SizeIs(2));
}

TEST(dispatcher, takes_a_cancelled_job_out_of_a_lane_before_its_coroutine_has_begun) {
  dispatching_world w{1};
  w.push(1);
  w.rooms.dispatcher.pump();  // no turn of the loop yet
  EXPECT_THAT(w.rooms.dispatcher.take_waiting(w.who.get()), IsEmpty());
  w.who->end = errc::stopped;
  w.settle();
  EXPECT_THAT(w.exchanges, IsEmpty());
  ASSERT_THAT(w.who->decided, SizeIs(1));
  EXPECT_EQ(w.who->decided.front().what.error, errc::stopped);
}

TEST(dispatcher, gives_back_what_waits_of_one_owner_or_of_all) {
  dispatching_world w{1};
  const auto other = std::make_shared<fake::owner>(w);
  w.push(1), w.push(2), w.push(3, turn::last, other), w.push(4, turn::fresh), w.push(5, turn::last, other);
  const auto ours = w.rooms.dispatcher.take_waiting(w.who.get());
  EXPECT_THAT(ours, SizeIs(3));
  for (const auto& j : ours) EXPECT_EQ(j->owner, w.who);
  EXPECT_THAT(w.rooms.dispatcher.take_waiting(nullptr), SizeIs(2));
  EXPECT_TRUE(w.rooms.dispatcher.backlog().empty());
}

TEST(dispatcher, begins_a_job_again_when_it_is_due_and_not_before) {
  dispatching_world w{2};
  int tries = 0;
  w.who->deciding = [&](job&, const outcome&) {
    return ++tries < 4 ? std::optional{w.now + 10s * tries} : std::nullopt;
  };
  w.push(1);
  w.pump();
  std::vector<core::steady_time::duration> at;
  const auto begun = w.now;
  while (w.who->decided.size() < 4) {
    at.push_back(w.now - begun);
    w.answer_all(fake::answered(503));
    const auto due = w.next_timer();
    if (w.who->decided.size() == 4) break;
    EXPECT_EQ(w.rooms.dispatcher.backlog().backing_off(), 1u);
    w.pass(due - w.now - 1ms);
    EXPECT_EQ(w.in_flight(), 0u) << "too early";
    w.pass(1ms);
    ASSERT_EQ(w.in_flight(), 1u);
  }
  EXPECT_THAT(at, ElementsAre(0s, 10s, 30s, 60s));
}

TEST(dispatcher, wakes_for_the_soonest_of_those_that_back_off) {
  dispatching_world w{2};
  w.who->deciding = [&](job& j, const outcome&) { return std::optional{w.now + (j.seq == 1 ? 60s : 5s)}; };
  w.push_up_to(2);
  w.pump();
  w.answer(0, fake::answered(503));
  w.answer(1, fake::answered(503));
  w.pass(5s);
  EXPECT_THAT(w.who->begun, ElementsAre(1, 2, 2));
}

TEST(dispatcher, tells_of_the_endpoint_before_the_job_has_its_outcome) {
  dispatching_world w{1};
  w.push(1);
  w.rooms.on_judged = [&](const core::judgement&) { EXPECT_THAT(w.who->decided, IsEmpty()); };
  w.pump();
  w.answer_all(fake::answered(413));
  EXPECT_THAT(w.rooms.judged, ElementsAre(core::blame::file));
  EXPECT_THAT(w.who->decided, SizeIs(1));
}

TEST(dispatcher, says_nothing_of_the_endpoint_where_it_was_not_asked) {
  dispatching_world w{1};
  w.push(1), w.push(2);
  w.files.erase("f1");
  w.pump();
  w.rooms.dispatcher.abort(nullptr, errc::stopped);
  w.settle();
  EXPECT_THAT(w.who->decided, SizeIs(2));
  EXPECT_THAT(w.rooms.judged, IsEmpty());
}

TEST(dispatcher, asks_for_more_when_little_waits_and_tells_when_a_lane_has_ended) {
  dispatching_world w{1};
  w.push_up_to(2);
  w.pump();
  EXPECT_GT(w.rooms.lows, 0u);
  EXPECT_EQ(w.rooms.ended, 0u);
  w.answer_all();
  EXPECT_EQ(w.rooms.ended, 0u) << "it goes on with the second";
  w.answer_all();
  EXPECT_EQ(w.rooms.ended, 1u);
  EXPECT_EQ(w.rooms.window.permits().in_use(), 0u);
}

TEST(dispatcher, takes_what_its_listener_pushes_when_little_waits) {
  dispatching_world w{2};
  std::uint64_t pushed = 0;
  w.rooms.on_low = [&] {
    if (pushed < 5) w.push(++pushed);
  };
  w.pump();
  while (w.in_flight() > 0) w.answer_all();
  EXPECT_THAT(w.who->begun, SizeIs(5));
}

TEST(dispatcher, has_marks_that_follow_the_window) {
  for (const auto& [wide, high] : {std::pair<std::size_t, std::size_t>{1, 64}, {16, 64}, {100, 400}}) {
    dispatching_world w{wide};
    w.rooms.dispatcher.gate().hold(true);
    std::size_t n = 0;
    for (; !w.rooms.dispatcher.backlog().full(); ++n) w.push(n);
    EXPECT_EQ(n, high) << "window " << wide;
    EXPECT_FALSE(w.rooms.dispatcher.backlog().low());
  }
}

TEST(dispatcher, lets_lanes_end_when_the_window_was_made_smaller_and_begins_more_when_wider) {
  dispatching_world w{4};
  w.push_up_to(20);
  w.pump();
  w.rooms.window.set(window::fixed(1)), w.rooms.dispatcher.resized();
  w.answer(0), w.answer(1), w.answer(2);
  EXPECT_EQ(w.in_flight(), 1u);
  w.answer_all();
  EXPECT_EQ(w.in_flight(), 1u);
  w.rooms.window.set(window::fixed(6)), w.rooms.dispatcher.resized();
  w.pump();
  EXPECT_EQ(w.in_flight(), 6u);
}

TEST(dispatcher, has_fewer_in_flight_when_descriptors_run_out) {
  dispatching_world w{3};
  w.push_up_to(6);
  w.files["f2"]->refusals = {make_error_code(sys::too_many_files_open),
                             make_error_code(sys::too_many_files_open)};  // ahead, and in its turn
  w.who->deciding = [](job&, const outcome& o) { return o.again; };
  w.pump();
  EXPECT_EQ(w.rooms.window.permits().limit(), 2u);
  EXPECT_EQ(w.rooms.dispatcher.backlog().backing_off(), 1u);
  EXPECT_LE(w.in_flight(), 2u);
}

TEST(dispatcher, widens_an_automatic_window_and_fills_it) {
  auto c = fake::cfg();
  c.window = window::automatic(40);
  dispatching_world w{c};
  w.push_up_to(400);
  w.pump();
  while (w.in_flight() > 0) {
    const auto first = std::ranges::find_if(w.exchanges, &fake::world::exchange::open) - w.exchanges.begin();
    auto r = fake::answered();
    w.now += 20ms / w.in_flight();
    r.times.begun = w.now - 20ms, r.times.ended = w.now, r.reused = true;
    w.answer(static_cast<std::size_t>(first), r);
    if (w.rooms.dispatcher.backlog().empty()) continue;
    ASSERT_EQ(w.in_flight(), w.rooms.window.permits().limit()) << "a permit lies idle";
  }
  EXPECT_GT(w.rooms.window.permits().max(), core::auto_window::start);
}

TEST(dispatcher, opens_the_next_files_before_a_connection_wants_them) {
  dispatching_world w{1};
  w.push_up_to(20);
  w.pump();
  EXPECT_EQ(w.in_flight(), 1u);
  EXPECT_GT(w.openings.size(), 2u);
  EXPECT_LT(w.openings.size(), 10u) << "and not the whole source";
  const auto ahead = w.openings.size();
  w.answer_all();
  EXPECT_EQ(std::ranges::count(w.openings, "f2", &fake::world::opening::path), 1) << "and once";
  EXPECT_LE(w.openings.size(), ahead + 4);
}

TEST(dispatcher, opens_nothing_ahead_while_all_wait_nor_for_bodies) {
  dispatching_world w{1};
  w.push_up_to(20);
  w.rooms.dispatcher.gate().pause_until(w.now + 10s);
  w.pump();
  EXPECT_THAT(w.openings, IsEmpty());
  dispatching_world bodies{1};
  bodies.who->terms_.files = false;
  bodies.push_up_to(20);
  bodies.pump();
  EXPECT_THAT(bodies.openings, SizeIs(1)) << "the fake's own, in its turn";
}

TEST(dispatcher, lets_others_run_between_many_files_that_need_no_network) {
  dispatching_world w{1};
  w.push_up_to(100);
  w.files.clear();
  std::size_t by_then = 0;
  w.rooms.dispatcher.pump();
  asio::post(w.loop, [&] { asio::post(w.loop, [&] { by_then = w.who->decided.size(); }); });
  w.settle();
  EXPECT_EQ(w.who->decided.size(), 100u);
  EXPECT_LE(by_then, 48u);
}

TEST(dispatcher, pumps_soon_unless_the_engine_is_gone) {
  dispatching_world w{1}, gone{1};
  w.push(1), gone.push(1);
  w.rooms.dispatcher.pump_soon(), gone.rooms.dispatcher.pump_soon();
  EXPECT_THAT(w.exchanges, IsEmpty()) << "not within the call";
  gone.whole.reset();
  w.settle(), gone.settle();
  EXPECT_THAT(w.exchanges, SizeIs(1));
  EXPECT_THAT(gone.exchanges, IsEmpty());
}

TEST(dispatcher, does_not_wake_an_engine_that_is_gone) {
  dispatching_world w{1};
  w.push(1);
  w.rooms.dispatcher.gate().pause_until(w.now + 10s);
  w.pump();
  w.whole.reset();
  w.pass(1h);
  EXPECT_THAT(w.exchanges, IsEmpty());
}

TEST(dispatcher, lets_go_of_all_that_waits_when_the_loop_dies) {
  dispatching_world w{1};
  w.push_up_to(3);
  w.rooms.dispatcher.pump();
  w.rooms.dispatcher.abandon();
  EXPECT_EQ(w.who.use_count(), 2) << "the lane still has its owner, and no job";
  EXPECT_THAT(w.who->decided, IsEmpty());
}

TEST(dispatcher, ends_the_turn_of_a_job_that_met_an_exception_and_goes_on) {
  dispatching_world w{1};
  w.push_up_to(3);
  int judged = 0;
  w.who->judging = [&] {
    if (++judged == 1) throw std::bad_alloc{};
  };
  w.pump();
  while (w.in_flight() > 0) w.answer_all();
  EXPECT_THAT(w.decided(), ElementsAre(1, 2, 3));
  EXPECT_EQ(w.who->decided.front().what.error, sys::not_enough_memory);
  EXPECT_EQ(w.who->totals_.figures().unknown_outcomes, 1u) << "the server may have it";
}

TEST(dispatcher, decides_a_job_once_whatever_is_thrown_after) {
  dispatching_world w{1};
  w.push(1);
  w.who->deciding = [](job& j, const outcome&) -> std::optional<core::steady_time> {
    j.attempts.settled = true;
    throw std::bad_alloc{};
  };
  w.pump();
  w.answer_all();
  EXPECT_THAT(w.who->decided, IsEmpty()) << "it had its fate when it threw";
  EXPECT_EQ(w.rooms.window.permits().in_use(), 0u);
}

TEST(dispatcher, leaves_a_job_whole_that_finds_no_room) {
  for (const auto& [t, good] :
       {std::pair{turn::last, 0u}, {turn::last, 1u}, {turn::fresh, 1u}, {turn::first, 1u}}) {
    dispatching_world w{1};
    int pushed = 0, failed = 0;
    for (std::uint64_t seq = 1; seq <= 100; ++seq) {
      auto j = fake::job_of(w.who, "f", seq);
      const fake::scarce_memory scarce{good};
      try {
        w.rooms.dispatcher.push(std::move(j), t);
        ++pushed;
      } catch (const std::bad_alloc&) {
        ++failed;
        EXPECT_EQ(j.owner, w.who);
        EXPECT_EQ(j.path, "f");
        EXPECT_EQ(j.seq, seq);
      }
    }
    EXPECT_GT(failed, 0);
    EXPECT_EQ(w.rooms.dispatcher.backlog().size(), static_cast<std::size_t>(pushed));
  }
}

TEST(dispatcher, loses_no_job_whichever_allocation_fails_as_it_begins) {
  for (std::size_t good = 0; good < 300; ++good) {
    dispatching_world w{2};
    w.who->decided.reserve(16), w.who->begun.reserve(16), w.exchanges.reserve(16), w.openings.reserve(64);
    w.push_up_to(4);
    bool failed = false;
    {
      const fake::scarce_memory scarce{good};
      try {
        w.rooms.dispatcher.pump();
      } catch (const std::bad_alloc&) {  // no connection could be made
      }
      failed = scarce.failed();
    }
    w.pump();
    while (w.in_flight() > 0) w.answer_all();
    auto all = w.decided();
    std::ranges::sort(all);
    ASSERT_THAT(all, ElementsAre(1, 2, 3, 4)) << "after " << good << " allocations";
    ASSERT_EQ(w.rooms.window.permits().in_use(), 0u);
    if (!failed) return;
  }
  FAIL() << "it never came to its end";
}

TEST(dispatcher, keeps_a_job_that_waits_again_when_memory_runs_out_right_behind_it) {
  auto c = fake::cfg();
  c.window = window::automatic(8);
  dispatching_world w{c};
  w.push_up_to(2);
  w.pump();
  w.who->deciding = [&](job&, const outcome&) { return std::optional{w.now + 5s}; };
  unsigned thrown = 0;
  w.rooms.on_low = [&] {  // the window has grown, and a further job is looked for
    if (thrown++ == 0) throw std::bad_alloc{};
  };
  w.answer(0);
  EXPECT_GT(thrown, 0u);
  EXPECT_EQ(w.rooms.dispatcher.backlog().backing_off(), 1u);
  EXPECT_THAT(w.who->decided, SizeIs(1)) << "it has one fate";
}

TEST(dispatcher, begins_nothing_where_no_connection_can_be_made) {
  dispatching_world w{1};
  w.push(1);
  w.no_connections = true;
  EXPECT_THROW(w.rooms.dispatcher.pump(), std::bad_alloc);
  EXPECT_EQ(w.rooms.window.permits().in_use(), 0u);
  EXPECT_EQ(w.rooms.dispatcher.backlog().size(), 1u);
  w.no_connections = false;
  w.pump();
  EXPECT_EQ(w.in_flight(), 1u) << "it can be called again";
}

}  // namespace
}  // namespace sluice::engine
