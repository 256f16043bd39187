#include "engine/run/stuck_files.hpp"

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
using core::reach;

const auto no_permission = make_error_code(sys::permission_denied);

config taking_away(disposal how) {
  auto c = fake::cfg();
  c.on_success = std::move(how);
  return c;
}

/// A source, and what stays in it.
struct stuck_world : fake::world {
  explicit stuck_world(disposal how = disposal::remove()) : fake::world{taking_away(how)} {
    who->terms_.on_success = std::move(how);
    if (files_of_run.open(source::directory("spool"), who->terms_)) throw std::runtime_error{"not opened"};
  }
  job job_in(const std::string& path) {
    auto j = fake::job_of(who, path);
    j.root = files_of_run.opened().roots.front();
    return j;
  }
  /// A file that was sent, and cannot be taken away.
  bool stays(const std::string& path, core::removal_failure why, std::uint64_t device = 1) {
    auto& f = add(path);
    f.is.device = device, f.removal = why;
    return stuck.stayed(job_in(path), *fake::open(*this, path), why);
  }
  error_code held(const std::string& path, std::uint64_t device = 0) {
    return stuck.held(job_in(path), device);
  }
  /// Tries again; how many files it looked at.
  std::size_t try_again() {
    openings.clear(), events.clear();
    now = std::max(now, std::min(stuck.next_try(), now + 1h));
    all_free = run(stuck.try_again(who, who->terms_, end)).value();
    return openings.size();
  }
  void heal() {
    for (auto& [path, f] : files) f->removal = {};
  }

  std::shared_ptr<fake::owner> who = std::make_shared<fake::owner>(*this);
  run_files files_of_run{context};
  stuck_files stuck{context, files_of_run};
  conclusion end{context};
  bool all_free = false;
};

TEST(stuck_files, hold_what_the_reason_reaches) {
  const struct {
    core::removal_failure why;
    bool folder, device, all;
  } table[] = {
      {{make_error_code(sys::text_file_busy), reach::file}, false, false, false},
      {{no_permission, reach::folder}, true, false, false},
      {{make_error_code(sys::read_only_file_system), reach::file_system}, true, true, false},
      {{make_error_code(sys::no_space_on_device), reach::target}, true, true, true},
  };
  for (const auto& row : table) {
    stuck_world w;
    EXPECT_FALSE(w.held("x/b", 1));
    w.stays("x/a", row.why);
    EXPECT_EQ(w.held("x/b", 1).failed(), row.folder) << row.why.why.message();
    EXPECT_EQ(w.held("y/b", 1).failed(), row.device) << row.why.why.message();
    EXPECT_EQ(w.held("y/b", 2).failed(), row.all) << row.why.why.message();
    EXPECT_EQ(w.held("y/b", 0).failed(), row.all) << row.why.why.message();
  }
}

TEST(stuck_files, are_no_files_that_are_gone) {
  stuck_world w;
  w.stuck.try_again_every(10s, 60s);
  EXPECT_FALSE(w.stays("a", {make_error_code(sys::no_such_file_or_directory), reach::file}));
  EXPECT_EQ(w.stuck.next_try(), core::steady_time::max());
  EXPECT_THAT(w.notices, IsEmpty());
}

TEST(stuck_files, are_told_once_for_what_they_hold) {
  stuck_world w;
  w.stays("x/a", {no_permission, reach::folder});
  w.stays("x/b", {no_permission, reach::folder});
  ASSERT_THAT(w.notices, SizeIs(1));
  EXPECT_EQ(w.notices.front().what, notice::kind::not_removable);
  EXPECT_EQ(w.notices.front().text,
            "nothing more is sent from 'spool/x': its files cannot be removed: Permission denied");
  w.stays("y/a", {no_permission, reach::folder});
  EXPECT_THAT(w.notices, SizeIs(2));
}

