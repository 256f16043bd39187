#include "engine/run/run.hpp"

#include "fake_world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::engine {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace): of literals only
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
namespace sys = boost::system::errc;

/// A run, whose jobs the test gives it.
struct running_world : fake::world {
  explicit running_world(const config& c = fake::cfg(), drain_options o = drain_options{}.collect())
      : fake::world{c}, rooms{*this, source::directory("spool"), std::move(o)} {}
  void begin() {
    rooms.begin();
    settle();
  }
  void give(std::uint64_t last, std::uint64_t first = 1) {
    for (auto n = first; n <= last; ++n) {
      const auto path = "f" + std::to_string(n);
      if (!files.contains(path)) add(path);
      made().begun();
      rooms.dispatcher.push(fake::job_of(rooms.made, path, n));
    }
    rooms.dispatcher.pump();
    settle();
  }
  void answer_all(const io::exchange_report& r = fake::answered()) {
    while (in_flight() > 0)
      for (std::size_t n = 0; n < exchanges.size(); ++n)
        if (exchanges[n].open) answer(n, r);
  }
  void end_feeding() {
    made().end_feeding();
    settle();
  }
  fake::hand_fed_run& made() { return *rooms.made; }
  bool over() const { return rooms.summary.has_value(); }
  const run_summary& summary() const { return rooms.summary.value(); }

  fake::run_rooms<fake::hand_fed_run> rooms;
};

TEST(run, sends_nothing_before_its_log_is_read_and_ends_when_it_is_told_to_meanwhile) {
  auto c = fake::cfg();
  c.job_log = "job.log", c.resume = true;
  running_world w{c};
  w.old_log = std::string(4 << 20, 'x'), w.log_takes = 1ms;
  w.rooms.begin();
  for (int n = 0; n < 8; ++n) w.loop.poll_one();
  progress p;
  w.made().fill(p);
  ASSERT_TRUE(p.reading_log);
  EXPECT_GT(*p.reading_log, 0);
  EXPECT_LT(*p.reading_log, 1);
  EXPECT_THAT(w.made().told, IsEmpty());
  w.made().stop(stop_reason::cancelled, "stopped");
  w.settle();
  ASSERT_TRUE(w.over());
  EXPECT_EQ(w.summary().reason, stop_reason::cancelled);
  EXPECT_THAT(w.made().told, testing::Not(testing::Contains("opened")));
}

TEST(run, whose_log_breaks_off_while_it_is_read_ends) {
  auto c = fake::cfg();
  c.job_log = "job.log", c.resume = true;
  running_world w{c};
  w.log_breaks = make_error_code(sys::io_error);
  w.begin();
  ASSERT_TRUE(w.over());
  EXPECT_EQ(w.rooms.error, errc::record_failed);
  EXPECT_EQ(w.summary().reason, stop_reason::record_failed);
  EXPECT_THAT(w.summary().detail, HasSubstr("cannot read 'job.log'"));
}

TEST(run, makes_a_log_that_has_grown_long_shorter) {
  auto c = fake::cfg();
  c.job_log = "job.log", c.job_log_compact = 1000;
  running_world w{c};
  w.begin();
  w.log_size = 999;
  w.give(1), w.answer_all();
  EXPECT_THAT(w.events, testing::Not(testing::Contains("shorten")));
  w.log_size = 1000;
  w.give(2, 2), w.answer_all();
  EXPECT_THAT(w.events, testing::Contains("shorten"));
}

TEST(run, ends_when_its_source_has_ended_and_each_file_has_its_fate) {
  running_world w;
  w.begin();
  EXPECT_THAT(w.made().told, ElementsAre("opened"));
  w.give(3);
  w.answer(0), w.answer(1), w.answer(2);
  EXPECT_FALSE(w.over()) << "there may be more";
  w.give(4, 4);
  w.end_feeding();
  EXPECT_FALSE(w.over()) << "one is on its way";
  w.answer_all();
  ASSERT_TRUE(w.over());
  EXPECT_THAT(w.rooms.steps, ElementsAre("over", "done"));
  EXPECT_FALSE(w.rooms.error);
  EXPECT_EQ(w.summary().reason, stop_reason::complete);
  EXPECT_EQ(w.summary().counts[fate::accepted], 4u);
  EXPECT_EQ(w.summary().window_last, 4u);
  EXPECT_THAT(w.summary().detail, IsEmpty());
  w.made().end_if_done(), w.settle();
  EXPECT_THAT(w.rooms.steps, SizeIs(2)) << "once";
}

