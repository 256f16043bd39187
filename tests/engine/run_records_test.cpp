#include "engine/run/run_records.hpp"

#include "fake_world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::engine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

file_record record_of(std::uint64_t seq, fate f = fate::accepted) {
  file_record r;
  r.seq = seq, r.path = "f" + std::to_string(seq), r.fate = f;
  return r;
}

/// Records with a log that the world has.
struct recording_world : fake::world {
  explicit recording_world(const config& c = logging(), drain_options o = {})
      : fake::world{c}, records{context, std::move(o)} {
    error_code ec;
    records.log_to(context.world.files->open_log("job.log", ec), [this] { ++failures; });
  }
  static config logging() {
    auto c = fake::cfg();
    c.job_log = "job.log";
    return c;
  }
  bool write(std::uint64_t seq, fate f = fate::accepted) {
    auto r = record_of(seq, f);
    return records.write(r);
  }
  run_records records;
  int failures = 0;
};

TEST(run_records, writes_a_line_for_each_file_but_for_skipped_ones) {
  recording_world w;
  for (const auto f : all_fates) EXPECT_TRUE(w.write(1, f));
  EXPECT_THAT(w.lines, SizeIs(all_fates.size() - 1));
  for (const auto& line : w.lines) EXPECT_THAT(line, testing::Not(HasSubstr("\"skipped\"")));
}

TEST(run_records, puts_the_time_into_each_record_with_a_log_or_without) {
  recording_world w;
  run_records none{w.context, {}};
  for (auto* records : {&w.records, &none}) {
    auto r = record_of(1);
    EXPECT_TRUE(records->write(r));
    EXPECT_EQ(r.time, w.wall());
  }
}

TEST(run_records, tells_once_that_its_log_has_failed_and_lets_nothing_more_be_taken_away) {
  recording_world w;
  EXPECT_TRUE(w.write(1));
  w.log_failure = "No space left on device";
  EXPECT_FALSE(w.write(2));
  EXPECT_FALSE(w.write(3));
  w.log_failure.clear();
  EXPECT_FALSE(w.write(4)) << "a line is lost for good";
  EXPECT_EQ(w.failures, 1);
  ASSERT_THAT(w.notices, SizeIs(1));
  EXPECT_EQ(w.notices.front().what, notice::kind::record_failed);
  EXPECT_THAT(w.notices.front().text, HasSubstr("'job.log' cannot be written: No space left on device"));
}

TEST(run_records, counts_a_line_for_which_there_is_no_memory) {
  recording_world w;
  w.no_memory_for_lines = true;
  EXPECT_TRUE(w.write(1)) << "whether that stops the run is the log's to say";
  EXPECT_EQ(w.lines_dropped, 1u);
}

TEST(run_records, tells_all_observers_and_counts) {
  auto c = recording_world::logging();
  std::vector<std::string> told;
  c.on_record = [&](const file_record& r) { told.push_back("uploader " + r.path); };
  recording_world w{
      c, drain_options{}.on_record([&](const file_record& r) { told.push_back("drain " + r.path); })};
  w.records.add(record_of(1)), w.records.add(record_of(2, fate::rejected));
  EXPECT_THAT(told, ElementsAre("uploader f1", "drain f1", "uploader f2", "drain f2"));
  EXPECT_EQ(w.records.totals().figures().counts[fate::accepted], 1u);
  EXPECT_EQ(w.records.totals().figures().counts[fate::rejected], 1u);
}

TEST(run_records, counts_whether_an_observer_has_memory_or_not) {
  auto c = recording_world::logging();
  c.on_record = [](const file_record&) { throw std::bad_alloc{}; };
  recording_world w{c};
  EXPECT_NO_THROW(w.records.add(record_of(1)));
  EXPECT_EQ(w.records.totals().figures().counts.total(), 1u);
}

TEST(run_records, keeps_records_in_the_order_of_the_source_where_they_are_wanted) {
  recording_world keeps{recording_world::logging(), drain_options{}.collect()}, not_wanted;
  run_summary kept, none;
  for (const std::uint64_t seq : {3, 1, 2})
    keeps.records.add(record_of(seq)), not_wanted.records.add(record_of(seq));
  keeps.records.give(kept), not_wanted.records.give(none);
  ASSERT_THAT(kept.records, SizeIs(3));
  for (std::size_t n = 0; n < 3; ++n) EXPECT_EQ(kept.records[n].seq, n + 1);
  EXPECT_THAT(none.records, IsEmpty());
}