TEST(stuck_files, are_told_in_the_words_of_their_reach) {
  const struct {
    disposal how;
    reach of;
    const char* text;
  } table[] = {
      {disposal::remove(), reach::file, "'spool/x/a' is not sent: it could not be removed afterwards"},
      {disposal::move_to("done"), reach::folder, "from 'spool/x': its files cannot be moved"},
      {disposal::remove(), reach::file_system, "from the file system of 'spool/x': its files cannot be"},
      {disposal::move_to("done"), reach::target, "nothing more is sent: files cannot be moved to 'done'"},
  };
  for (const auto& row : table) {
    stuck_world w{row.how};
    w.stays("x/a", {make_error_code(sys::text_file_busy), row.of});
    ASSERT_THAT(w.notices, SizeIs(1)) << row.text;
    EXPECT_THAT(w.notices.front().text, HasSubstr(row.text));
  }
}

TEST(stuck_files, have_their_obstacles_told_once_a_folder) {
  stuck_world w;
  for (const auto* path : {"x/a", "x/b", "y/a"})
    w.stuck.tell_obstacle(w.job_in(path), core::obstacle::closed_folder);
  EXPECT_THAT(w.notices, SizeIs(2));
  EXPECT_FALSE(w.held("x/c")) << "nothing was sent, and nothing is held for it";
}

TEST(stuck_files, stay_for_good_in_a_run_that_reads_its_source_once) {
  stuck_world w;
  EXPECT_FALSE(w.stays("a", {no_permission, reach::folder}));
  EXPECT_EQ(w.stuck.next_try(), core::steady_time::max());
}

TEST(stuck_files, are_tried_again_after_a_while_the_first_one_says_when) {
  stuck_world w;
  w.stuck.try_again_every(10s, 60s);
  EXPECT_TRUE(w.stays("a", {no_permission, reach::folder}));
  const auto at = w.now + 10s;
  w.now += 5s;
  EXPECT_FALSE(w.stays("b", {no_permission, reach::folder})) << "a time is set already";
  EXPECT_EQ(w.stuck.next_try(), at);
  w.stuck.try_now();
  EXPECT_EQ(w.stuck.next_try(), w.now);
  stuck_world ended;
  ended.stuck.try_again_every(10s, 60s);
  ended.who->end = errc::stopped;
  EXPECT_FALSE(ended.stays("a", {no_permission, reach::folder}));
  ended.stuck.try_now();
  EXPECT_EQ(ended.stuck.next_try(), core::steady_time::max());
}

TEST(stuck_files, are_probed_by_one_for_each_reason_ever_more_seldom) {
  stuck_world w;
  w.stuck.try_again_every(10s, 60s);
  for (const auto* path : {"x/a", "x/b", "x/c", "x/d"}) w.stays(path, {no_permission, reach::folder});
  for (const auto* path : {"y/a", "y/b"})
    w.stays(path, {make_error_code(sys::read_only_file_system), reach::file_system}, 2);
  for (const auto wait : {20s, 40s, 60s, 60s}) {
    EXPECT_EQ(w.try_again(), 2u);
    EXPECT_FALSE(w.all_free);
    EXPECT_EQ(w.stuck.next_try(), w.now + wait);
  }
  EXPECT_TRUE(w.held("x/z"));
}

TEST(stuck_files, go_and_set_free_what_they_had_held) {
  stuck_world w;
  w.stuck.try_again_every(10s, 60s);
  for (const auto* path : {"x/a", "x/b", "x/c"}) w.stays(path, {no_permission, reach::folder});
  w.heal();
  EXPECT_EQ(w.try_again(), 3u);
  EXPECT_TRUE(w.all_free);
  EXPECT_THAT(w.files, IsEmpty());
  EXPECT_FALSE(w.held("x/z"));
  EXPECT_EQ(w.stuck.next_try(), core::steady_time::max());
  EXPECT_THAT(w.events, ElementsAre("record x/a accepted deleted", "remove x/a", "away x/a",
                                    "record x/b accepted deleted", "remove x/b", "away x/b",
                                    "record x/c accepted deleted", "remove x/c", "away x/c"));
  w.stays("x/a", {no_permission, reach::folder});
  EXPECT_THAT(w.notices, SizeIs(2)) << "what comes again is told again";
}

