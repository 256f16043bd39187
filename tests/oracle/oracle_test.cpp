// The oracle must cry: each way to lose, repeat or miscount is fed to it.
#include "support/oracle.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace support {
namespace {

using json = nlohmann::json;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

sink::received line(const std::string& name, const std::string& content, const std::string& key,
                    const std::string& verdict = "accepted", const std::string& reply = "whole") {
  sink::received r;
  r.name = name, r.sha256 = sha256(content), r.key = key, r.verdict = verdict;
  r.line = {{"reply", reply}, {"complete", verdict == "accepted" || verdict == "refused"}};
  return r;
}

json summary(std::uint64_t accepted, std::uint64_t deferred = 0) {
  return {{"seen", accepted + deferred},
          {"accepted", accepted},
          {"rejected", 0},
          {"deferred", deferred},
          {"changed", 0},
          {"vanished", 0},
          {"skipped", 0},
          {"undeletable", 0},
          {"deleted", accepted},
          {"moved", 0},
          {"attempts", 9},
          {"unknown_outcomes", 0},
          {"log_lines_dropped", 0}};
}

json logged(const std::string& path, const std::string& key, const std::string& fate = "accepted") {
  return {
      {"path", path}, {"key", key}, {"fate", fate}, {"disposal", fate == "accepted" ? "deleted" : "kept"}};
}

/// a.jpg was accepted and deleted, b.jpg was deferred and is still there.
class oracle : public testing::Test {
 protected:
  evidence e{.originals = {{"a.jpg", sha256("A")}, {"sub/b.jpg", sha256("B")}},
             .spool = {{"sub/b.jpg", sha256("B")}},
             .ledger = {line("a.jpg", "A", "key-a"), line("b.jpg", "B", "key-b", "refused")},
             .summaries = {summary(1, 1)},
             .job_log = {logged("a.jpg", "key-a"), logged("sub/b.jpg", "key-b", "deferred")}};
};

TEST_F(oracle, is_content_with_an_honest_run) { EXPECT_EQ(judge(e).text(), ""); }

TEST_F(oracle, counts_each_try_of_a_watch) {
  e.followed = true;
  e.summaries = {summary(1, 2)};
  EXPECT_THAT(judge(e).text(), HasSubstr("deferred: 1 in the job log, 2 in the summary"));
  e.job_log.push_back(logged("sub/b.jpg", "key-b", "deferred"));
  EXPECT_EQ(judge(e).text(), "");
}

TEST_F(oracle, cries_when_a_file_is_lost) {
  e.spool.clear();
  EXPECT_THAT(judge(e).lost, SizeIs(1));
  EXPECT_THAT(judge(e).text(), HasSubstr("LOST: sub/b.jpg"));
  EXPECT_FALSE(judge(e).clean());
}

TEST_F(oracle, cries_when_a_kept_file_is_not_what_it_was) {
  e.spool["sub/b.jpg"] = sha256("padded");
  EXPECT_THAT(judge(e).lost, SizeIs(1));
}

TEST_F(oracle, cries_when_other_bytes_arrived) {
  e.ledger[0].sha256 = sha256("torn");
  EXPECT_THAT(judge(e).lost, SizeIs(1));
}

TEST_F(oracle, cries_when_one_of_two_equal_files_is_lost) {
  e.originals["twin.jpg"] = sha256("A");
  EXPECT_THAT(judge(e).lost, SizeIs(1));
  e.ledger.push_back(line("twin.jpg", "A", "key-twin"));
  e.summaries = {summary(2, 1)};
  EXPECT_EQ(judge(e).text(), "");
}

TEST_F(oracle, does_not_take_a_duplicate_for_the_other_of_two_equal_files) {
  e.originals["twin.jpg"] = sha256("A");
  e.ledger.push_back(line("a.jpg", "A", "key-a"));
  EXPECT_THAT(judge(e).lost, SizeIs(1));
}

TEST_F(oracle, cries_when_the_reply_was_not_whole) {
  for (const auto* reply : {"cut", "early", "none"}) {
    e.ledger[0].line["reply"] = reply;
    EXPECT_THAT(judge(e).unconfirmed, SizeIs(1)) << reply;
    EXPECT_THAT(judge(e).lost, IsEmpty());
  }
}

TEST_F(oracle, cries_when_a_file_was_moved_unconfirmed) {
  e.spool.clear();
  e.moved = {{"sub/b.jpg", sha256("B")}};
  EXPECT_THAT(judge(e).unconfirmed, SizeIs(1));
  e.set_aside = std::exchange(e.moved, {});  // --on-reject does the same
  EXPECT_EQ(judge(e).text(), "");
}

TEST_F(oracle, cries_when_a_duplicate_has_no_reason) {
  e.ledger.push_back(line("a.jpg", "A", "key-a"));
  EXPECT_EQ(judge(e).duplicates, 1u);
  EXPECT_THAT(judge(e).repeated, SizeIs(1));
  e.summaries[0]["unknown_outcomes"] = 1;
  EXPECT_EQ(judge(e).text(), "");
  e.summaries[0]["unknown_outcomes"] = 0;
  e.in_flight_at_kills = 1;
  EXPECT_EQ(judge(e).text(), "");
}

TEST_F(oracle, cries_when_a_file_changes_its_key) {
  e.summaries[0]["unknown_outcomes"] = 1;
  e.ledger.push_back(line("a.jpg", "A", "another"));
  EXPECT_THAT(judge(e).wrong_keys, SizeIs(1));
  e.touched = {"a.jpg"};
  EXPECT_THAT(judge(e).wrong_keys, IsEmpty());
}

TEST_F(oracle, cries_when_two_contents_share_a_key) {
  e.ledger[1].key = "key-a";
  EXPECT_THAT(judge(e).wrong_keys, SizeIs(1));
}

TEST_F(oracle, cries_when_there_is_no_key) {
  e.ledger[1].key.clear();
  EXPECT_THAT(judge(e).wrong_keys, SizeIs(1));
}

TEST_F(oracle, cries_when_the_summary_does_not_add_up) {
  e.summaries[0]["seen"] = 3;
  EXPECT_THAT(judge(e).miscounted, SizeIs(1));
}

TEST_F(oracle, cries_when_more_is_said_to_be_accepted_than_was) {
  e.summaries = {summary(2)};
  e.job_log[1] = logged("sub/b.jpg", "key-b");
  e.job_log[1]["disposal"] = "kept";
  const auto found = judge(e).text();
  EXPECT_THAT(found, HasSubstr("2 said to be accepted"));
  EXPECT_THAT(found, HasSubstr("what no server confirmed"));
}

TEST_F(oracle, lets_the_next_run_send_what_could_not_be_removed) {
  e.spool["a.jpg"] = sha256("A");
  e.summaries = {summary(1, 1), summary(1, 1)};
  e.ledger.push_back(e.ledger[0]);
  e.job_log.clear();
  EXPECT_THAT(judge(e).miscounted, SizeIs(1));
  for (const auto* count : {"undeletable", "deleted"}) e.summaries[0][count] = *count == 'u' ? 1 : 0;
  EXPECT_EQ(judge(e).text(), "");
}

TEST_F(oracle, cries_when_an_accepted_file_is_not_told_of) {
  e.ledger[1].verdict = "accepted";
  EXPECT_THAT(judge(e).miscounted, SizeIs(1));
}

TEST_F(oracle, cries_when_attempts_are_not_counted) {
  e.summaries[0]["attempts"] = 1;
  EXPECT_THAT(judge(e).miscounted, SizeIs(1));
}

TEST_F(oracle, cries_when_job_log_and_summary_differ) {
  e.job_log.pop_back();
  EXPECT_THAT(judge(e).miscounted, SizeIs(1));
}

TEST_F(oracle, cries_when_a_deleted_file_is_there) {
  e.spool["a.jpg"] = sha256("A");
  EXPECT_THAT(judge(e).miscounted, SizeIs(1));
}

TEST_F(oracle, asks_nothing_of_the_counts_of_a_killed_run) {
  e.summaries.clear();
  e.in_flight_at_kills = 4;
  e.job_log.pop_back();
  EXPECT_EQ(judge(e).text(), "");
}

}  // namespace
}  // namespace support
