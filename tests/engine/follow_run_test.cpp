#include "engine/run/follow_run.hpp"

#include "fake_world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::engine {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace): of literals only
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
namespace sys = boost::system::errc;
using step = io::follow_step::kind;
using origin = io::entry::origin;

source followed_spool() {
  auto s = source::directory("spool");
  s.follow = following{};
  s.follow->again = 10s, s.follow->again_most = 100s;
  return s;
}

/// A source that tells what the test says.
struct following_world : fake::world {
  explicit following_world(const config& c = fake::cfg(), const source& from = followed_spool())
      : fake::world{c}, rooms{*this, from, drain_options{}.collect()} {
    rooms.begin();
    root = rooms.made->spool().files.opened().roots.front();
    settle();
  }
  void news() {
    followed.news();
    settle();
  }
  void say(step is) { followed.steps.push_back({is}); }
  void find(const std::string& path, origin from = origin::told) {
    if (!files.contains(path)) add(path);
    auto e = fake::entry_of(path, root);
    e.from = from, e.identity = files.at(path)->is;
    followed.steps.push_back({step::found, e});
  }
  /// A whole walk that finds these.
  void walk(const std::vector<std::string>& paths, origin from = origin::walk) {
    say(step::walk_begins);
    for (const auto& path : paths) find(path, from);
    say(step::walk_ends);
    news();
  }
  void answer_all(const io::exchange_report& r = fake::answered()) {
    while (in_flight() > 0)
      for (std::size_t n = 0; n < exchanges.size(); ++n)
        if (exchanges[n].open) answer(n, r);
  }
  void finish() {
    rooms.made->rescan(true);
    settle();
  }
  const counts& count() { return rooms.made->totals().figures().counts; }
  progress figures() const {
    progress p;
    rooms.made->fill(p);
    return p;
  }

  fake::run_rooms<follow_run> rooms;
  io::directory_ptr root;
};

TEST(follow_run, sends_what_is_found_and_waits_for_more) {
  following_world w;
  w.find("a"), w.find("b");
  w.news();
  w.answer_all();
  EXPECT_EQ(w.count()[fate::accepted], 2u);
  EXPECT_FALSE(w.rooms.summary);
  w.find("c");
  w.news();
  EXPECT_THAT(w.exchanges, SizeIs(3));
  w.finish();
  EXPECT_FALSE(w.rooms.summary) << "one is on its way";
  w.answer_all();
  ASSERT_TRUE(w.rooms.summary);
  EXPECT_EQ(w.rooms.summary->reason, stop_reason::complete);
  EXPECT_FALSE(w.rooms.error);
}

TEST(follow_run, asks_its_source_again_when_that_says_so) {
  following_world w;
  w.followed.next_at = w.now + 30s;
  w.news();
  const auto asked = w.followed.rooms.size();
  w.pass(29s);
  EXPECT_EQ(w.followed.rooms.size(), asked);
  w.followed.next_at = core::steady_time::max();
  w.pass(1s);
  EXPECT_GT(w.followed.rooms.size(), asked);
}

TEST(follow_run, leaves_alone_what_is_being_written) {
  following_world w;
  auto& a = w.add("a");
  a.refusals.assign(5, errc::being_written);
  w.find("a");
  w.news();
  w.pass(1s);
  EXPECT_EQ(w.count().total(), 0u) << "no fate";
  EXPECT_THAT(w.exchanges, IsEmpty());
  a.refusals.clear();
  w.find("a");
  w.news();
  EXPECT_THAT(w.exchanges, SizeIs(1));
  w.answer_all(), w.finish();
  EXPECT_TRUE(w.rooms.summary);
}

TEST(follow_run, defers_what_is_being_written_when_it_finishes) {
  following_world w;
  w.add("a").refusals.assign(5, errc::being_written);
  w.followed.finishing = true;
  w.find("a");
  w.news();
  w.pass(1s);
  EXPECT_EQ(w.count()[fate::deferred], 1u);
}

