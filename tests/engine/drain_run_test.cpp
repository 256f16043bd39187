#include "engine/run/drain_run.hpp"

#include "fake_world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::engine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
namespace sys = boost::system::errc;

struct draining_world : fake::world {
  explicit draining_world(const config& c = fake::cfg(), source from = source::directory("spool"))
      : fake::world{c}, rooms{*this, std::move(from), drain_options{}.collect()} {}
  void list(std::size_t n) {
    for (std::size_t i = 1; i <= n; ++i) {
      add("f" + std::to_string(i));
      entries.push_back(fake::entry_of("f" + std::to_string(i)));
    }
  }
  void begin() {
    rooms.begin();
    settle();
  }
  void answer_all() {
    while (in_flight() > 0)
      for (std::size_t n = 0; n < exchanges.size(); ++n)
        if (exchanges[n].open) answer(n);
  }
  const run_summary& summary() const { return rooms.summary.value(); }

  fake::run_rooms<drain_run> rooms;
};

TEST(drain_run, sends_all_that_its_source_has_and_ends) {
  draining_world w;
  w.list(10);
  w.begin();
  EXPECT_FALSE(w.rooms.summary);
  w.answer_all();
  EXPECT_FALSE(w.rooms.error);
  EXPECT_EQ(w.summary().counts[fate::accepted], 10u);
  for (std::size_t n = 0; n < 10; ++n) EXPECT_EQ(w.summary().records.at(n).path, w.entries[n].path);
}

TEST(drain_run, begins_to_send_before_it_has_read_all) {
  draining_world w;
  w.list(100);
  bool before_the_end = false;
  std::size_t read = 0;
  w.reading = [&] { before_the_end = before_the_end || (++read < 100 && w.in_flight() > 0); };
  w.begin();
  EXPECT_TRUE(before_the_end);
}

TEST(drain_run, reads_no_more_than_the_backlog_has_room_for) {
  draining_world w;
  w.list(1000);
  std::size_t read = 0;
  w.reading = [&] { ++read; };
  w.begin();
  EXPECT_LE(read, 64 + 4 + 1u) << "a mark of 64, and a window of 4";
  const auto before = read;
  for (std::size_t n = 0; n < 40; ++n) w.answer(n);
  EXPECT_GT(read, before) << "it goes on when little waits";
  w.answer_all();
  EXPECT_EQ(w.summary().counts[fate::accepted], 1000u);
}

TEST(drain_run, reads_no_further_once_it_was_stopped) {
  draining_world w;
  w.list(1000);
  w.begin();
  w.rooms.made->stop(stop_reason::cancelled, "stopped", true);
  w.settle();
  EXPECT_EQ(w.rooms.error, asio::error::operation_aborted);
  EXPECT_LT(w.summary().counts.total(), 100u);
}

TEST(drain_run, stops_while_its_source_waits_for_a_pipe) {
  draining_world w{fake::cfg(), source::list("-")};
  w.list(1);
  w.entries_wait = true;
  w.begin();
  w.answer_all();
  EXPECT_FALSE(w.rooms.summary) << "there may be more";
  w.rooms.made->stop(stop_reason::cancelled, "stopped");
  w.settle();
  EXPECT_EQ(w.summary().counts[fate::accepted], 1u);
}

TEST(drain_run, sends_what_a_list_named_before_it_could_be_read_no_further) {
  draining_world w{fake::cfg(), source::list("names")};
  w.list(2);
  w.entries_error = make_error_code(sys::io_error);
  w.begin();
  w.answer_all();
  EXPECT_EQ(w.rooms.error, errc::source_unreadable);
  EXPECT_THAT(w.summary().detail, HasSubstr("cannot read 'names': "));
  EXPECT_EQ(w.summary().counts[fate::accepted], 2u) << "what was in flight had its grace";
}

TEST(drain_run, whose_reader_throws_ends) {
  draining_world w;
  w.entries_throw = true;
  w.begin();
  EXPECT_EQ(w.rooms.error, errc::source_unreadable);
}

TEST(drain_run, knows_how_many_there_are_where_it_counts_ahead) {
  auto c = fake::cfg();
  c.count_ahead = true;
  draining_world w{c};
  w.list(300);
  auto skipped = fake::entry_of("x");
  skipped.what = io::entry::kind::skipped;
  w.entries.push_back(skipped);
  w.begin();
  progress p;
  w.rooms.made->fill(p);
  EXPECT_EQ(p.total, 300u);
  draining_world list{c, source::list("names")};
  list.list(3);
  list.begin();
  p = {};
  list.rooms.made->fill(p);
  EXPECT_FALSE(p.total) << "a list cannot be read twice";
}

TEST(drain_run, that_is_dry_sends_nothing) {
  auto c = fake::cfg();
  c.dry_run = true;
  draining_world w{c};
  w.list(5);
  w.begin();
  EXPECT_EQ(w.summary().counts[fate::skipped], 5u);
  EXPECT_THAT(w.exchanges, IsEmpty());
  EXPECT_THAT(w.openings, IsEmpty());
}

}  // namespace
}  // namespace sluice::engine
