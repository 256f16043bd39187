#include "engine/run/intake.hpp"

#include "engine/own_request.hpp"

#include "fake_world.hpp"
#include "scarce_memory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::engine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using kind = io::entry::kind;

/// A run that is fed by the intake alone.
struct intake_world : fake::world {
  explicit intake_world(const config& c = fake::cfg()) : fake::world{c} {
    rooms.dispatcher.gate().hold(true);
    rooms.begin();
    settle();
  }
  void take(kind what, std::string path, error_code why = {}) {
    auto e = fake::entry_of(std::move(path));
    e.what = what, e.why = why;
    in.take(e);
  }
  const run_summary& end() {
    rooms.made->end_feeding();
    settle();
    return rooms.summary.value();
  }

  fake::run_rooms<fake::hand_fed_run> rooms{*this, source::directory("spool"), drain_options{}.collect()};
  intake in{context, rooms.dispatcher, *rooms.made};
};

TEST(intake, makes_jobs_of_files_in_the_order_of_the_source) {
  intake_world w;
  for (const auto* path : {"a", "b", "c"}) w.take(kind::file, path);
  EXPECT_EQ(w.rooms.made->outstanding(), 3u);
  const auto jobs = w.rooms.dispatcher.take_waiting(nullptr);
  ASSERT_THAT(jobs, SizeIs(3));
  for (std::uint64_t n = 0; n < 3; ++n) {
    EXPECT_EQ(jobs[n]->seq, n + 1);
    EXPECT_EQ(jobs[n]->record.seq, n + 1);
    EXPECT_EQ(jobs[n]->path, std::string(1, static_cast<char>('a' + n)));
    EXPECT_EQ(jobs[n]->record.path, jobs[n]->path);
    EXPECT_EQ(jobs[n]->root->path(), "spool");
    EXPECT_EQ(jobs[n]->owner, w.rooms.made);
  }
}

TEST(intake, notes_what_the_source_knows_of_a_file) {
  intake_world w;
  auto e = fake::entry_of("a");
  e.identity = core::file_identity{1, 2, 33, 44, 55}, e.listed = true;
  const auto j = w.in.job_of(e);
  EXPECT_EQ(j.record.size, 33u);
  EXPECT_EQ(j.record.mtime_ns, 44);
  EXPECT_TRUE(j.opening.may_be_missing);
}

TEST(intake, gives_what_is_no_file_its_fate_at_once) {
  intake_world w;
  w.take(kind::skipped, "a", errc::not_selected);
  w.take(kind::skipped, "b", errc::file_missing);
  w.take(kind::unreadable_directory, "c", errc::source_unreadable);
  EXPECT_TRUE(w.rooms.dispatcher.backlog().empty());
  const auto& s = w.end();
  ASSERT_THAT(s.records, SizeIs(2));
  EXPECT_EQ(s.records[0].fate, fate::skipped);
  EXPECT_EQ(s.records[0].error, errc::not_selected);
  EXPECT_EQ(s.records[1].fate, fate::missing);
  EXPECT_EQ(s.unreadable_dirs, 1u);
  EXPECT_THAT(s.detail, HasSubstr("cannot read 'c'"));
}

TEST(intake, of_a_dry_run_sends_nothing) {
  auto c = fake::cfg();
  c.dry_run = true;
  intake_world w{c};
  w.take(kind::file, "a");
  EXPECT_TRUE(w.rooms.dispatcher.backlog().empty());
  const auto& s = w.end();
  EXPECT_EQ(s.counts[fate::skipped], 1u);
  EXPECT_EQ(s.records.at(0).error, errc::dry_run);
}

TEST(intake, puts_a_job_where_it_is_told) {
  intake_world w;
  using turn = dispatcher::turn;
  for (const auto& [path, t] : {std::pair{"a", turn::last}, {"b", turn::fresh}, {"c", turn::first}}) {
    auto e = fake::entry_of(path);
    auto j = w.in.job_of(e);
    w.in.enqueue(j, t);
  }
  std::vector<std::string> paths;
  for (const auto& j : w.rooms.dispatcher.take_waiting(nullptr)) paths.push_back(j->path);
  EXPECT_THAT(paths, ElementsAre("c", "b", "a"));
}

TEST(intake, defers_a_file_for_which_there_is_no_memory) {
  intake_world w;
  std::uint64_t deferred = 0;
  for (int n = 0; n < 20; ++n) {
    auto e = fake::entry_of("a");
    auto j = w.in.job_of(e);
    const fake::scarce_memory scarce;
    w.in.enqueue(j, dispatcher::turn::last);
    deferred += scarce.failed() ? 1 : 0;
  }
  EXPECT_GT(deferred, 0u);
  EXPECT_EQ(w.rooms.made->totals().figures().counts[fate::deferred], deferred);
  EXPECT_EQ(w.rooms.dispatcher.backlog().size(), 20 - deferred);
}

std::shared_ptr<io::entry_line> line_numbered(std::uint64_t number, std::string problem = {}) {
  auto line = std::make_shared<io::entry_line>();
  line->number = number, line->problem = std::move(problem);
  return line;
}

TEST(intake, gives_a_job_what_its_line_of_a_manifest_says) {
  intake_world w;
  auto e = fake::entry_of("a");
  e.line = line_numbered(1);
  e.line->words.members = {{"camera", "7"}}, e.line->words.form = {{"mark", "{@camera}"}};
  w.in.take(e);
  const auto jobs = w.rooms.dispatcher.take_waiting(nullptr);
  ASSERT_THAT(jobs, SizeIs(1));
  ASSERT_TRUE(jobs[0]->own);
  EXPECT_EQ(jobs[0]->own->members.at("camera"), "7");
  EXPECT_THAT(jobs[0]->own->fields, SizeIs(1));
}

TEST(intake, defers_the_file_of_a_line_that_cannot_be_used) {
  intake_world w;
  auto a = fake::entry_of("a"), b = fake::entry_of("b");
  a.line = line_numbered(7, "'form' is not an object"), b.line = line_numbered(8);
  b.line->words.url = "https://elsewhere.example/";
  w.in.take(a), w.in.take(b);
  EXPECT_THAT(w.rooms.dispatcher.take_waiting(nullptr), SizeIs(0));
  const auto& s = w.end();
  EXPECT_EQ(s.counts[fate::deferred], 2u);
  EXPECT_EQ(s.records.at(0).error, errc::unsendable);
  EXPECT_EQ(s.records.at(0).reason, "line 7 'form' is not an object");
  EXPECT_THAT(s.records.at(1).reason, HasSubstr("line 8 has a bad 'url': another scheme, host or port than"));
}

TEST(intake, counts_lines_without_a_file_and_tells_the_first_of_them) {
  intake_world w;
  for (std::uint64_t n = 1; n <= 20; ++n) {
    io::entry e;
    e.what = kind::bad_line, e.line = line_numbered(n, "has no 'path'");
    w.in.take(e);
  }
  ASSERT_THAT(w.notices, SizeIs(16));
  EXPECT_EQ(w.notices[0].what, notice::kind::bad_line);
  EXPECT_EQ(w.notices[0].text, "line 1 of the manifest has no 'path'; no file is sent for it");
  const auto& s = w.end();
  EXPECT_EQ(s.bad_lines, 20u);
  EXPECT_EQ(s.counts.total(), 0u);
}

}  // namespace
}  // namespace sluice::engine