TEST(follow_run, puts_off_what_has_not_settled) {
  auto c = fake::cfg();
  c.on_success = disposal::remove();
  for (const bool room : {true, false}) {
    following_world w{c};
    auto& a = w.add("a");
    a.writers_known = false, a.unsettled = 3s;
    w.followed.has_room = room;
    w.find("a");
    w.news();
    EXPECT_EQ(w.count().total(), 0u);
    EXPECT_THAT(w.events, Contains(room ? "put off a by 3020" : "walk in 3020"));
    EXPECT_EQ(w.rooms.dispatcher.backlog().size(), 0u) << "others need the room";
  }
}

TEST(follow_run, looks_again_at_what_the_kernel_told_of_while_it_was_sent) {
  following_world w;
  w.find("a"), w.find("b");
  w.news();
  w.find("a"), w.find("b", origin::walk);
  w.news();
  EXPECT_THAT(w.exchanges, SizeIs(2)) << "it is on its way";
  w.answer_all();
  EXPECT_THAT(w.events, Contains("look again at a"));
  EXPECT_THAT(w.events, Not(Contains("look again at b"))) << "a walk's listing is old";
}

TEST(follow_run, waits_for_its_endpoint_as_long_as_it_takes) {
  for (const auto& trouble : {fake::silent(errc::host_not_found), fake::answered(401),
                              fake::silent(errc::tls_identity), fake::answered(503)}) {
    following_world w;
    w.find("a"), w.find("b");
    w.news();
    for (int n = 0; n < 100; ++n) {
      w.answer_all(trouble);
      w.pass(100s);
    }
    EXPECT_EQ(w.count().total(), 0u) << "its failures are no file's";
    EXPECT_FALSE(w.rooms.summary);
    w.answer_all();
    w.pass(200s);
    w.answer_all();
    EXPECT_EQ(w.count()[fate::accepted], 2u);
  }
}

TEST(follow_run, does_not_wait_for_its_endpoint_when_it_finishes) {
  following_world w;
  w.find("a");
  w.news();
  w.finish();
  for (int n = 0; n < 1000 && !w.rooms.summary; ++n) {
    w.answer_all(fake::silent(errc::host_not_found));
    w.pass(100s);
  }
  ASSERT_TRUE(w.rooms.summary);
  EXPECT_EQ(w.rooms.summary->counts[fate::deferred], 1u);
}

TEST(follow_run, takes_it_for_the_file_where_others_went_well) {
  following_world w;
  w.find("bad");
  w.news();
  for (int n = 0; n < 20 && w.count().total() < 100; ++n) {
    w.pass(100s);
    w.find("good" + std::to_string(n));
    w.news();
    for (std::size_t i = 0; i < w.exchanges.size(); ++i)
      if (w.exchanges[i].open)
        w.answer(i, fake::answered(w.exchanges[i].bytes.find("filename=\"bad\"") != std::string::npos ? 503
                                                                                                      : 200));
  }
  EXPECT_EQ(w.count()[fate::deferred], 1u);
  EXPECT_EQ(w.count()[fate::accepted], 20u);
}

TEST(follow_run, tries_a_file_that_failed_again_when_a_walk_finds_it_and_its_time_has_come) {
  following_world w;
  w.walk({"a"}, origin::first_walk);
  w.answer_all(fake::answered(400));
  EXPECT_THAT(w.exchanges, SizeIs(1));
  w.now += 9s;
  w.walk({"a"});
  EXPECT_THAT(w.exchanges, SizeIs(1)) << "too early";
  w.now += 1s;
  w.walk({"a"});
  EXPECT_THAT(w.exchanges, SizeIs(2));
  w.answer_all(fake::answered(400));
  w.now += 19s;
  w.walk({"a"});
  EXPECT_THAT(w.exchanges, SizeIs(2)) << "twice as long each time";
  w.find("a");
  w.news();
  EXPECT_THAT(w.exchanges, SizeIs(3)) << "the kernel told of it";
}

