#include "engine/uploader_engine.hpp"

#include "fake_world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::engine {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace): of literals only
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

/// An engine that has taken the parts of the world.
struct engine_world : fake::world {
  explicit engine_world(const config& c = fake::cfg())
      : fake::world{c}, engine{uploader_engine::make(context.settings, std::move(context.world))} {}
  ~engine_world() { engine->abandon(); }
  engine_world(const engine_world&) = delete;

  void list(std::size_t n) {
    for (std::size_t i = 1; i <= n; ++i) {
      add("f" + std::to_string(i));
      entries.push_back(fake::entry_of("f" + std::to_string(i)));
    }
  }
  std::uint64_t drain() {
    const auto id = engine->drain(source::directory("spool"), {}, [this](error_code ec, run_summary s) {
      ends.push_back(ec), summary = std::move(s);
    });
    settle();
    return id;
  }
  std::uint64_t upload(const std::string& path) {
    add(path);
    const auto id = engine->upload(upload_request{path}, [this](error_code ec, upload_result r) {
      uploads.push_back(ec), result = std::move(r);
    });
    settle();
    return id;
  }
  void answer_all(const io::exchange_report& r = fake::answered()) {
    while (in_flight() > 0)
      for (std::size_t n = 0; n < exchanges.size(); ++n)
        if (exchanges[n].open) answer(n, r);
  }

  std::shared_ptr<uploader_engine> engine;
  std::vector<error_code> ends, uploads;
  run_summary summary;
  upload_result result;
};

TEST(uploader_engine, drains_one_source_at_a_time) {
  engine_world w;
  w.list(3);
  w.drain();
  w.drain();
  EXPECT_THAT(w.ends, ElementsAre(asio::error::already_started));
  w.answer_all();
  ASSERT_THAT(w.ends, SizeIs(2));
  EXPECT_FALSE(w.ends.back());
  EXPECT_EQ(w.summary.counts[fate::accepted], 3u);
  w.list(1);
  w.drain();
  EXPECT_EQ(w.in_flight(), 4u) << "the next one begins after it";
}

TEST(uploader_engine, stops_the_drain_of_that_id_only) {
  engine_world w;
  w.list(3);
  const auto id = w.drain();
  w.engine->stop_drain(id + 1, true);
  w.settle();
  EXPECT_EQ(w.in_flight(), 3u);
  w.engine->stop_drain(id, true);
  w.settle();
  EXPECT_THAT(w.ends, ElementsAre(asio::error::operation_aborted));
}

TEST(uploader_engine, shares_its_window_between_drain_and_uploads_and_cancels_one_of_them) {
  engine_world w;
  w.list(3);
  w.drain();
  const auto first = w.upload("a");
  const auto second = w.upload("b");
  EXPECT_EQ(w.in_flight(), 4u);
  w.engine->cancel_upload(second, true);
  EXPECT_THAT(w.uploads, ElementsAre(asio::error::operation_aborted));
  w.engine->cancel_upload(first, false);
  w.settle();
  EXPECT_THAT(w.uploads, SizeIs(2));
  EXPECT_EQ(w.in_flight(), 3u);
  w.engine->cancel_upload(first, false);
  EXPECT_THAT(w.uploads, SizeIs(2)) << "it has ended";
}

TEST(uploader_engine, ends_all_when_it_is_cancelled) {
  engine_world w;
  w.list(3);
  w.drain();
  for (const auto* path : {"a", "b", "c"}) w.upload(path);
  w.engine->cancel_all();
  w.settle();
  EXPECT_THAT(w.ends, ElementsAre(asio::error::operation_aborted));
  EXPECT_THAT(w.uploads, SizeIs(3));
  for (const auto& ec : w.uploads) EXPECT_EQ(ec, asio::error::operation_aborted);
  EXPECT_EQ(w.in_flight(), 0u);
}

TEST(uploader_engine, calls_nobody_when_its_loop_dies) {
  engine_world w;
  w.list(6);
  w.drain();
  w.upload("a");
  w.engine->abandon();
  w.settle();
  EXPECT_THAT(w.ends, IsEmpty());
  EXPECT_THAT(w.uploads, IsEmpty());
}

