#include "core/files/emptied_folders.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace sluice::core {
namespace {

using namespace std::chrono_literals;
using result = folder_removal::result;

const steady_time folders_start{1h};
constexpr std::int64_t in_seconds = 1'000'000'000;

/// A folder of that inode as fstat has it; its last change was `changed` seconds after some beginning.
file_identity folder_like(std::uint64_t inode, std::int64_t changed, std::uint64_t device = 1) {
  return {device, inode, 4096, changed * in_seconds, changed * in_seconds};
}
folder_removal gone_from(const file_identity& before, const file_identity& after) {
  return {.what = result::removed, .parent_before = before, .parent_after = after};
}
std::string next_path(emptied_folders& all, steady_time now) {
  const auto c = all.next_due(now);
  return c ? c->place.path : "";
}

TEST(emptied_folders, know_the_folder_of_a_path_and_none_of_what_may_lead_elsewhere) {
  EXPECT_EQ(folder_of("a/f"), "a");
  EXPECT_EQ(folder_of("a/b/f"), "a/b");
  for (const auto* path : {"f", "/a/f", "../a/f", "a/../f", "a/./f", "./f", "a//f", "a/.."})
    EXPECT_EQ(folder_of(path), std::nullopt) << path;
}

TEST(emptied_folders, are_due_a_settle_time_after_the_last_file_went) {
  emptied_folders all{10s};
  EXPECT_EQ(all.next_at(), steady_time::max());
  EXPECT_FALSE(all.next_due(folders_start + 24h));
  all.took_file({0, "a"}, folder_like(7, 100), 99 * in_seconds, folders_start);
  EXPECT_EQ(all.next_at(), folders_start + 10s);
  all.took_file({0, "a"}, folder_like(7, 104), 99 * in_seconds, folders_start + 4s);
  EXPECT_EQ(all.next_at(), folders_start + 14s);
  EXPECT_FALSE(all.next_due(folders_start + 14s - 1ns));
  const auto due = all.next_due(folders_start + 14s);
  ASSERT_TRUE(due);
  EXPECT_EQ(due->place, (folder_place{0, "a"}));
  EXPECT_EQ(due->is.left, folder_like(7, 104)) << "as it was after the last of them";
  EXPECT_TRUE(all.empty());
}

TEST(emptied_folders, are_due_at_once_where_there_is_no_settle_time) {
  emptied_folders all{0s};
  all.took_file({1, "a"}, folder_like(7, 100), 100 * in_seconds, folders_start);
  EXPECT_EQ(next_path(all, folders_start), "a");
}

TEST(emptied_folders, come_deepest_first_where_they_are_due_together) {
  emptied_folders all{1s};
  for (const auto* path : {"b", "a/b/c", "a", "a/b"})
    all.took_file({0, path}, folder_like(1, 5), 0, folders_start);
  all.took_file({0, "soon/er"}, folder_like(2, 5), 0, folders_start - 1ms);
  EXPECT_EQ(next_path(all, folders_start + 1s), "soon/er");
  EXPECT_EQ(next_path(all, folders_start + 1s), "a/b/c");
  EXPECT_EQ(next_path(all, folders_start + 1s), "a/b");
}

TEST(emptied_folders, are_forgotten_until_they_are_emptied_again_where_somebody_wrote) {
  for (const auto what : {result::not_empty, result::not_ours, result::gone, result::refused}) {
    emptied_folders all{1s};
    all.took_file({0, "a/b"}, folder_like(7, 100), 0, folders_start);
    const auto c = all.next_due(folders_start + 1s);
    ASSERT_TRUE(c);
    all.tried(*c, {.what = what, .parent_before = folder_like(1, 1), .parent_after = folder_like(1, 1)},
              folders_start + 1s);
    EXPECT_TRUE(all.empty()) << static_cast<int>(what);
    all.took_file({0, "a/b"}, folder_like(7, 101), 0, folders_start + 5s);
    EXPECT_EQ(next_path(all, folders_start + 6s), "a/b");
  }
}

TEST(emptied_folders, that_somebody_touched_wait_anew) {
  emptied_folders all{10s};
  all.took_file({0, "a"}, folder_like(7, 100), 0, folders_start);
  const auto c = all.next_due(folders_start + 10s);
  ASSERT_TRUE(c);
  all.tried(*c, {.what = result::touched, .now = folder_like(7, 105)}, folders_start + 10s);
  EXPECT_FALSE(all.next_due(folders_start + 20s - 1ns));
  const auto again = all.next_due(folders_start + 20s);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->is.left, folder_like(7, 105));
}

TEST(emptied_folders, make_their_parent_due_at_once_where_nobody_has_changed_it_since) {
  struct row {
    const char* why;
    std::int64_t parent_changed;
    std::uint64_t device;
    bool at_once;
  };
  for (const auto& r : {row{"long before", 3, 1, true}, row{"at the same moment", 100, 1, true},
                        row{"since", 101, 1, false}, row{"another file system", 3, 2, false}}) {
    emptied_folders all{10s};
    all.took_file({3, "a/b"}, folder_like(7, 100), 0, folders_start);
    const auto now = folders_start + 10s;
    const auto c = all.next_due(now);
    ASSERT_TRUE(c);
    all.tried(*c, gone_from(folder_like(6, r.parent_changed, r.device), folder_like(6, 110, r.device)), now);
    EXPECT_EQ(all.next_at() <= now, r.at_once) << r.why;
    const auto parent = all.next_due(now + 10s);
    ASSERT_TRUE(parent) << r.why;
    EXPECT_EQ(parent->place, (folder_place{3, "a"}));
    EXPECT_EQ(parent->is.left, folder_like(6, 110, r.device)) << "as our own removal left it";
  }
}

