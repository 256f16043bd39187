#include "engine/run/folder_sweep.hpp"

#include "engine/run/drain_run.hpp"
#include "engine/run/follow_run.hpp"

#include "fake_world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::engine {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace): of literals only
using result = core::folder_removal::result;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
namespace sys = boost::system::errc;

constexpr std::int64_t in_seconds = 1'000'000'000;

config that_sweeps(std::chrono::milliseconds settle = 10s) {
  auto c = fake::cfg();
  c.on_success = disposal::remove(), c.delete_empty_dirs = true, c.settle = settle;
  return c;
}

/// A run of files that lie in folders.
template <class Run>
struct sweeping_world : fake::world {
  explicit sweeping_world(const config& c = that_sweeps(), source from = source::directory("spool"))
      : fake::world{c}, rooms{*this, std::move(from), drain_options{}} {}
  /// The last change of the file was `age` before its folder is emptied.
  void list(const std::string& path, std::chrono::seconds age = 0s) {
    auto& f = add(path);
    f.is.ctime_ns = (1000 - age.count()) * in_seconds;
    f.folder = core::file_identity{1, 1, 0, 1000 * in_seconds, 1000 * in_seconds};
    entries.push_back(fake::entry_of(path));
    entries.back().identity = f.is;
  }
  void begin() {
    rooms.begin();
    const auto& roots = rooms.made->spool().files.opened().roots;
    if (!roots.empty())
      for (auto& e : entries) e.root = roots.front();
    for (auto& s : followed.steps) s.what->root = roots.front();
    settle();
  }
  std::vector<std::string> removed() const {
    std::vector<std::string> paths;
    for (const auto& e : events)
      if (e.starts_with("rmdir ")) paths.push_back(e.substr(6));
    return paths;
  }
  const run_summary& summary() const { return rooms.summary.value(); }

  fake::run_rooms<Run> rooms;
};
using draining = sweeping_world<drain_run>;

TEST(folder_sweep, removes_folders_a_settle_time_after_they_were_emptied_while_others_are_sent) {
  draining w;
  w.list("a/b/1"), w.list("2");
  w.begin();
  w.answer(0);
  w.pass(10s - 1ms);
  EXPECT_THAT(w.removed(), IsEmpty());
  w.pass(1ms);
  EXPECT_THAT(w.removed(), ElementsAre("spool/a/b", "spool/a"));
  EXPECT_FALSE(w.rooms.summary) << "the other file is on its way yet";
  w.answer(1);
  EXPECT_EQ(w.summary().folders_deleted, 2u);
  EXPECT_EQ(w.summary().folders_left, 0u);
}

TEST(folder_sweep, of_a_run_that_ends_sooner_removes_what_had_been_left_alone_and_counts_what_stays) {
  draining w;
  w.list("old/1", 11s), w.list("new/1", 9s), w.list("full/1", 1s);
  w.empty_folders = {"new"};
  w.begin();
  for (std::size_t n = 0; n < 3; ++n) w.answer(n);
  EXPECT_THAT(w.removed(), ElementsAre("spool/old")) << "nobody waits for the others";
  EXPECT_EQ(w.summary().folders_deleted, 1u);
  EXPECT_EQ(w.summary().folders_left, 1u) << "one with something in it was not emptied";
}

TEST(folder_sweep, removes_none_that_no_file_was_taken_out_of) {
  struct row {
    const char* why;
    config with;
  };
  auto kept = that_sweeps(), dry = that_sweeps(), off = that_sweeps();
  kept.on_success = disposal::keep(), kept.on_reject = disposal::move_to("bad");
  dry.dry_run = true;
  off.delete_empty_dirs = false;
  for (const auto& r : {row{"kept", kept}, row{"dry run", dry}, row{"off", off}}) {
    draining w{r.with};
    w.list("a/1", 24h);
    w.begin();
    if (!w.exchanges.empty()) w.answer(0);
    w.pass(1h);
    ASSERT_TRUE(w.rooms.summary) << r.why;
    EXPECT_THAT(w.removed(), IsEmpty()) << r.why;
    EXPECT_EQ(w.summary().folders_deleted, 0u) << r.why;
  }
}