TEST(stuck_files, go_a_few_at_a_time) {
  stuck_world w;
  w.stuck.try_again_every(8s, 60s);
  for (int n = 0; n < 40; ++n) w.stays("x/" + std::to_string(n), {no_permission, reach::folder});
  w.heal();
  for (const std::size_t few : {16u, 16u, 8u}) {
    EXPECT_EQ(w.try_again(), few);
    if (few == 16) {
      EXPECT_EQ(w.stuck.next_try(), w.now + 1s) << "an eighth of the time: it goes well";
    }
  }
}

TEST(stuck_files, that_are_gone_or_others_by_now_are_not_tried_again) {
  stuck_world w;
  w.stuck.try_again_every(10s, 60s);
  w.stays("x/a", {no_permission, reach::folder});
  w.files.clear();
  EXPECT_EQ(w.try_again(), 1u);
  EXPECT_TRUE(w.all_free) << "the next file that is sent will tell";
  EXPECT_FALSE(w.held("x/b"));

  w.stays("x/a", {no_permission, reach::folder});
  ++w.files["x/a"]->is.size;
  EXPECT_EQ(w.try_again(), 1u);
  EXPECT_TRUE(w.files.contains("x/a")) << "it was never sent as it is";
  EXPECT_EQ(w.stuck.next_try(), core::steady_time::max());
}

TEST(stuck_files, one_that_is_gone_does_not_set_free_what_others_hold) {
  stuck_world w;
  w.stuck.try_again_every(10s, 60s);
  for (const auto* path : {"x/a", "x/b"}) w.stays(path, {no_permission, reach::folder});
  w.files.erase("x/a");
  w.try_again();
  EXPECT_FALSE(w.all_free);
  EXPECT_TRUE(w.held("x/c"));
}

TEST(stuck_files, are_left_alone_while_somebody_opens_them_or_the_run_has_ended) {
  stuck_world w;
  w.stuck.try_again_every(10s, 60s);
  w.stays("x/a", {no_permission, reach::folder});
  w.heal();
  w.files["x/a"]->refusals = {make_error_code(sys::too_many_files_open)};
  w.try_again();
  EXPECT_TRUE(w.files.contains("x/a"));
  w.who->end = errc::stopped;
  EXPECT_EQ(w.try_again(), 0u);
  EXPECT_TRUE(w.files.contains("x/a"));
}

TEST(stuck_files, have_another_line_when_they_stay_again) {
  stuck_world w;
  w.stuck.try_again_every(10s, 60s);
  w.stays("x/a", {no_permission, reach::folder});
  w.try_again();
  EXPECT_THAT(w.events,
              ElementsAre("record x/a accepted deleted", "remove x/a", "record x/a undeletable kept"));
}

TEST(stuck_files, look_for_a_target_that_was_made_anew) {
  stuck_world w{disposal::move_to("done")};
  w.stuck.try_again_every(10s, 60s);
  w.stays("x/a", {make_error_code(sys::no_space_on_device), reach::target});
  const auto before = w.who->terms_.move_target;
  w.unopenable["done"] = no_permission;
  w.heal();
  EXPECT_EQ(w.try_again(), 0u);
  EXPECT_EQ(w.who->terms_.move_target, before);
  w.unopenable.clear();
  EXPECT_EQ(w.try_again(), 1u);
  EXPECT_NE(w.who->terms_.move_target, before);
  EXPECT_TRUE(w.all_free);
  EXPECT_THAT(w.files, IsEmpty());
}

}  // namespace
}  // namespace sluice::engine