TEST(run, of_an_empty_source_ends_at_once) {
  running_world w;
  w.begin();
  w.end_feeding();
  EXPECT_TRUE(w.over());
}

TEST(run, that_cannot_begin_says_so_and_not_within_the_call) {
  running_world w;
  w.source_error = make_error_code(sys::permission_denied);
  w.rooms.begin();
  EXPECT_THAT(w.rooms.steps, IsEmpty());
  w.settle();
  EXPECT_THAT(w.rooms.steps, ElementsAre("over", "done"));
  EXPECT_EQ(w.rooms.error, errc::source_unreadable);
  EXPECT_EQ(w.summary().reason, stop_reason::source_unreadable);
  EXPECT_THAT(w.summary().detail, HasSubstr("cannot read 'gone'"));
  EXPECT_THAT(w.made().told, IsEmpty());
}

TEST(run, finishes_a_file_by_its_line_then_its_observers_then_its_count) {
  auto c = fake::cfg();
  c.job_log = "job.log";
  running_world* world = nullptr;
  c.on_record = [&](const file_record&) {
    EXPECT_THAT(world->lines, SizeIs(1));
    EXPECT_THAT(world->made().told, ElementsAre("opened"));
    EXPECT_EQ(world->made().outstanding(), 1u);
  };
  running_world w{c};
  world = &w;
  w.begin();
  w.give(1);
  w.answer_all(fake::answered(400));
  EXPECT_THAT(w.lines, ElementsAre(HasSubstr("\"rejected\"")));
  EXPECT_THAT(w.made().told, ElementsAre("opened", "fate of f1"));
  EXPECT_EQ(w.made().outstanding(), 0u);
}

TEST(run, writes_one_line_for_a_file_that_was_removed_and_it_comes_first) {
  auto c = fake::cfg();
  c.job_log = "job.log", c.on_success = disposal::remove();
  running_world w{c};
  w.begin();
  w.give(1);
  w.answer_all();
  const auto line = std::ranges::find(w.events, "line"), removal = std::ranges::find(w.events, "remove f1");
  EXPECT_LT(line - w.events.begin(), removal - w.events.begin());
  EXPECT_NE(removal, w.events.end());
  EXPECT_THAT(w.lines, SizeIs(1));
}

TEST(run, stops_for_too_many_errors_and_defers_what_waits) {
  auto c = fake::cfg();
  c.limit.max_errors = 2, c.window = window::fixed(1);
  running_world w{c};
  w.begin();
  w.give(5);
  w.answer(0, fake::answered(400));
  EXPECT_THAT(w.exchanges, SizeIs(2));
  w.answer(1);
  w.answer(2, fake::answered(400));
  ASSERT_TRUE(w.over());
  EXPECT_EQ(w.rooms.error, errc::too_many_errors);
  EXPECT_EQ(w.summary().reason, stop_reason::too_many_errors);
  EXPECT_EQ(w.summary().detail, "2 files were not accepted");
  EXPECT_EQ(w.summary().counts[fate::deferred], 2u);
  EXPECT_EQ(w.summary().records.at(4).error, errc::stopped);
}

TEST(run, stops_when_its_time_is_over) {
  auto c = fake::cfg();
  c.limit.max_duration = 60s;
  running_world w{c};
  w.begin();
  w.give(1);
  w.pass(59s);
  EXPECT_FALSE(w.made().ended());
  w.pass(1s);
  EXPECT_EQ(w.made().ended(), errc::stopped);
  EXPECT_THAT(w.made().told, testing::Contains("stop"));
  w.answer_all();
  EXPECT_EQ(w.rooms.error, errc::out_of_time);
  EXPECT_EQ(w.summary().counts[fate::accepted], 1u) << "what is in flight has its grace";
}

