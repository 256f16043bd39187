#include "engine/run/single_upload.hpp"

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

/// A body that brings all bytes at once.
struct read_at_once final : body_source {
  explicit read_at_once(bool again) : again_{again} {}
  std::uint64_t size() const noexcept override { return 4; }
  bool rewindable() const noexcept override { return again_; }
  void read_at(std::uint64_t, std::span<char>, read_done done) override { done({}, 4); }
  bool again_;
};

struct uploading_world : fake::world {
  explicit uploading_world(const config& c = fake::cfg()) : fake::world{c} { add("/tmp/a"); }
  single_upload& start(upload_request r = upload_request{"/tmp/a"}) {
    up = std::make_shared<single_upload>(
        context, rooms.dispatcher, totals, 7, std::move(r),
        [this](std::uint64_t id) { steps.push_back("over " + std::to_string(id)); },
        [this](error_code ec, upload_result u) {
          steps.emplace_back("done");
          error = ec, result = std::move(u);
        });
    up->begin();
    return *up;
  }
  void begin(upload_request r = upload_request{"/tmp/a"}) {
    start(std::move(r));
    settle();
  }

  fake::rooms rooms{*this};
  core::totals totals;
  std::shared_ptr<single_upload> up;
  std::vector<std::string> steps;
  error_code error;
  std::optional<upload_result> result;
};

TEST(single_upload, sends_one_file_and_tells_what_became_of_it) {
  uploading_world w;
  w.start();
  EXPECT_THAT(w.exchanges, IsEmpty()) << "not within the call";
  w.settle();
  w.pass(30ms);
  w.answer(0, fake::answered(201, "stored"));
  EXPECT_THAT(w.steps, ElementsAre("over 7", "done"));
  EXPECT_FALSE(w.error);
  EXPECT_EQ(w.result->fate, fate::accepted);
  EXPECT_EQ(w.result->status, 201);
  EXPECT_EQ(w.result->response, "stored");
  EXPECT_EQ(w.result->attempts, 1u);
  EXPECT_EQ(w.result->elapsed, 30ms);
  EXPECT_EQ(w.totals.figures().counts[fate::accepted], 1u);
}

TEST(single_upload, that_is_refused_is_no_error_of_the_operation) {
  uploading_world w;
  w.begin();
  w.answer(0, fake::answered(400));
  EXPECT_FALSE(w.error);
  EXPECT_EQ(w.result->fate, fate::rejected);
  EXPECT_EQ(w.result->error, errc::refused_status);
}

TEST(single_upload, of_a_request_that_makes_no_sense_ends_and_not_within_the_call) {
  for (const auto& bad : {upload_request{""}, upload_request{"/tmp/a"}.field("x", "{nothing}")}) {
    uploading_world w;
    w.start(bad);
    EXPECT_THAT(w.steps, IsEmpty());
    w.settle();
    EXPECT_EQ(w.error, asio::error::invalid_argument);
    EXPECT_THAT(w.steps, ElementsAre("over 7", "done"));
    EXPECT_THAT(w.exchanges, IsEmpty());
  }
}

TEST(single_upload, cancelled_before_its_turn_sends_nothing) {
  for (const bool only_waiting : {true, false}) {
    uploading_world w;
    w.rooms.dispatcher.gate().hold(true);
    w.begin();
    w.up->cancel(only_waiting);
    EXPECT_EQ(w.error, asio::error::operation_aborted);
    EXPECT_THAT(w.steps, ElementsAre("over 7", "done"));
    w.rooms.dispatcher.gate().hold(false);
    w.rooms.dispatcher.pump(), w.settle();
    EXPECT_THAT(w.exchanges, IsEmpty());
  }
}

TEST(single_upload, cancelled_between_the_backlog_and_its_lane_sends_nothing) {
  uploading_world w;
  w.start();
  w.rooms.dispatcher.pump();
  w.up->cancel(false);
  EXPECT_THAT(w.steps, IsEmpty());
  w.settle();
  EXPECT_EQ(w.error, asio::error::operation_aborted);
  EXPECT_THAT(w.exchanges, IsEmpty());
}

TEST(single_upload, cancelled_during_its_exchange_ends_it_unless_only_a_waiting_one_was_meant) {
  uploading_world w;
  w.begin();
  w.up->cancel(true);
  w.settle();
  EXPECT_EQ(w.in_flight(), 1u);
  EXPECT_FALSE(w.up->ended());
  w.up->cancel(false);
  w.settle();
  EXPECT_EQ(w.exchanges.front().aborted, asio::error::operation_aborted);
  EXPECT_EQ(w.error, asio::error::operation_aborted);
  EXPECT_EQ(w.result->fate, fate::deferred);
  EXPECT_THAT(w.exchanges, SizeIs(1)) << "it is not tried again";
}

TEST(single_upload, that_was_accepted_before_the_cancellation_came_is_accepted) {
  uploading_world w;
  w.begin();
  w.exchanges.front().open = false;  // the answer is on its way when abort() comes
  w.up->cancel(false);
  w.answer(0);
  EXPECT_FALSE(w.error);
  EXPECT_EQ(w.result->fate, fate::accepted);
}