TEST(follow_run, asks_for_a_walk_when_a_file_that_failed_is_due) {
  following_world w;
  w.walk({"a"}, origin::first_walk);
  w.answer_all(fake::answered(400));
  EXPECT_THAT(w.events, Contains("walk in 10000"));
}

TEST(follow_run, keeps_an_eighth_of_the_window_for_what_failed_before) {
  for (const auto& [wide, share] : {std::pair<std::size_t, std::size_t>{4, 1}, {16, 2}, {32, 4}}) {
    auto c = fake::cfg();
    c.window = window::fixed(wide);
    following_world w{c};
    std::vector<std::string> names;
    for (int n = 0; n < 30; ++n) names.push_back("bad" + std::to_string(n));
    w.walk(names, origin::first_walk);
    w.answer_all(fake::answered(400));
    EXPECT_EQ(w.count()[fate::rejected], 30u);
    w.now += 10s;
    w.walk(names);
    EXPECT_EQ(w.in_flight(), share) << "window " << wide;
    for (std::size_t n = 0; n < wide; ++n) w.find("fresh" + std::to_string(n));
    w.news();
    EXPECT_EQ(w.in_flight(), wide) << "fresh ones have the rest";
    w.answer_all(fake::answered(400));
    EXPECT_EQ(w.count()[fate::rejected], 60 + wide) << "and all had their turn";
  }
}

TEST(follow_run, tries_all_that_failed_at_once_when_it_finishes) {
  following_world w;
  const std::vector<std::string> names{"a", "b", "c", "d"};
  w.walk(names, origin::first_walk);
  w.answer_all(fake::answered(400));
  w.rooms.made->rescan(true);
  w.walk(names);
  EXPECT_EQ(w.in_flight(), 4u);
  w.answer_all();
  EXPECT_TRUE(w.rooms.summary);
}

TEST(follow_run, forgets_what_a_walk_does_not_find) {
  auto c = fake::cfg();
  c.count_ahead = true;
  following_world w{c};
  w.entries = {};
  w.walk({"a", "b"}, origin::first_walk);
  w.answer_all(fake::answered(400));
  EXPECT_EQ(w.figures().backlog, 2u);
  w.walk({"a"});
  EXPECT_EQ(w.figures().backlog, 1u);
}

TEST(follow_run, sends_no_file_twice_that_stays) {
  following_world w;
  w.walk({"a"}, origin::first_walk);
  w.answer_all();
  w.walk({"a"});
  w.find("a");
  w.news();
  EXPECT_THAT(w.exchanges, SizeIs(1));
  EXPECT_EQ(w.count().total(), 1u) << "and does not count it again";
  ++w.files["a"]->is.size;
  w.walk({"a"});
  EXPECT_THAT(w.exchanges, SizeIs(2)) << "it was written anew";
}

TEST(follow_run, sends_what_is_fresh_first) {
  const struct {
    order by;
    std::vector<std::string> sent;
  } table[] = {
      {{order::by::none, false}, {"new1", "new2", "old1", "old2"}},
      {{order::by::mtime, true}, {"new2", "new1", "old1", "old2"}},
      {{order::by::name, false}, {"old1", "old2", "new1", "new2"}},
  };
  for (const auto& row : table) {
    auto from = followed_spool();
    from.order = row.by;
    auto c = fake::cfg();
    c.window = window::fixed(1);
    following_world w{c, from};
    w.rooms.dispatcher.gate().hold(true);
    w.walk({"old1", "old2"}, origin::first_walk);
    w.find("new1"), w.find("new2");
    w.news();
    w.rooms.dispatcher.gate().hold(false);
    w.rooms.dispatcher.pump(), w.settle();
    w.answer_all();
    std::vector<std::string> sent;
    for (const auto& e : w.exchanges) {
      const auto at = e.bytes.find("filename=\"") + 10;
      sent.push_back(e.bytes.substr(at, e.bytes.find('"', at) - at));
    }
    EXPECT_EQ(sent, row.sent);
  }
}