TEST(folder_sweep, counts_a_rejected_file_that_was_moved_away) {
  auto c = that_sweeps();
  c.on_success = disposal::keep(), c.on_reject = disposal::move_to("bad");
  draining w{c};
  w.list("a/1", 24h);
  w.replies.push_back(fake::answered(422));
  w.begin();
  EXPECT_THAT(w.removed(), ElementsAre("spool/a"));
}

TEST(folder_sweep, of_a_list_needs_a_source_below_which_its_names_are) {
  draining without{that_sweeps(0s), source::list("names")};
  without.list("a/1");
  without.begin();
  without.answer(0);
  EXPECT_THAT(without.removed(), IsEmpty());
  draining with{that_sweeps(0s), source::list("names", false, "spool")};
  with.list("a/1"), with.list("../b/1"), with.list("/c/1"), with.list("d/../e/1"), with.list("1");
  with.begin();
  for (std::size_t n = 0; n < 4; ++n) with.answer(n);
  with.answer(4);
  EXPECT_THAT(with.removed(), ElementsAre("spool/a"));
}

TEST(folder_sweep, gives_way_to_uploads_where_there_are_many) {
  draining w;
  for (int n = 0; n < 10; ++n) w.list("d" + std::to_string(n) + "/1");
  w.list("last");
  w.folder_takes = 1ms;
  w.begin();
  for (std::size_t n = 0; n < 10; ++n) w.answer(n);
  w.pass(11s);
  EXPECT_THAT(w.removed(), SizeIs(10));
  for (std::size_t n = 1; n < w.events.size(); ++n)
    EXPECT_FALSE(w.events[n].starts_with("rmdir") && w.events[n - 1].starts_with("rmdir"))
        << "each takes a millisecond, and then the loop is others'";
}

TEST(folder_sweep, tells_once_that_folders_cannot_be_removed) {
  draining w{that_sweeps(0s)};
  core::folder_removal no;
  no.what = result::refused, no.why = make_error_code(sys::permission_denied);
  w.folders = {{"a", no}, {"b", no}};
  w.list("a/1"), w.list("b/1");
  w.begin();
  w.answer(0), w.answer(1);
  w.pass(1s);
  ASSERT_THAT(w.notices, SizeIs(1));
  EXPECT_EQ(w.notices[0].what, notice::kind::folder_stays);
  EXPECT_THAT(w.notices[0].text,
              HasSubstr("spool/a' stays, as others may: it cannot be removed: Permission"));
  EXPECT_EQ(w.summary().folders_deleted, 0u);
}

TEST(folder_sweep, says_nothing_of_one_that_is_not_empty_or_is_gone) {
  for (const auto what : {result::not_empty, result::gone, result::not_ours}) {
    draining w{that_sweeps(0s)};
    core::folder_removal no;
    no.what = what;
    w.folders = {{"a", no}};
    w.list("a/1");
    w.begin();
    w.answer(0);
    w.pass(1s);
    EXPECT_THAT(w.removed(), ElementsAre("spool/a"));
    EXPECT_THAT(w.notices, IsEmpty());
    EXPECT_EQ(w.summary().folders_deleted, 0u);
  }
}

source followed() {
  auto s = source::directory("spool");
  s.follow = following{};
  return s;
}

TEST(folder_sweep, of_a_followed_source_gives_the_watch_back_and_leaves_a_root_that_is_gone) {
  for (const bool there : {true, false}) {
    sweeping_world<follow_run> w{that_sweeps(), followed()};
    w.list("a/1", 24h);
    w.followed.steps.push_back({io::follow_step::kind::found, w.entries.front()});
    w.begin();
    w.answer(0);
    w.pass(9s);
    EXPECT_THAT(w.removed(), IsEmpty()) << "empty for a settle time, however old the file was";
    w.followed.there = there;
    w.pass(2s);
    if (there)
      EXPECT_THAT(w.events, testing::IsSupersetOf({"rmdir spool/a", "no watch of spool/a"}));
    else
      EXPECT_THAT(w.removed(), IsEmpty());
    EXPECT_FALSE(w.rooms.summary);
  }
}

}  // namespace
}  // namespace sluice::engine
