#include "core/files/disposal.hpp"

#include <gtest/gtest.h>
#include <set>

namespace sluice::core {
namespace {

constexpr file_identity photo{.device = 8, .inode = 4711, .size = 1000, .mtime_ns = 111, .ctime_ns = 222};

removal_evidence proof() {
  return {.reply_complete_and_framed = true,
          .session_as_configured = true,
          .accepted = true,
          .reply_was_early = false,
          .file_bytes_sent = photo.size,
          .opened = photo,
          .now = photo,
          .entry = photo};
}

/// Every way in which a file can become another one.
std::vector<file_identity> other_than(const file_identity& f) {
  std::vector<file_identity> all(5, f);
  all[0].device += 1;
  all[1].inode += 1;
  all[2].size += 1;
  all[3].mtime_ns += 1;
  all[4].ctime_ns += 1;
  return all;
}

TEST(disposal, lets_a_name_go_when_every_clause_holds) {  // I1
  EXPECT_EQ(broken_clause(proof()), std::nullopt);
  auto empty = proof();
  empty.file_bytes_sent = empty.opened.size = empty.now->size = empty.entry->size = 0;
  EXPECT_EQ(broken_clause(empty), std::nullopt);
}

TEST(disposal, knows_nothing_at_first) { EXPECT_EQ(broken_clause({}), clause::complete_reply); }

TEST(disposal, a_check_that_failed_is_not_a_change) {
  EXPECT_FALSE(only_unchecked(proof()));
  auto e = proof();
  e.now = std::nullopt;
  EXPECT_TRUE(broken_clause(e) && only_unchecked(e));
  e = proof();
  e.entry = std::nullopt;
  EXPECT_TRUE(broken_clause(e) && only_unchecked(e));
  e.file_bytes_sent -= 1;
  EXPECT_FALSE(only_unchecked(e));
  e = proof();
  e.now = std::nullopt, e.entry = file_identity{};  // the name is gone
  EXPECT_FALSE(only_unchecked(e));
  EXPECT_FALSE(only_unchecked({}));
}

TEST(disposal, a_needs_a_complete_reply_over_the_session_as_configured) {
  auto cut = proof();
  cut.reply_complete_and_framed = false;
  EXPECT_EQ(broken_clause(cut), clause::complete_reply);
  auto stranger = proof();
  stranger.session_as_configured = false;
  EXPECT_EQ(broken_clause(stranger), clause::complete_reply);
}

TEST(disposal, b_needs_success) {
  auto e = proof();
  e.accepted = false;
  EXPECT_EQ(broken_clause(e), clause::success);
}

TEST(disposal, c_needs_the_request_to_be_sent_before_the_reply) {
  auto e = proof();
  e.reply_was_early = true;
  EXPECT_EQ(broken_clause(e), clause::sent_before_reply);
}

TEST(disposal, d_needs_the_bytes_that_were_announced) {
  auto e = proof();
  e.torn = true;
  EXPECT_EQ(broken_clause(e), clause::same_bytes);
  EXPECT_FALSE(only_unchecked(e));
}

TEST(disposal, f_needs_the_servers_digest_to_be_ours) {
  auto e = proof();
  e.disproved = true;
  EXPECT_EQ(broken_clause(e), clause::proven);
  EXPECT_NE(to_string(clause::proven), "unknown clause");
  EXPECT_FALSE(only_unchecked(e));
}

TEST(disposal, d_needs_exactly_the_bytes_of_the_file) {
  for (const std::uint64_t bytes : {0u, 999u, 1001u}) {
    auto e = proof();
    e.file_bytes_sent = bytes;
    EXPECT_EQ(broken_clause(e), clause::same_bytes);
  }
}

TEST(disposal, d_needs_the_file_to_be_unchanged_in_every_part_of_its_identity) {
  auto unseen = proof();
  unseen.now = std::nullopt;
  EXPECT_EQ(broken_clause(unseen), clause::same_bytes);
  for (const auto& changed : other_than(photo)) {
    auto e = proof();
    e.now = e.entry = changed;  // the name still leads to it
    EXPECT_EQ(broken_clause(e), clause::same_bytes);
  }
}

TEST(disposal, e_needs_the_name_to_lead_to_the_file_in_every_part_of_its_identity) {
  auto gone = proof();
  gone.entry = std::nullopt;
  EXPECT_EQ(broken_clause(gone), clause::same_entry);
  for (const auto& other : other_than(photo)) {
    auto e = proof();
    e.entry = other;
    EXPECT_EQ(broken_clause(e), clause::same_entry);
  }
}

/// Each clause is asked for itself: with any set of them broken, the first one is named.
TEST(disposal, names_the_first_broken_clause_of_any_set) {
  for (int broken = 0; broken < 64; ++broken) {
    auto e = proof();
    if (broken & 1) e.reply_complete_and_framed = false;
    if (broken & 2) e.accepted = false;
    if (broken & 4) e.reply_was_early = true;
    if (broken & 8) e.file_bytes_sent = 1;
    if (broken & 16) e.being_written = true;
    if (broken & 32) e.entry->inode = 1;
    std::optional<clause> first;
    for (int i = 5; i >= 0; --i)
      if (broken & 1 << i) first = static_cast<clause>(i);
    EXPECT_EQ(broken_clause(e), first) << broken;
  }
}

TEST(disposal, says_each_clause_in_other_words) {
  std::set<std::string_view> words;
  for (const clause c : {clause::complete_reply, clause::success, clause::sent_before_reply,
                         clause::same_bytes, clause::unwritten, clause::same_entry})
    words.insert(to_string(c));
  EXPECT_EQ(words.size(), 6u);
  EXPECT_FALSE(to_string(static_cast<clause>(99)).empty());
}

constexpr std::string_view key = "0123abcd-89ab-5def-8123-456789abcdef";

TEST(collision_name, puts_key_and_turn_before_the_extension) {
  EXPECT_EQ(collision_name("a.jpg", key, 1), "a.0123abcd.jpg");
  EXPECT_EQ(collision_name("a.jpg", key, 0), "a.0123abcd.jpg");
  EXPECT_EQ(collision_name("a.jpg", key, 2), "a.0123abcd.2.jpg");
  EXPECT_EQ(collision_name("a.jpg", key, 4'000'000'000u), "a.0123abcd.4000000000.jpg");
  EXPECT_EQ(collision_name("a.tar.gz", key, 1), "a.tar.0123abcd.gz");
  EXPECT_EQ(collision_name("README", key, 1), "README.0123abcd");
  EXPECT_EQ(collision_name(".hidden", key, 1), ".hidden.0123abcd");
  EXPECT_EQ(collision_name(".hidden.txt", key, 1), ".hidden.0123abcd.txt");
  EXPECT_EQ(collision_name("a.", key, 1), "a.0123abcd.");
}

TEST(collision_name, is_never_too_long_for_a_directory) {
  for (const std::size_t size : {241u, 242u, 243u, 254u, 255u}) {
    const std::string name = std::string(size - 4, 'x') + ".jpg";
    const auto moved = collision_name(name, key, 12);
    EXPECT_EQ(moved.size(), std::min<std::size_t>(size + 12, 255));
    EXPECT_TRUE(moved.ends_with(".0123abcd.12.jpg"));
  }
}

TEST(collision_name, gives_up_an_extension_that_leaves_no_room) {
  const std::string name = "a." + std::string(253, 'e');
  EXPECT_EQ(collision_name(name, key, 1), name.substr(0, 246) + ".0123abcd");
  const std::string fits = "a." + std::string(244, 'e');  // 1 + 9 + 245
  EXPECT_EQ(collision_name(fits, key, 1), "a.0123abcd." + std::string(244, 'e'));
  const std::string one_more = "a." + std::string(245, 'e');
  EXPECT_EQ(collision_name(one_more, key, 1), one_more.substr(0, 246) + ".0123abcd");
}

TEST(collision_name, cuts_no_character_in_two) {
  std::string euros;
  while (euros.size() + 3 <= 255) euros += "€";
  EXPECT_EQ(collision_name(euros, key, 1), euros.substr(0, 246) + ".0123abcd");
  EXPECT_EQ(collision_name("x" + euros.substr(0, 252), key, 1), "x" + euros.substr(0, 243) + ".0123abcd");
  EXPECT_EQ(collision_name("xx" + euros.substr(0, 252), key, 1), "xx" + euros.substr(0, 243) + ".0123abcd");
  const std::string junk(255, '\x80');  // no UTF-8 at all: cut as well
  EXPECT_EQ(collision_name(junk, key, 1), junk.substr(0, 243) + ".0123abcd");
}

}  // namespace
}  // namespace sluice::core