TEST(run, gives_what_is_in_flight_its_grace_and_no_more) {
  auto c = fake::cfg();
  c.limit.grace = 10s;
  running_world w{c};
  w.begin();
  w.give(8);
  w.made().stop(stop_reason::cancelled, "stopped");
  w.settle();
  EXPECT_EQ(w.in_flight(), 4u);
  EXPECT_EQ(w.made().outstanding(), 4u) << "what waited has its fate";
  w.answer(0);
  EXPECT_THAT(w.exchanges, SizeIs(4)) << "nothing new begins";
  w.pass(9999ms);
  EXPECT_EQ(w.in_flight(), 3u);
  w.pass(1ms);
  EXPECT_EQ(w.in_flight(), 0u);
  ASSERT_TRUE(w.over());
  EXPECT_EQ(w.rooms.error, asio::error::operation_aborted);
  EXPECT_EQ(w.summary().counts[fate::accepted], 1u);
  EXPECT_EQ(w.summary().counts[fate::deferred], 7u);
}

TEST(run, ends_at_once_where_that_is_wanted_also_after_a_patient_stop) {
  running_world w;
  w.begin();
  w.give(2);
  w.made().stop(stop_reason::out_of_time, "first");
  w.made().stop(stop_reason::cancelled, "second", true);
  w.settle();
  ASSERT_TRUE(w.over());
  EXPECT_EQ(w.summary().reason, stop_reason::out_of_time) << "the first reason stays";
  EXPECT_EQ(w.summary().detail, "first");
}

TEST(run, aborts_nobody_elses_exchange) {
  running_world w;
  w.begin();
  w.give(1);
  const auto other = std::make_shared<fake::owner>(w);
  w.add("other");
  w.rooms.dispatcher.push(fake::job_of(other, "other"));
  w.rooms.dispatcher.pump(), w.settle();
  w.made().stop(stop_reason::cancelled, "stopped", true);
  w.settle();
  EXPECT_TRUE(w.over());
  EXPECT_EQ(w.in_flight(), 1u);
}

TEST(run, has_an_error_for_each_reason) {
  const std::pair<stop_reason, error_code> table[] = {
      {stop_reason::complete, {}},
      {stop_reason::cancelled, asio::error::operation_aborted},
      {stop_reason::out_of_time, errc::out_of_time},
      {stop_reason::too_many_errors, errc::too_many_errors},
      {stop_reason::unreachable, errc::unreachable},
      {stop_reason::refused, errc::refused},
      {stop_reason::source_unreadable, errc::source_unreadable},
      {stop_reason::locked, errc::locked},
      {stop_reason::record_failed, errc::record_failed},
  };
  for (const auto& [reason, error] : table) {
    running_world w;
    w.begin();
    w.made().stop(reason, "why");
    w.settle();
    ASSERT_TRUE(w.over());
    EXPECT_EQ(w.rooms.error, error);
    EXPECT_EQ(w.summary().reason, reason);
    EXPECT_EQ(w.summary().detail, "why");
  }
}

TEST(run, stops_when_the_endpoint_refuses_it) {
  const struct {
    io::exchange_report report;
    stop_reason reason;
    const char* detail;
  } table[] = {
      {fake::answered(401), stop_reason::refused, "the endpoint refuses us: status 401"},
      {fake::silent(errc::tls_identity), stop_reason::refused, "no trusted connection to the endpoint"},
  };
  for (const auto& row : table) {
    running_world w;
    w.begin();
    w.give(50);
    w.answer_all(row.report);
    ASSERT_TRUE(w.over());
    EXPECT_EQ(w.summary().reason, row.reason);
    EXPECT_THAT(w.summary().detail, HasSubstr(row.detail));
    EXPECT_LT(w.exchanges.size(), 10u) << "a wall costs few requests";
  }
}

TEST(run, stops_when_probes_do_not_reach_the_endpoint) {
  running_world w;
  w.begin();
  w.give(20);
  for (int n = 0; n < 1000 && !w.over(); ++n) {
    w.answer_all(fake::silent(errc::host_not_found));
    w.pass(10s);
  }
  ASSERT_TRUE(w.over());
  EXPECT_EQ(w.summary().reason, stop_reason::unreachable);
  EXPECT_THAT(w.summary().detail, HasSubstr("the endpoint cannot be reached: "));
}