/// Two folders that were emptied together, at the time when both are due.
auto two_of_one_parent(emptied_folders& all, steady_time now) {
  all.took_file({0, "a/1"}, folder_like(7, 100), 0, now - 10s);
  all.took_file({0, "a/2"}, folder_like(8, 100), 0, now - 10s);
  auto first = all.next_due(now), second_one = all.next_due(now);
  return std::pair{std::move(first), std::move(second_one)};
}

TEST(emptied_folders, of_one_parent_go_one_after_the_other_without_making_it_wait) {
  emptied_folders all{10s};
  const auto now = folders_start + 10s;
  const auto [first, second_one] = two_of_one_parent(all, now);
  ASSERT_TRUE(first && second_one);
  all.tried(*first, gone_from(folder_like(6, 1), folder_like(6, 110)), now);
  all.tried(*second_one, gone_from(folder_like(6, 110), folder_like(6, 111)), now);
  const auto parent = all.next_due(now);
  ASSERT_TRUE(parent);
  EXPECT_EQ(parent->is.left, folder_like(6, 111));
}

TEST(emptied_folders, make_a_parent_wait_that_somebody_changed_between_two_of_them) {
  emptied_folders all{10s};
  const auto now = folders_start + 10s;
  const auto [first, second_one] = two_of_one_parent(all, now);
  ASSERT_TRUE(first && second_one);
  all.tried(*first, gone_from(folder_like(6, 1), folder_like(6, 110)), now);
  all.tried(*second_one, gone_from(folder_like(6, 115), folder_like(6, 116)), now);
  EXPECT_EQ(all.next_at(), now + 10s);
}

TEST(emptied_folders, never_reach_the_source_itself) {
  emptied_folders all{1s};
  all.took_file({0, "a"}, folder_like(7, 100), 0, folders_start);
  const auto c = all.next_due(folders_start + 1s);
  ASSERT_TRUE(c);
  all.tried(*c, gone_from(folder_like(1, 1), folder_like(1, 110)), folders_start + 1s);
  EXPECT_TRUE(all.empty());
}

TEST(emptied_folders, of_a_run_that_ends_soon_go_where_their_writers_had_left_them_alone_before) {
  struct row {
    const char* why;
    std::int64_t written;  ///< the file, in seconds; its folder was emptied at 100
    std::chrono::seconds ago;
    bool goes;
  };
  for (const auto& r :
       {row{"written just now", 100, 0s, false}, row{"old files", 50, 0s, true},
        row{"old enough just now", 90, 0s, true}, row{"almost old enough", 91, 0s, false},
        row{"before and after together", 95, 5s, true}, row{"a time in the future", 200, 9s, false},
        row{"empty for so long", 200, 10s, true}}) {
    emptied_folders all{10s};
    all.took_file({0, "a"}, folder_like(7, 100), r.written * in_seconds, folders_start);
    const auto now = folders_start + r.ago;
    all.finish();
    EXPECT_EQ(next_path(all, now) == "a", r.goes) << r.why;
    EXPECT_EQ(all.next_left().has_value(), !r.goes) << r.why;
    EXPECT_FALSE(all.next_left());
  }
}

TEST(emptied_folders, are_as_young_as_the_youngest_file_that_was_taken_out) {
  emptied_folders all{10s};
  all.took_file({0, "a"}, folder_like(7, 100), 99 * in_seconds, folders_start);
  all.took_file({0, "a"}, folder_like(7, 102), 1 * in_seconds, folders_start + 2s);
  all.finish();
  EXPECT_FALSE(all.next_due(folders_start + 9s - 1ns)) << "one second before it went, and eight since";
  EXPECT_EQ(next_path(all, folders_start + 9s), "a");
}

TEST(emptied_folders, at_the_end_take_their_parents_with_them_and_leave_those_of_young_ones) {
  emptied_folders all{10s};
  all.took_file({0, "old/1"}, folder_like(7, 100), 0, folders_start);
  all.took_file({0, "new/1"}, folder_like(8, 100), 99 * in_seconds, folders_start);
  all.took_file({0, "mixed/1"}, folder_like(9, 100), 0, folders_start);
  all.took_file({0, "mixed"}, folder_like(5, 101), 100 * in_seconds, folders_start);
  all.finish();
  std::vector<std::string> went;
  while (const auto c = all.next_due(folders_start)) {
    went.push_back(c->place.path);
    const bool mixed = c->place.path == "mixed/1";
    const auto before = mixed ? folder_like(5, 101) : folder_like(4, 2);
    all.tried(*c, gone_from(before, folder_like(before.inode, 102)), folders_start);
  }
  EXPECT_EQ(went, (std::vector<std::string>{"mixed/1", "old/1", "old"}));
  std::vector<std::string> left;
  while (const auto c = all.next_left()) left.push_back(c->place.path);
  EXPECT_EQ(left, (std::vector<std::string>{"mixed", "new/1"}));
}

TEST(emptied_folders, that_find_no_room_are_counted) {
  emptied_folders all{10s, 2};
  all.took_file({0, "a"}, folder_like(1, 1), 0, folders_start);
  all.took_file({0, "b"}, folder_like(2, 1), 0, folders_start);
  all.took_file({0, "c"}, folder_like(3, 1), 0, folders_start);
  all.took_file({0, "b"}, folder_like(2, 2), 0, folders_start);
  EXPECT_EQ(all.left_out(), 1u);
  EXPECT_EQ(next_path(all, folders_start + 10s), "a");
  all.took_file({0, "c"}, folder_like(3, 3), 0, folders_start + 10s);
  EXPECT_EQ(next_path(all, folders_start + 10s), "b");
  EXPECT_EQ(next_path(all, folders_start + 20s), "c");
}

}  // namespace
}  // namespace sluice::core