TEST(follow_run, ends_at_once_when_its_root_is_lost) {
  following_world w;
  w.find("a");
  w.news();
  w.followed.lost = "spool";
  w.say(step::lost);
  w.news();
  ASSERT_TRUE(w.rooms.summary);
  EXPECT_EQ(w.rooms.error, errc::source_unreadable);
  EXPECT_EQ(w.rooms.summary->detail, "'spool' was moved away or replaced");
  EXPECT_EQ(w.exchanges.front().aborted, errc::stopped);
}

TEST(follow_run, ends_when_a_removal_finds_its_root_lost) {
  auto c = fake::cfg();
  c.on_success = disposal::remove();
  following_world w{c};
  w.find("a"), w.find("b");
  w.news();
  w.followed.there = false;
  w.answer(0);
  EXPECT_TRUE(w.rooms.summary);
  EXPECT_EQ(w.rooms.error, errc::source_unreadable);
  EXPECT_TRUE(w.files.contains("a"));
}

TEST(follow_run, tries_again_to_take_away_what_stayed_and_then_looks_at_all) {
  auto c = fake::cfg();
  c.on_success = disposal::remove();
  following_world w{c};
  w.add("x/a").removal = {make_error_code(sys::permission_denied), core::reach::folder};
  w.find("x/a");
  w.news();
  w.answer_all();
  EXPECT_EQ(w.count()[fate::undeletable], 1u);
  w.files["x/a"]->removal = {};
  w.pass(9s);
  EXPECT_TRUE(w.files.contains("x/a"));
  EXPECT_THAT(w.events, Not(Contains("rescan")));
  w.pass(1s);
  EXPECT_FALSE(w.files.contains("x/a"));
  EXPECT_THAT(w.events, Contains("rescan")) << "what it held back is to be sent";
  EXPECT_THAT(w.exchanges, SizeIs(1));
}

TEST(follow_run, says_what_it_has_room_for) {
  using io::follow_room;
  following_world w;
  w.rooms.dispatcher.gate().hold(true);
  EXPECT_EQ(w.followed.rooms.back(), follow_room::any);
  const auto push = [&](int until) {
    for (int n = static_cast<int>(w.rooms.dispatcher.backlog().size()); n < until; ++n)
      w.find("f" + std::to_string(n));
    w.news();
  };
  push(63);
  EXPECT_EQ(w.followed.rooms.back(), follow_room::any);
  push(64);
  w.news();
  EXPECT_EQ(w.followed.rooms.back(), follow_room::told);
  push(128);
  w.news();
  EXPECT_EQ(w.followed.rooms.back(), follow_room::none);
}

TEST(follow_run, takes_as_many_files_as_are_wanted) {
  auto from = followed_spool();
  from.select.max_files = 2;
  following_world w{fake::cfg(), from};
  for (const auto* path : {"a", "b", "c"}) w.find(path);
  w.news();
  w.answer_all();
  EXPECT_THAT(w.exchanges, SizeIs(2));
  EXPECT_TRUE(w.rooms.summary);
}

TEST(follow_run, is_not_stopped_by_the_breaker_until_it_finishes) {
  following_world w;
  auto& gate = w.rooms.dispatcher.gate();
  core::rng random{1};
  for (int n = 0; n < 3; ++n) gate.observe(core::blame::refuses_us, false, w.now, random);
  EXPECT_EQ(gate.stopped(), core::blame::nobody);
  w.finish();
  gate.reset();
  for (int n = 0; n < 3; ++n) gate.observe(core::blame::refuses_us, false, w.now, random);
  EXPECT_EQ(gate.stopped(), core::blame::refuses_us);
}

