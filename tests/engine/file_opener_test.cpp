#include "engine/attempt/file_opener.hpp"

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

/// An opener, and one job whose file is `a`.
struct opening_world : fake::world {
  explicit opening_world(const config& c = fake::cfg()) : fake::world{c} {}
  error_code open() {
    f.reset();
    return opener.open(j, f);
  }
  /// The whole of a turn that does not begin: what comes of it.
  outcome refused() { return opener.refused(j, open()); }

  fake::file& a = add("a");
  std::shared_ptr<fake::owner> who = std::make_shared<fake::owner>(*this);
  file_opener opener{context};
  job j = fake::job_of(who, "a");
  std::unique_ptr<io::opened_file> f;
};

TEST(file_opener, tells_what_each_error_means) {
  const struct {
    error_code why;
    fate is;
    error_code error;
    const char* reason = "";
  } table[] = {
      {errc::file_vanished, fate::vanished, errc::file_vanished},
      {errc::not_a_regular_file, fate::skipped, errc::not_a_regular_file},
      {errc::already_accepted, fate::skipped, errc::already_accepted},
      {make_error_code(sys::permission_denied), fate::deferred, make_error_code(sys::permission_denied)},
      {make_error_code(sys::io_error), fate::deferred, make_error_code(sys::io_error)},
      {make_error_code(sys::cross_device_link), fate::deferred, make_error_code(sys::cross_device_link),
       "the name leads out of its source"},
      {core::obstacle::immutable, fate::deferred, errc::not_removable, "chattr -i lets it go"},
  };
  for (const auto& row : table) {
    opening_world w;
    w.a.refusals = {row.why};
    const auto o = w.refused();
    EXPECT_EQ(o.fate, row.is) << row.why.message();
    EXPECT_EQ(o.error, row.error) << row.why.message();
    EXPECT_THAT(o.reason, HasSubstr(row.reason));
    EXPECT_FALSE(o.again) << row.why.message();
    EXPECT_EQ(o.obstacle.failed(), core::is_obstacle(row.why)) << row.why.message();
    EXPECT_FALSE(o.sample) << "the network was not used";
  }
}

TEST(file_opener, calls_a_listed_name_missing_until_it_was_seen_once) {
  opening_world w;
  w.j.opening.may_be_missing = true;
  w.files.clear();
  EXPECT_EQ(w.refused().fate, fate::missing);
  EXPECT_EQ(w.refused().error, errc::file_missing);
  const auto back = w.add("a");
  EXPECT_FALSE(w.open());
  w.files.clear();
  EXPECT_EQ(w.refused().fate, fate::vanished) << "it was there";
  w.j.opening.may_be_missing = true;
  w.add("a") = back;
  w.opener.open_ahead(w.j);
  w.files.clear();
  w.now += 2s;
  EXPECT_EQ(w.refused().fate, fate::vanished) << "it was opened ahead";
  w.j.opening.may_be_missing = true;
  w.add("a").refusals = {make_error_code(sys::permission_denied)};
  w.refused();
  w.files.clear();
  EXPECT_EQ(w.refused().fate, fate::vanished) << "a name that may not be opened is there";
}

TEST(file_opener, waits_a_while_for_descriptors_and_then_gives_up) {
  for (const auto shortage :
       {sys::too_many_files_open, sys::too_many_files_open_in_system, sys::not_enough_memory}) {
    opening_world w;
    EXPECT_TRUE(file_opener::is_shortage(make_error_code(shortage)));
    w.j.opening.may_be_missing = true;
    for (int n = 0; n < 50; ++n) {
      const auto o = w.opener.refused(w.j, make_error_code(shortage));
      ASSERT_EQ(o.again, w.now + 100ms) << n;
    }
    const auto last = w.opener.refused(w.j, make_error_code(shortage));
    EXPECT_FALSE(last.again);
    EXPECT_EQ(last.fate, fate::deferred);
    EXPECT_TRUE(w.j.opening.may_be_missing) << "a shortage does not tell that the name is there";
  }
  EXPECT_FALSE(file_opener::is_shortage(make_error_code(sys::permission_denied)));
}

