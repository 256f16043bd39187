#include "core/files/file_identity.hpp"
#include "follow_fixture.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>

namespace sluice {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

class uploader_follow_test : public with_followed {};

/// 200, but `status` for files named `name…`.
loop::endpoint::answer but(const std::string& name, const std::string& status) {
  return [=](const loop::got& g) -> asio::awaitable<std::string> {
    co_return loop::reply(g.has("filename=\"" + name) ? status : "200 OK");
  };
}

TEST_F(uploader_follow_test, drains_what_is_there_and_then_what_comes) {
  put("a"), put("d/b"), put(".hidden"), put("c.part");
  uploader up{ioc_.get_executor(), removing()};
  begin(up);
  until_accepted(up, 2);
  EXPECT_EQ(up.progress().counts[fate::skipped], 2u);
  put("later"), put("d/later"), put("new/deep/later");
  until_accepted(up, 5);
  fs::rename(files_ / "spool/c.part", files_ / "spool/c");
  until_accepted(up, 6);
  for_a_while();
  EXPECT_FALSE(outcome_->has_value()) << "it goes on";
  const auto o = finish(up);
  EXPECT_FALSE(o.error);
  EXPECT_EQ(o.summary.reason, stop_reason::complete);
  EXPECT_EQ(o.summary.counts[fate::accepted], 6u);
  EXPECT_EQ(o.summary.deleted, 6u);
  EXPECT_EQ(o.summary.counts.total(), 8u);
  EXPECT_THAT(left(), ElementsAre(".hidden"));
}

TEST_F(uploader_follow_test, a_file_is_sent_when_it_is_closed_not_before) {
  uploader up{ioc_.get_executor(), removing()};
  begin(up);
  for_a_while();
  std::ofstream writing{files_ / "spool/a"};
  writing << "half" << std::flush;
  up.rescan();
  for_a_while();
  EXPECT_EQ(server_.count(), 0u);
  EXPECT_EQ(up.progress().counts.total(), 0u) << "no fate: it is not finished";
  writing << " whole";
  writing.close();
  until_accepted(up, 1);
  EXPECT_EQ(server_.requests[0].field("file"), "half whole");
  EXPECT_EQ(finish(up).summary.counts.total(), 1u);
}

TEST_F(uploader_follow_test, a_file_is_sent_when_it_is_closed_not_before_in_keep_mode_too) {
  auto c = removing();
  c.on_success = disposal::keep();
  uploader up{ioc_.get_executor(), c};
  std::ofstream writing{files_ / "spool/a"};
  writing << "half" << std::flush;
  begin(up);
  for_a_while();
  EXPECT_EQ(server_.count(), 0u);
  writing.close();
  until_accepted(up, 1);
  up.rescan();
  for_a_while();
  EXPECT_EQ(server_.count(), 1u) << "accepted and kept: never again in this run";
  std::ofstream{files_ / "spool/a"} << "other bytes";
  until_accepted(up, 2);
  const auto o = finish(up);
  EXPECT_EQ(o.summary.counts.total(), 2u);
  EXPECT_EQ(o.summary.counts[fate::skipped], 0u);
  EXPECT_EQ(server_.count(), 2u);
}

TEST_F(uploader_follow_test, what_a_job_log_has_is_skipped_once_and_not_sent) {
  auto c = removing();
  c.on_success = disposal::keep(), c.job_log = files_ / "log";
  put("a"), put("b");
  {
    uploader up{ioc_.get_executor(), c};
    EXPECT_EQ(drain(up, source::directory(files_ / "spool")).summary.counts[fate::accepted], 2u);
  }
  c.resume = true;
  uploader up{ioc_.get_executor(), c};
  begin(up);
  put("c");
  until_accepted(up, 1);
  for (int i = 0; i < 3; ++i) up.rescan(), for_a_while(10ms);
  EXPECT_EQ(up.progress().counts[fate::skipped], 2u);
  EXPECT_EQ(finish(up).summary.counts[fate::skipped], 2u);
  EXPECT_EQ(server_.count(), 3u);
}

/// Records what is sent while `fresh1` and then `fresh2` come to a backlog in `s`.
class fresh_files : public with_followed {
 protected:
  std::vector<std::string> sent_of(source s) {
    for (int i = 0; i < 40; ++i) put("old" + std::to_string(i));
    auto c = removing();
    c.window = window::fixed(1);
    uploader up{ioc_.get_executor(), c};
    server_.hold();
    begin(up, std::move(s));
    until([&] { return server_.in_flight == 1; });
    for_a_while(20ms);
    put("fresh1"), put("fresh2");
    for_a_while(20ms);
    server_.let_go();
    until_accepted(up, 42);
    finish(up);
    return sent();
  }
};

TEST_F(fresh_files, go_before_a_backlog_in_the_order_they_came) {
  const auto names = sent_of(followed());
  EXPECT_EQ(names[1], "fresh1") << "none waits for as long as others keep coming";
  EXPECT_EQ(names[2], "fresh2");
}

TEST_F(fresh_files, the_latest_goes_first_where_that_is_asked_for) {
  auto s = followed();
  s.order = {order::by::mtime, true};
  const auto names = sent_of(s);
  EXPECT_EQ(names[1], "fresh2");
  EXPECT_EQ(names[2], "fresh1");
}

// The kernel tells of a close before it forgets the writer. Here a writer by a name elsewhere stays a little.
TEST_F(uploader_follow_test, a_file_that_seems_to_have_a_writer_still_is_looked_at_once_more) {
  uploader up{ioc_.get_executor(), removing()};
  begin(up);
  for_a_while(20ms);
  const auto elsewhere = files_.write("elsewhere", "bytes");
  fs::create_hard_link(elsewhere, files_ / "spool/f");
  std::ofstream other{elsewhere, std::ios::app};
  std::ofstream{files_ / "spool/f", std::ios::app};  // and closed: the kernel tells
  for_a_while(20ms);
  if (!server_.requests.empty()) GTEST_SKIP() << "no leases on this file system";
  other.close();  // the kernel reports nothing of this in the spool
  until_accepted(up, 1);
  finish(up);
}

TEST_F(uploader_follow_test, an_empty_file_is_not_sent_in_the_moment_it_is_made) {
  const auto made = std::chrono::steady_clock::now();
  put("empty", "");
  uploader up{ioc_.get_executor(), removing()};
  begin(up);
  until_accepted(up, 1);
  constexpr auto coarse = 20ms;  // the clock of file systems
  EXPECT_GE(std::chrono::steady_clock::now() - made, core::moment - coarse);
  EXPECT_THAT(finish(up).summary.attempts, 1u);
}

TEST_F(uploader_follow_test, a_file_that_fails_waits_and_does_not_hold_up_others) {
  server_.say(but("bad", "422 Unprocessable"));
  put("bad");
  uploader up{ioc_.get_executor(), removing()};
  begin(up);
  until([&] { return up.progress().counts[fate::rejected] == 1; });
  up.rescan();
  put("good");
  until_accepted(up, 1);
  for_a_while();
  EXPECT_THAT(sent(), ElementsAre("bad", "good")) << "its time has not come";
  put("bad", "other bytes");  // news are worth a try
  until([&] { return up.progress().counts[fate::rejected] == 2; });
  server_.say(loop::reply("200 OK"));
  EXPECT_EQ(finish(up).summary.counts[fate::accepted], 2u) << "the last walk tries all once more";
}

TEST_F(uploader_follow_test, a_file_that_failed_is_tried_again_later_and_later) {
  server_.say(but("bad", "422 Unprocessable"));
  put("bad");
  auto s = followed();
  s.follow = following{.rescan = 1h, .again = 20ms, .again_most = 80ms};
  uploader up{ioc_.get_executor(), removing()};
  begin(up, s);
  std::vector<std::chrono::steady_clock::time_point> at;
  for (std::uint64_t n = 1; n <= 4; ++n) {
    until([&] { return up.progress().counts[fate::rejected] == n; });
    at.push_back(std::chrono::steady_clock::now());
  }
  EXPECT_GE(at[1] - at[0], 19ms);
  EXPECT_GE(at[2] - at[1], 39ms);
  EXPECT_GE(at[3] - at[2], 79ms);
  server_.say(loop::reply("200 OK"));
  until_accepted(up, 1);
  EXPECT_FALSE(finish(up).error);
}

TEST_F(uploader_follow_test, failed_files_take_no_more_than_an_eighth_of_the_window) {
  auto c = removing();
  c.window = window::fixed(16);
  auto s = followed();
  s.follow = following{.rescan = 1h, .again = 1ms, .again_most = 1ms};
  server_.say(but("bad", "422 Unprocessable"));
  for (int i = 0; i < 30; ++i) put("bad" + std::to_string(i));
  uploader up{ioc_.get_executor(), c};
  begin(up, s);
  until([&] { return up.progress().counts[fate::rejected] >= 60; });
  server_.hold();
  until([&] { return server_.in_flight == 2 && up.progress().in_flight == 2; });
  for_a_while();
  EXPECT_EQ(server_.in_flight, 2u);
  for (int i = 0; i < 20; ++i) put("good" + std::to_string(i));
  until([&] { return server_.in_flight == 16; });
  server_.let_go();
  until_accepted(up, 20);
  up.cancel();
  EXPECT_EQ(end().error, asio::error::operation_aborted);
}

TEST_F(uploader_follow_test, a_file_that_changes_on_its_way_is_sent_again_as_it_is_then) {
  uploader up{ioc_.get_executor(), removing()};
  begin(up);
  server_.hold();
  put("a", "first");
  until([&] { return server_.in_flight == 1; });
  std::ofstream{files_ / "spool/a", std::ios::app} << " and second";
  for_a_while(20ms);
  EXPECT_EQ(server_.in_flight, 1u) << "never twice at once";
  server_.let_go();
  until_accepted(up, 1);
  EXPECT_EQ(up.progress().counts[fate::changed], 1u);
  EXPECT_EQ(server_.requests.back().field("file"), "first and second");
  EXPECT_THAT(left(), IsEmpty());
  EXPECT_NE(server_.requests[0].header("Idempotency-Key"), server_.requests[1].header("Idempotency-Key"));
  EXPECT_EQ(finish(up).summary.counts.total(), 2u);
}

TEST_F(uploader_follow_test, what_cannot_be_removed_is_not_sent_again_by_the_same_run) {
  auto c = removing();
  c.on_success = disposal::move_to(files_ / "moved");
  fs::create_directory(files_ / "moved");
  put("a");
  uploader up{ioc_.get_executor(), c};
  server_.say([&](const loop::got&) -> asio::awaitable<std::string> {
    fs::remove_all(files_ / "moved");  // an unlinked directory takes nothing
    co_return loop::reply("200 OK");
  });
  begin(up);
  until([&] { return up.progress().counts[fate::undeletable] == 1; });
  for (int i = 0; i < 3; ++i) up.rescan(), for_a_while(10ms);
  EXPECT_EQ(server_.count(), 1u);
  const auto o = finish(up);
  EXPECT_EQ(o.summary.counts.total(), 1u);
  EXPECT_EQ(o.summary.counts[fate::undeletable], 1u);
  EXPECT_EQ(server_.count(), 1u);
}

TEST_F(uploader_follow_test, an_endpoint_that_is_away_is_waited_for) {
  auto gone = std::make_optional<loop::listener>(ioc_.get_executor());
  auto c = removing();
  c.url = gone->url();
  gone->close();
  for (int i = 0; i < 20; ++i) put("a" + std::to_string(i));
  uploader up{ioc_.get_executor(), c};
  begin(up);
  until([&] {
    return up.progress().endpoint.state == endpoint_state::unreachable && up.progress().attempts >= 8;
  });
  EXPECT_EQ(up.progress().counts.total(), 0u) << "it is no file's fault";
  EXPECT_LE(up.progress().in_flight, 1u);
  gone->open_again();
  loop::beside(ioc_, [&]() -> asio::awaitable<void> {
    for (;;) {
      auto p = co_await gone->accept();
      loop::beside(ioc_, [p = std::make_shared<loop::peer>(std::move(p))]() -> asio::awaitable<void> {
        for (;;) {
          const auto got = co_await p->read_request();
          if (got.empty()) co_return;
          co_await p->write(loop::reply("200 OK"));
        }
      });
    }
  });
  until_accepted(up, 20);
  EXPECT_THAT(left(), IsEmpty());
  const auto o = finish(up);
  EXPECT_EQ(o.summary.counts.total(), 20u);
  EXPECT_FALSE(o.error);
  gone->close();
}

TEST_F(uploader_follow_test, an_endpoint_that_refuses_us_is_waited_for_and_nothing_is_rejected) {
  for (const auto* status : {"401 Unauthorized", "403 Forbidden", "302 Found", "503 Busy"}) {
    server_.say(loop::reply(status));
    for (int i = 0; i < 5; ++i) put("a" + std::to_string(i));
    uploader up{ioc_.get_executor(), removing()};
    begin(up);
    const auto before = server_.count();
    until([&] { return server_.count() >= before + 5; });
    EXPECT_EQ(up.progress().counts.total(), 0u) << status;
    server_.say(loop::reply("200 OK"));
    until_accepted(up, 5);
    EXPECT_EQ(finish(up).summary.counts.total(), 5u) << status;
  }
}

TEST_F(uploader_follow_test, one_file_that_always_gets_500_is_deferred_when_others_are_not) {
  server_.say(but("bad", "500 Sorry"));
  put("bad");
  auto c = removing();
  c.retry.retries = 1;
  uploader up{ioc_.get_executor(), c};
  begin(up);
  for (int i = 0; up.progress().counts[fate::deferred] == 0; ++i) {
    put("good" + std::to_string(i));
    until_accepted(up, static_cast<std::uint64_t>(i) + 1);
  }
  up.cancel();
  end();
}

TEST_F(uploader_follow_test, finish_gives_up_an_endpoint_that_stays_away) {
  loop::listener gone{ioc_.get_executor()};
  auto c = removing();
  c.url = gone.url();
  gone.close();
  put("a"), put("b"), put("c"), put("d");
  uploader up{ioc_.get_executor(), c};
  begin(up);
  until([&] { return up.progress().endpoint.state == endpoint_state::unreachable; });
  const auto o = finish(up);
  EXPECT_EQ(o.error, errc::unreachable);
  EXPECT_EQ(o.summary.counts[fate::deferred], 4u);
  EXPECT_THAT(left(), SizeIs(4));
}

TEST_F(uploader_follow_test, finish_ends_a_run_that_is_idle_and_may_be_said_twice) {
  uploader up{ioc_.get_executor(), removing()};
  up.finish(), up.rescan();  // rescan and finish do nothing without a run
  begin(up);
  up.finish();
  put("a");
  const auto o = finish(up);
  EXPECT_FALSE(o.error);
  up.finish();
  EXPECT_FALSE(drain(up, source::directory(files_ / "spool")).error);
  EXPECT_THAT(left(), IsEmpty());
}

TEST_F(uploader_follow_test, is_cancelled_as_any_drain) {
  put("a");
  uploader up{ioc_.get_executor(), removing()};
  asio::cancellation_signal stop;
  outcome_ = start_drain(up, followed(), stop.slot());
  until_accepted(up, 1);
  server_.hold();
  put("b");
  until([&] { return server_.in_flight == 1; });
  stop.emit(asio::cancellation_type::partial);
  server_.let_go();
  const auto o = end();
  EXPECT_EQ(o.error, asio::error::operation_aborted);
  EXPECT_EQ(o.summary.counts[fate::accepted], 2u) << "what was in flight came to its end";
}

TEST_F(uploader_follow_test, may_be_destroyed_at_any_time) {
  for (int turns = 0; turns < 40; ++turns) {
    put("a" + std::to_string(turns)), put("d/a");
    std::optional<uploader> up{std::in_place, ioc_.get_executor(), removing()};
    outcome_ = start_drain(*up, followed());
    ioc_.restart();
    for (int i = 0; i < turns; ++i) ioc_.poll_one();
    up.reset();
    loop::run_until(ioc_, [&] { return outcome_->has_value(); });
    EXPECT_EQ((*outcome_)->error, asio::error::operation_aborted);
  }
}

TEST_F(uploader_follow_test, max_files_and_max_errors_end_it) {
  auto s = followed();
  s.select.max_files = 3;
  for (int i = 0; i < 2; ++i) put("a" + std::to_string(i));
  auto c = removing();
  uploader up{ioc_.get_executor(), c};
  begin(up, s);
  until_accepted(up, 2);
  put("b"), put("c");
  EXPECT_EQ(end().summary.counts[fate::accepted], 3u);
  server_.say(loop::reply("422 No"));
  c.limit.max_errors = 1;
  uploader strict{ioc_.get_executor(), c};
  begin(strict);
  EXPECT_EQ(end().error, errc::too_many_errors);
}

TEST_F(uploader_follow_test, tells_how_much_waits_and_since_when) {
  const auto old = put("old");
  const auto then = fs::last_write_time(old) - 1h;
  fs::last_write_time(old, then);
  put("young"), put(".not");
  auto c = removing();
  c.count_ahead = true, c.window = window::fixed(1);
  uploader up{ioc_.get_executor(), c};
  server_.hold();
  begin(up);
  until([&] { return up.progress().backlog == 2u && server_.in_flight == 1; });
  ASSERT_TRUE(up.progress().oldest);
  const auto age = std::chrono::system_clock::now() - *up.progress().oldest;
  EXPECT_GT(age, 59min);
  EXPECT_LT(age, 120min);
  put("more");
  until([&] { return up.progress().backlog == 3u; });
  server_.let_go();
  until([&] { return up.progress().backlog == 0u; });
  EXPECT_FALSE(up.progress().oldest);
  EXPECT_FALSE(up.progress().only_rescans);
  server_.say(but("bad", "422 No"));
  put("bad");
  until([&] { return up.progress().counts[fate::rejected] == 1; });
  EXPECT_EQ(up.progress().backlog, 1u) << "it is still there";
  finish(up);
}

TEST_F(uploader_follow_test, a_file_too_young_waits_too_and_the_count_stays_while_it_is_made_anew) {
  auto c = removing();
  c.count_ahead = true;
  auto s = followed();
  s.select.min_age = 1h;
  put("a"), put("b");
  uploader up{ioc_.get_executor(), c};
  begin(up, s);
  until([&] { return up.progress().backlog == 2u; });
  EXPECT_EQ(up.progress().counts.total(), 0u);
  EXPECT_TRUE(up.progress().oldest);
  for (int i = 0; i < 3; ++i) {
    up.rescan();
    for_a_while(10ms);
    EXPECT_EQ(up.progress().backlog, 2u);
  }
  EXPECT_EQ(finish(up).summary.counts.total(), 0u) << "what is too young is not selected";
  EXPECT_THAT(left(), SizeIs(2));
}

TEST_F(uploader_follow_test, other_drains_know_nothing_of_a_backlog) {
  uploader up{ioc_.get_executor(), removing()};
  begin(up);
  for_a_while(10ms);
  EXPECT_FALSE(up.progress().backlog) << "it was not asked to count";
  finish(up);
  EXPECT_FALSE(up.progress().backlog);
}

TEST_F(uploader_follow_test, a_fresh_file_is_on_the_wire_soon) {
  uploader up{ioc_.get_executor(), removing()};
  begin(up);
  put("first");
  until_accepted(up, 1);
  std::vector<std::chrono::steady_clock::duration> waits;
  for (std::uint64_t i = 0; i < 51; ++i) {
    const auto closed = std::chrono::steady_clock::now();
    put("a" + std::to_string(i));
    until([&] { return server_.count() == i + 2; });
    waits.push_back(std::chrono::steady_clock::now() - closed);
    until_accepted(up, i + 2);
  }
  std::ranges::nth_element(waits, waits.begin() + 25);
  EXPECT_LT(waits[25], 50ms);
  finish(up);
}

}  // namespace
}  // namespace sluice