TEST(uploader_engine, holds_what_is_new_and_shows_it) {
  engine_world w;
  w.engine->hold(pause_reason::asked, true);
  w.upload("a");
  auto p = w.engine->snapshot();
  EXPECT_EQ(p.endpoint.state, endpoint_state::paused);
  EXPECT_EQ(p.waiting, 1u);
  EXPECT_EQ(p.window, 4u);
  w.engine->hold(pause_reason::asked, false);
  w.settle();
  p = w.engine->snapshot();
  EXPECT_NE(p.endpoint.state, endpoint_state::paused);
  EXPECT_EQ(p.in_flight, 1u);
}

TEST(uploader_engine, obeys_a_wider_window_and_a_higher_rate_at_once) {
  auto c = fake::cfg();
  c.window = window::fixed(1), c.limit.requests_per_second = 0.001;
  engine_world w{c};
  w.list(5);
  w.drain();
  w.engine->set_window(window::fixed(3)), w.settle();
  EXPECT_EQ(w.in_flight(), 1u);
  w.engine->set_rate(0), w.settle();
  EXPECT_EQ(w.in_flight(), 3u);
}

TEST(uploader_engine, asks_again_an_endpoint_that_refused_it_once_its_headers_are_others) {
  engine_world w;
  for (int n = 0; n < 2; ++n) {
    w.upload("a" + std::to_string(n));
    w.answer_all(fake::answered(401));
  }
  config fresh;
  fresh.headers = {{"Authorization", "Bearer new"}};
  w.engine->set_headers(fresh);
  w.upload("b");
  EXPECT_THAT(w.exchanges.back().bytes, testing::HasSubstr("Authorization: Bearer new"));
  w.answer_all(fake::answered(401));
  w.list(1);
  w.drain();
  w.answer_all(fake::answered());
  EXPECT_THAT(w.ends, ElementsAre(error_code{})) << "the third refusal in a row was the first anew";
}

TEST(uploader_engine, lets_the_next_one_find_out_for_himself_after_it_was_stopped) {
  engine_world w;
  w.list(20);
  w.drain();
  w.answer_all(fake::answered(401));
  EXPECT_THAT(w.ends, ElementsAre(errc::refused));
  w.upload("a");
  EXPECT_EQ(w.in_flight(), 1u);
}

TEST(uploader_engine, stops_again_for_a_refusal_when_a_followed_source_has_ended) {
  engine_world w;
  auto from = source::directory("spool");
  from.follow = following{};
  const auto id = w.engine->drain(from, {}, [&](error_code ec, run_summary) { w.ends.push_back(ec); });
  w.settle();
  w.engine->stop_drain(id, false);
  w.settle();
  ASSERT_THAT(w.ends, SizeIs(1));
  w.list(20);
  w.drain();
  w.answer_all(fake::answered(401));
  EXPECT_EQ(w.ends.back(), errc::refused);
}

TEST(uploader_engine, shows_the_pause_that_the_endpoint_asked_for) {
  engine_world w;
  w.upload("a");
  auto later = fake::answered(503);
  later.outcome.reply->retry_after = "30";
  w.answer(0, later);
  EXPECT_GE(w.engine->snapshot().pause, 30s);
  EXPECT_EQ(w.engine->snapshot().backing_off, 1u);
  w.pass(40s);
  EXPECT_EQ(w.engine->snapshot().pause, 0s);
}

TEST(uploader_engine, counts_uploads_and_a_drain_apart_and_has_reasons_for_both) {
  engine_world w;
  w.upload("a");
  w.answer_all(fake::answered(400));
  EXPECT_EQ(w.engine->snapshot().counts[fate::rejected], 1u);
  EXPECT_THAT(w.engine->reasons(), SizeIs(1));
  w.list(1);
  w.drain();
  EXPECT_EQ(w.engine->snapshot().counts.total(), 0u);
  EXPECT_THAT(w.engine->reasons(), IsEmpty());
}

TEST(uploader_engine, hands_on_what_is_the_networks_and_the_logs) {
  auto c = fake::cfg();
  c.job_log = "job.log";
  engine_world w{c};
  w.engine->set_limit_rate(1000), w.engine->set_tls(nullptr);
  EXPECT_FALSE(w.engine->reopen_log()) << "there is none without a drain";
  w.list(1);
  w.drain();
  w.engine->reopen_log();
  EXPECT_THAT(w.events, ElementsAre("limit rate 1000", "new tls", "lock ", "reopen job.log"));
}

}  // namespace
}  // namespace sluice::engine