TEST(file_opener, looks_once_more_at_a_file_that_somebody_writes_to) {
  opening_world w;
  w.a.refusals = {errc::being_written, errc::being_written};
  EXPECT_EQ(w.refused().again, w.now + core::moment);
  const auto o = w.refused();
  EXPECT_FALSE(o.again);
  EXPECT_EQ(o.error, errc::being_written);
  EXPECT_FALSE(w.open());
  w.a.refusals = {errc::being_written};
  EXPECT_TRUE(w.refused().again) << "it was closed between";
}

TEST(file_opener, does_not_look_again_where_the_caller_says_that_it_is_whole) {
  opening_world w;
  w.who->terms_.only_unwritten = false;
  w.a.refusals = {errc::being_written};
  EXPECT_FALSE(w.refused().again);
}

TEST(file_opener, opens_for_what_is_to_come_of_the_file) {
  opening_world w;
  auto& terms = w.who->terms_;
  EXPECT_FALSE(w.open());
  terms.on_success = disposal::remove();
  EXPECT_FALSE(w.open());
  terms.on_success = disposal::move_to("done"), terms.move_target = fake::make_directory("done");
  terms.only_unwritten = false;
  EXPECT_FALSE(w.open());
  using opening = fake::world::opening;
  EXPECT_THAT(w.openings, ElementsAre(opening{"a", false, true, ""}, opening{"a", true, true, ""},
                                      opening{"a", true, false, "done"}));
}

TEST(file_opener, finds_the_key_and_keeps_the_time_of_the_first_attempt_for_the_same_content) {
  opening_world w;
  EXPECT_FALSE(w.open());
  const auto key = w.j.record.key;
  const auto first = w.wall();
  EXPECT_FALSE(key.empty());
  EXPECT_EQ(w.j.record.size, 5u);
  EXPECT_EQ(w.j.record.mtime_ns, w.a.is.mtime_ns);
  EXPECT_EQ(w.j.attempts.first_wall, first);
  w.now += 1h;
  EXPECT_FALSE(w.open());
  EXPECT_EQ(w.j.record.key, key);
  EXPECT_EQ(w.j.attempts.first_wall, first);
  w.a.is.size = 6;
  EXPECT_FALSE(w.open());
  EXPECT_NE(w.j.record.key, key);
  EXPECT_EQ(w.j.record.size, 6u);
  EXPECT_EQ(w.j.attempts.first_wall, w.wall());
}

TEST(file_opener, uses_what_was_opened_ahead_for_a_second) {
  opening_world w;
  w.opener.open_ahead(w.j);
  w.now += 999ms;
  EXPECT_FALSE(w.open());
  EXPECT_TRUE(w.f);
  EXPECT_THAT(w.openings, SizeIs(1));
  w.opener.open_ahead(w.j);
  w.now += 1s;
  EXPECT_FALSE(w.open());
  EXPECT_THAT(w.openings, SizeIs(3)) << "it may have changed";
  EXPECT_FALSE(w.j.opening.ahead);
}

TEST(file_opener, leaves_what_cannot_be_opened_ahead_to_its_turn) {
  opening_world w;
  w.a.refusals = {make_error_code(sys::permission_denied)};
  w.opener.open_ahead(w.j);
  EXPECT_FALSE(w.j.opening.ahead);
  EXPECT_FALSE(w.open()) << "it can be opened by now";
}

TEST(file_opener, opens_nothing_of_a_folder_that_is_held) {
  opening_world w;
  const error_code read_only = core::obstacle::read_only;
  w.who->spool_.holds = {{0, read_only}};
  w.opener.open_ahead(w.j);
  const auto o = w.refused();
  EXPECT_THAT(w.openings, IsEmpty());
  EXPECT_EQ(o.error, errc::not_removable);
  EXPECT_THAT(o.reason, HasSubstr(read_only.message()));
  EXPECT_FALSE(o.obstacle) << "it was told already";
}