TEST(run, too_short_to_be_stopped_tells_all_the_same_that_it_met_nothing_but_refusals) {
  running_world refused, mixed, rejected;
  for (auto* w : {&refused, &mixed, &rejected}) w->begin();
  refused.give(1), mixed.give(2), rejected.give(1);
  refused.answer_all(fake::answered(403));
  mixed.answer(0), mixed.answer_all(fake::answered(403));
  rejected.answer_all(fake::answered(400));
  for (auto* w : {&refused, &mixed, &rejected}) w->end_feeding();
  EXPECT_EQ(refused.summary().reason, stop_reason::refused);
  EXPECT_EQ(refused.rooms.error, errc::refused);
  EXPECT_THAT(refused.summary().detail, HasSubstr("the endpoint refuses us: status 403"));
  EXPECT_EQ(mixed.summary().reason, stop_reason::complete) << "one was accepted";
  EXPECT_EQ(rejected.summary().reason, stop_reason::complete) << "the file was refused, not we";
}

TEST(run, whose_source_throws_is_not_complete) {
  running_world w;
  w.begin();
  w.made().throws = true;
  w.end_feeding();
  ASSERT_TRUE(w.over());
  EXPECT_EQ(w.rooms.error, errc::source_unreadable);
  EXPECT_EQ(w.summary().detail, "the source could not be read to its end");
}

/// A run that has ended, but for its log.
struct slow_log_world : running_world {
  explicit slow_log_world(int failures) : running_world{logging()} {
    begin();
    flushes_to_fail = failures;
  }
  static config logging() {
    auto c = fake::cfg();
    c.job_log = "job.log";
    return c;
  }
};

TEST(run, waits_a_moment_for_a_slow_reader_of_its_log) {
  slow_log_world w{4};
  w.end_feeding();
  w.pass(100ms);
  EXPECT_FALSE(w.over());
  w.pass(100ms);
  EXPECT_TRUE(w.over());
}

TEST(run, waits_no_longer_than_three_seconds_for_its_log) {
  slow_log_world w{1'000'000};
  w.end_feeding();
  w.pass(2900ms);
  EXPECT_FALSE(w.over());
  w.pass(200ms);
  EXPECT_TRUE(w.over());
  EXPECT_EQ(w.summary().reason, stop_reason::complete);
}

TEST(run, that_was_cancelled_does_not_wait_for_its_log) {
  slow_log_world w{1'000'000};
  w.made().stop(stop_reason::cancelled, "stopped");
  w.settle();
  EXPECT_TRUE(w.over());
  slow_log_world later{1'000'000};
  later.end_feeding();
  later.made().stop(stop_reason::cancelled, "stopped");
  later.settle();
  EXPECT_TRUE(later.over()) << "nor when it was cancelled while it waited";
}

TEST(run, ends_when_its_log_cannot_be_written) {
  slow_log_world w{0};
  w.give(6);
  w.log_failure = "No space left on device";
  w.answer(0);
  w.answer_all();
  ASSERT_TRUE(w.over());
  EXPECT_EQ(w.rooms.error, errc::record_failed);
  EXPECT_THAT(w.exchanges, SizeIs(4)) << "nothing new was sent";
}

TEST(run, retries_until_it_is_stopped) {
  running_world w;
  w.begin();
  w.give(1);
  w.answer(0, fake::answered(503));
  EXPECT_EQ(w.made().outstanding(), 1u);
  EXPECT_EQ(w.rooms.dispatcher.backlog().backing_off(), 1u);
  w.made().stop(stop_reason::cancelled, "stopped");
  w.settle();
  ASSERT_TRUE(w.over());
  const auto& r = w.summary().records.at(0);
  EXPECT_EQ(r.fate, fate::deferred);
  EXPECT_EQ(r.error, errc::stopped);
  EXPECT_THAT(r.reason, HasSubstr("status 503")) << "what its attempt failed for";
}

TEST(run, tells_of_an_obstacle_and_of_directories_that_it_cannot_read) {
  running_world w;
  w.begin();
  w.add("f1").refusals = {core::obstacle::immutable};
  w.give(1);
  EXPECT_THAT(w.notices, SizeIs(1));
  w.made().not_listed("x", make_error_code(sys::permission_denied));
  w.made().not_listed("y", make_error_code(sys::permission_denied));
  w.end_feeding();
  EXPECT_EQ(w.summary().unreadable_dirs, 2u);
  EXPECT_EQ(w.summary().detail, "cannot read 'x': Permission denied") << "the first one";
}

TEST(run, tells_how_long_it_has_been_under_way) {
  running_world w;
  w.begin();
  w.pass(1500ms);
  progress p;
  w.made().fill(p);
  EXPECT_EQ(p.elapsed, 1500ms);
}

}  // namespace
}  // namespace sluice::engine