// The delete rule is under way then: what the reply said stands.
TEST(single_upload, cancelled_after_its_reply_was_judged_goes_on) {
  uploading_world w;
  w.begin();
  w.up->attempt_judged({}, {});
  w.up->cancel(false);
  EXPECT_FALSE(w.up->ended());
  EXPECT_FALSE(w.exchanges.front().aborted);
}

TEST(single_upload, cancelled_between_the_backlog_and_its_lane_for_another_try_ends) {
  uploading_world w;
  w.begin();
  w.answer(0, fake::answered(503));
  w.now += 1h;
  w.rooms.dispatcher.pump();
  w.up->cancel(false);
  w.settle();
  EXPECT_EQ(w.error, asio::error::operation_aborted);
  EXPECT_THAT(w.exchanges, SizeIs(1));
}

TEST(single_upload, cancelled_while_it_backs_off_ends_at_once) {
  uploading_world w;
  w.begin();
  w.answer(0, fake::answered(503));
  EXPECT_THAT(w.steps, IsEmpty());
  w.up->cancel(true);
  EXPECT_THAT(w.steps, IsEmpty()) << "an attempt has begun";
  w.up->cancel(false);
  EXPECT_EQ(w.error, asio::error::operation_aborted);
  EXPECT_EQ(w.result->attempts, 1u);
}

TEST(single_upload, does_not_end_another_ones_exchange) {
  uploading_world w;
  w.begin();
  const auto first = w.up;
  w.add("/tmp/b");
  w.begin(upload_request{"/tmp/b"});
  first->cancel(false);
  w.settle();
  EXPECT_EQ(w.in_flight(), 1u);
  EXPECT_FALSE(w.exchanges.back().aborted);
}

TEST(single_upload, is_tried_again_and_ends_when_that_is_spent) {
  uploading_world w;
  w.begin();
  for (std::size_t n = 0; n < 3; ++n) {
    ASSERT_EQ(w.exchanges.size(), n + 1);
    w.answer(n, fake::answered(503));
    w.pass(1min);
  }
  EXPECT_FALSE(w.error);
  EXPECT_EQ(w.result->fate, fate::deferred);
  EXPECT_EQ(w.result->error, errc::busy_status);
  EXPECT_EQ(w.result->attempts, 3u);
}

TEST(single_upload, of_bytes_from_memory_has_a_key_of_its_own_for_all_attempts) {
  uploading_world w;
  w.begin(upload_request::from_memory("bytes!", "made.txt"));
  w.answer(0, fake::answered(503));
  w.pass(1min);
  w.answer(1);
  EXPECT_EQ(w.result->fate, fate::accepted);
  EXPECT_THAT(w.openings, IsEmpty());
  EXPECT_EQ(w.exchanges.front().size, 6u);
  EXPECT_THAT(w.exchanges.front().bytes, HasSubstr("filename=\"made.txt\""));
  EXPECT_EQ(w.exchanges[0].bytes, w.exchanges[1].bytes);
  const auto first = w.exchanges.front().bytes;
  w.begin(upload_request::from_memory("bytes!", "made.txt"));
  EXPECT_NE(w.exchanges.back().bytes, first) << "another upload has another key";
}

TEST(single_upload, is_tried_again_with_a_body_of_which_nothing_was_read) {
  for (const bool again : {true, false}) {
    uploading_world w;
    w.begin(upload_request::from_source(std::make_shared<read_at_once>(again), "made.txt"));
    ASSERT_THAT(w.exchanges, SizeIs(1));
    w.answer(0, fake::answered(503));
    EXPECT_FALSE(w.result) << "nothing of it was read";
  }
}

TEST(single_upload, has_fields_and_a_disposal_of_its_own) {
  uploading_world w;
  w.begin(upload_request{"/tmp/a"}.field("album", "{name}").on_success(disposal::remove()));
  EXPECT_THAT(w.exchanges.front().bytes, HasSubstr("name=\"album\"\r\n\r\na\r\n"));
  w.answer(0);
  EXPECT_THAT(w.events, ElementsAre("remove /tmp/a"));
}

TEST(single_upload, takes_the_file_for_whole) {
  uploading_world w;
  w.begin();
  EXPECT_FALSE(w.openings.front().only_unwritten);
  EXPECT_FALSE(w.openings.front().to_take_away);
}

TEST(single_upload, is_told_to_the_observer_of_all_and_counts_without_its_memory) {
  auto c = fake::cfg();
  std::vector<std::string> told;
  c.on_record = [&](const file_record& r) {
    told.push_back(r.path);
    throw std::bad_alloc{};
  };
  uploading_world w{c};
  w.begin();
  w.answer(0);
  EXPECT_THAT(told, ElementsAre("/tmp/a"));
  EXPECT_EQ(w.result->fate, fate::accepted);
}

}  // namespace
}  // namespace sluice::engine