TEST(file_opener, sends_nothing_of_a_file_system_that_is_held) {
  opening_world w;
  w.who->spool_.holds = {{1, make_error_code(sys::read_only_file_system)}};
  EXPECT_EQ(w.open(), errc::not_removable);
  w.a.is.device = 2;
  EXPECT_FALSE(w.open());
}

TEST(file_opener, takes_an_empty_file_for_one_that_is_being_made) {
  opening_world w;
  w.a.is.size = 0;
  const auto age = [&](core::milliseconds old) {
    w.a.is.ctime_ns = std::chrono::nanoseconds{(w.wall() - old).time_since_epoch()}.count();
  };
  age(49ms);
  EXPECT_EQ(w.open(), errc::being_written);
  age(50ms);
  EXPECT_FALSE(w.open());
  age(0ms);
  w.a.is.size = 1;
  EXPECT_FALSE(w.open());
  w.a.is.size = 0, w.who->terms_.only_unwritten = false;
  EXPECT_FALSE(w.open()) << "its caller says that it is whole";
}

TEST(file_opener, skips_what_an_earlier_run_sent) {
  opening_world w;
  using known = spool::known;
  w.who->spool_.before = known::accepted;
  EXPECT_EQ(w.open(), errc::already_accepted);
  w.who->spool_.before = known::kept;
  EXPECT_FALSE(w.open()) << "it is to be taken away";
  w.who->spool_.before = known::accepted, w.j.is_another = true;
  EXPECT_FALSE(w.open());
}

/// The system does not say whether `a` is being written.
struct settling_world : opening_world {
  explicit settling_world(const config& c = fake::cfg()) : opening_world{c} {
    a.writers_known = false, a.unsettled = 3s;
    who->terms_.on_success = disposal::remove();
  }
};

TEST(file_opener, waits_until_a_file_was_left_alone) {
  settling_world w;
  EXPECT_EQ(w.refused().again, w.now + 3s + 20ms);
  ASSERT_THAT(w.notices, SizeIs(1));
  EXPECT_EQ(w.notices.front().what, notice::kind::settling);
  EXPECT_THAT(w.notices.front().text, HasSubstr("no leases here"));
  w.now += 4s, w.a.unsettled = 0s;
  EXPECT_FALSE(w.open());
  w.a.unsettled = 1s;
  EXPECT_TRUE(w.open());
  EXPECT_THAT(w.notices, SizeIs(1)) << "it is told once";
}

TEST(file_opener, gives_up_on_a_file_that_was_written_while_it_waited) {
  settling_world w;
  EXPECT_TRUE(w.refused().again);
  w.now += 4s, ++w.a.is.size;
  const auto o = w.refused();
  EXPECT_FALSE(o.again);
  EXPECT_EQ(o.fate, fate::deferred);
  EXPECT_EQ(o.error, errc::not_settled);
}

TEST(file_opener, has_patience_with_a_file_whose_change_time_moves) {
  settling_world w;
  int waits = 0;
  for (; w.refused().again && waits < 100; ++waits) w.now += 4s, ++w.a.is.ctime_ns;
  EXPECT_EQ(waits, 9);
}

TEST(file_opener, does_not_count_it_as_waiting_to_be_asked_too_early) {
  settling_world w;
  EXPECT_TRUE(w.refused().again);
  ++w.a.is.size;
  w.now += 1s;
  EXPECT_TRUE(w.refused().again) << "the time is not over";
}

TEST(file_opener, does_not_wait_where_that_is_not_wanted) {
  auto c = fake::cfg();
  c.settle = 0ms;
  settling_world none{c};
  EXPECT_FALSE(none.open());
  settling_world known;
  known.a.writers_known = true;
  EXPECT_FALSE(known.open());
  settling_world upload;
  upload.who->terms_.on_success = disposal::keep(), upload.who->terms_.only_unwritten = false;
  EXPECT_FALSE(upload.open());
  settling_world drain;
  drain.who->terms_.on_success = disposal::keep();
  EXPECT_EQ(drain.open(), errc::not_settled);
}

}  // namespace
}  // namespace sluice::engine