TEST(follow_run, counts_what_waits_where_it_counts_ahead) {
  auto c = fake::cfg();
  c.count_ahead = true;
  following_world w{c};
  EXPECT_FALSE(w.figures().backlog);
  for (const auto* path : {"a", "b", "c"}) {
    auto e = fake::entry_of(path, w.root);
    e.identity = w.add(path).is;
    w.entries.push_back(e);
  }
  w.rooms.dispatcher.gate().hold(true);
  w.walk({"a", "b", "c"}, origin::first_walk);
  EXPECT_EQ(w.figures().backlog, 3u);
  EXPECT_EQ(w.figures().oldest, core::wall_time{1s});
  w.find("d");
  w.news();
  EXPECT_EQ(w.figures().backlog, 4u);
  w.rooms.dispatcher.gate().hold(false);
  w.rooms.dispatcher.pump(), w.settle();
  w.answer_all();
  EXPECT_EQ(w.figures().backlog, 0u);
  EXPECT_FALSE(w.figures().oldest);
}

TEST(follow_run, counts_beside_a_walk_that_has_to_wait) {
  auto c = fake::cfg();
  c.count_ahead = true, c.window = window::fixed(1);
  following_world w{c};
  std::vector<std::string> some;
  for (int n = 0; n < 100; ++n) {
    const auto path = std::to_string(n);
    auto e = fake::entry_of(path, w.root);
    e.identity = w.add(path).is;
    w.entries.push_back(e);
    if (n < 70) some.push_back(path);
  }
  w.rooms.dispatcher.gate().hold(true);
  w.walk(some, origin::first_walk);
  ASSERT_TRUE(w.rooms.dispatcher.backlog().full());
  EXPECT_EQ(w.figures().backlog, 100u);
}

// Nobody hears of files in directories that the first walk has not reached. They were missing from the count
// until the next rescan.
TEST(follow_run, counts_again_and_again_while_the_first_walk_has_to_wait) {
  auto c = fake::cfg();
  c.count_ahead = true, c.window = window::fixed(1);
  following_world w{c};
  std::vector<std::string> some;
  const auto come = [&](int from, int to) {
    for (int n = from; n < to; ++n) {
      const auto path = std::to_string(n);
      auto e = fake::entry_of(path, w.root);
      e.identity = w.add(path).is;
      w.entries.push_back(e);
      if (n < 70) some.push_back(path);
    }
  };
  come(0, 100);
  w.rooms.dispatcher.gate().hold(true);
  w.followed.walking = true;
  w.say(io::follow_step::kind::walk_begins);
  for (const auto& path : some) w.find(path, origin::first_walk);
  w.news();
  ASSERT_TRUE(w.rooms.dispatcher.backlog().full());
  EXPECT_EQ(w.figures().backlog, 100u);
  come(100, 130);
  w.now += 2s;
  w.news();
  EXPECT_EQ(w.figures().backlog, 130u);
}

TEST(follow_run, counts_what_is_heard_and_has_no_room) {
  auto c = fake::cfg();
  c.count_ahead = true;
  following_world w{c};
  w.walk({}, origin::first_walk);
  ASSERT_EQ(w.figures().backlog, 0u);
  auto e = fake::entry_of("a", w.root);
  e.identity = w.add("a").is, e.from = origin::told;
  w.followed.walking = true;
  for (int n = 0; n < 2; ++n) w.followed.steps.push_back({io::follow_step::kind::waits, e});
  w.news();
  EXPECT_EQ(w.figures().backlog, 1u) << "and once only";
}

TEST(follow_run, asks_for_another_walk_on_request) {
  following_world w;
  w.rooms.made->rescan(false);
  EXPECT_THAT(w.events, Contains("rescan of all"));
  EXPECT_FALSE(w.followed.finishing);
  w.rooms.made->stop(stop_reason::cancelled, "stopped");
  w.events.clear();
  w.rooms.made->rescan(false), w.rooms.made->rescan(true);
  EXPECT_THAT(w.events, IsEmpty());
  EXPECT_FALSE(w.followed.finishing);
}

}  // namespace
}  // namespace sluice::engine