TEST(run_records, says_at_the_end_how_many_lines_were_lost) {
  recording_world w;
  w.lines_dropped = 7;
  run_summary s;
  w.records.give(s);
  EXPECT_EQ(s.log_lines_dropped, 7u);
  ASSERT_THAT(w.notices, SizeIs(1));
  EXPECT_THAT(w.notices.front().text, HasSubstr("7 lines of the job log 'job.log'"));

  recording_world failed;
  failed.lines_dropped = 7, failed.log_failure = "gone";
  failed.write(1);
  failed.records.give(s);
  EXPECT_THAT(failed.notices, SizeIs(1)) << "it was told as it happened";
}

TEST(run_records, is_written_at_once_without_a_log_and_else_when_the_log_says_so) {
  recording_world w;
  w.flushes_to_fail = 1;
  EXPECT_FALSE(w.records.flush());
  EXPECT_TRUE(w.records.flush());
  run_records none{w.context, {}};
  EXPECT_TRUE(none.flush());
}

config with_short_log() {
  auto c = recording_world::logging();
  c.job_log_compact = 1000;
  return c;
}

void shorten(recording_world& w, bool over = false) {
  w.records.shorten_log({}, nullptr);
  EXPECT_FALSE(w.records.has_long_log()) << "one at a time";
  for (int n = 0; n < 20; ++n) {
    w.settle(), w.pass(std::chrono::milliseconds{5});
    run_summary s;
    if (over) w.records.give(s);
  }
}

TEST(run_records, log_is_long_when_it_has_passed_the_size_and_twice_what_it_had_after_the_last_time) {
  recording_world w{with_short_log()}, any;
  any.log_size = 1'000'000;
  EXPECT_FALSE(any.records.has_long_log());
  w.log_size = 999;
  EXPECT_FALSE(w.records.has_long_log());
  w.log_size = 4000;
  EXPECT_TRUE(w.records.has_long_log());
  shorten(w);
  EXPECT_EQ(w.log_size, 1000u);
  EXPECT_FALSE(w.records.has_long_log()) << "nearly all of it was needed";
  w.log_size = 1999;
  EXPECT_FALSE(w.records.has_long_log());
  w.log_size = 2000;
  EXPECT_TRUE(w.records.has_long_log());
  EXPECT_THAT(w.notices, IsEmpty());
}

TEST(run_records, log_that_cannot_be_made_shorter_goes_on_and_that_is_told_once) {
  for (const bool at_once : {true, false}) {
    recording_world w{with_short_log()};
    w.log_size = 4000;
    (at_once ? w.shorten_error : w.shorten_step_error) =
        make_error_code(boost::system::errc::no_space_on_device);
    shorten(w);
    ASSERT_THAT(w.notices, SizeIs(1));
    EXPECT_EQ(w.notices[0].what, notice::kind::log_not_compacted);
    EXPECT_THAT(w.notices[0].text, HasSubstr("the job log 'job.log' of 4000 bytes was not compacted"));
    EXPECT_THAT(w.notices[0].text, HasSubstr("No space left"));
    EXPECT_TRUE(w.write(1));
    EXPECT_EQ(w.failures, 0);
    EXPECT_FALSE(w.records.has_long_log());
    w.log_size = 8000;
    EXPECT_TRUE(w.records.has_long_log()) << "it is tried again";
  }
}

TEST(run_records, log_that_is_shorter_and_may_lose_its_name_again_is_told) {
  recording_world w{with_short_log()};
  w.log_size = 4000;
  w.shorten_step_error = make_error_code(boost::system::errc::io_error);
  w.shortened_in_place = true;
  shorten(w);
  ASSERT_THAT(w.notices, SizeIs(1));
  EXPECT_THAT(w.notices[0].text, HasSubstr("was compacted, but the disk did not confirm its new name"));
  EXPECT_TRUE(w.write(1));
}

TEST(run_records, log_of_a_run_that_is_over_is_left_alone) {
  recording_world w{with_short_log()};
  w.log_size = 4000;
  shorten(w, true);
  EXPECT_EQ(w.log_size, 4000u);
  EXPECT_THAT(w.notices, IsEmpty());
}

TEST(run_records, opens_its_log_anew) {
  recording_world w;
  EXPECT_FALSE(w.records.reopen_log());
  EXPECT_THAT(w.events, ElementsAre("reopen job.log"));
  w.open_log_error = errc::record_failed;
  EXPECT_EQ(w.records.reopen_log(), errc::record_failed);
  run_records none{w.context, {}};
  EXPECT_FALSE(none.reopen_log());
}

}  // namespace
}  // namespace sluice::engine
