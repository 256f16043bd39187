#include "engine/attempt/attempt.hpp"

#include "fake_world.hpp"

#include <sluice/attempt.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::engine {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace): of literals only
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
namespace sys = boost::system::errc;

/// A file `a`, a job of it, and a connection to send it on.
struct attempting_world : fake::world {
  explicit attempting_world(const config& c = fake::cfg()) : fake::world{c} {
    who->terms_.on_success = disposal::remove();
  }
  void begin() {
    done.reset();
    asio::co_spawn(loop, rooms.attempts.make(*over, j), [this](std::exception_ptr e, outcome o) {
      if (e) std::rethrow_exception(e);
      done = std::move(o);
    });
    settle();
  }
  outcome make(io::exchange_report r = fake::answered(), const std::function<void()>& meanwhile = {}) {
    begin();
    if (done) return *done;
    if (meanwhile) meanwhile();
    answer(exchanges.size() - 1, std::move(r));
    return done.value();
  }

  fake::file& a = add("a");
  std::shared_ptr<fake::owner> who = std::make_shared<fake::owner>(*this);
  fake::rooms rooms{*this};
  std::unique_ptr<io::exchanger> over = context.world.network->make_connection();
  job j = fake::job_of(who, "a", 3);
  std::optional<outcome> done;
};

io::exchange_report cut_short(error_code file_error) {
  auto r = fake::silent(errc::connection_lost, core::sent::part);
  r.file_error = file_error;
  return r;
}

TEST(attempt, comes_to_what_verdict_and_file_say) {
  struct row {
    const char* what;
    io::exchange_report report;
    void (*meanwhile)(fake::file&);
    fate is;
    error_code error;
    bool again, removed;
    std::optional<core::blame> blame;
  };
  const auto nothing = [](fake::file&) {};
  const auto written = [](fake::file& f) { ++f.is.mtime_ns; };
  const auto moded = [](fake::file& f) { ++f.is.ctime_ns; };
  const auto same_bytes = [](fake::file& f) { ++f.is.ctime_ns, f.confirms = true; };
  using core::blame;
  const row table[] = {
      {"accepted", fake::answered(), nothing, fate::accepted, {}, false, true, blame::nobody},
      {"accepted, but written", fake::answered(), written, fate::changed, errc::file_changed, false, false,
       blame::nobody},
      {"accepted, ctime moved", fake::answered(), moded, fate::changed, errc::file_changed, false, false,
       blame::nobody},
      {"accepted, same bytes", fake::answered(), same_bytes, fate::accepted, {}, false, true, blame::nobody},
      {"rejected", fake::answered(413), nothing, fate::rejected, errc::refused_status, false, false,
       blame::file},
      {"rejected, as yet all", fake::answered(400), nothing, fate::rejected, errc::refused_status, false,
       false, blame::perhaps_file},
      {"not confirmed", fake::answered(202), nothing, fate::deferred, errc::unconfirmed, false, false,
       blame::unconfirmed},
      {"refused", fake::answered(401), nothing, fate::rejected, errc::auth_refused, false, false,
       blame::refuses_us},
      {"busy", fake::answered(503), nothing, fate::deferred, errc::busy_status, true, false, blame::busy},
      {"no connection", fake::silent(errc::host_not_found), nothing, fate::deferred, errc::host_not_found,
       true, false, blame::unreachable},
      {"no reply", fake::silent(errc::connection_lost, core::sent::whole), nothing, fate::deferred,
       errc::connection_lost, true, false, blame::busy},
      {"changed while read", cut_short(errc::file_changed), nothing, fate::changed, errc::file_changed, false,
       false, std::nullopt},
      {"could not be read", cut_short(make_error_code(sys::io_error)), nothing, fate::deferred,
       make_error_code(sys::io_error), false, false, std::nullopt},
      {"cut off by us", fake::silent(errc::stopped, core::sent::part), nothing, fate::deferred, errc::stopped,
       true, false, std::nullopt},
      {"cancelled by us", fake::silent(asio::error::operation_aborted, core::sent::part), nothing,
       fate::deferred, asio::error::operation_aborted, true, false, std::nullopt},
  };
  for (const auto& r : table) {
    attempting_world w;
    const auto o = w.make(r.report, [&] { r.meanwhile(w.a); });
    EXPECT_EQ(o.fate, r.is) << r.what;
    EXPECT_EQ(o.error, r.error) << r.what << ": " << o.error.message();
    EXPECT_EQ(o.again.has_value(), r.again) << r.what;
    EXPECT_EQ(!w.files.contains("a"), r.removed) << r.what;
    EXPECT_EQ(o.endpoint ? std::optional{o.endpoint->blame} : std::nullopt, r.blame) << r.what;
    EXPECT_TRUE(o.sample) << r.what << ": it came to use the network";
    EXPECT_EQ(w.who->totals_.figures().attempts, 1u) << r.what;
  }
}

TEST(attempt, confirms_a_file_only_where_its_change_time_alone_has_moved) {
  attempting_world moved, written;
  moved.make(fake::answered(), [&] { ++moved.a.is.ctime_ns; });
  EXPECT_THAT(moved.events, ElementsAre("confirm a"));
  written.make(fake::answered(), [&] { ++written.a.is.ctime_ns, ++written.a.is.size; });
  EXPECT_THAT(written.events, IsEmpty());
  attempting_world busy;
  busy.make(fake::answered(503), [&] { ++busy.a.is.ctime_ns; });
  EXPECT_THAT(busy.events, IsEmpty()) << "nothing depends on it";
}

TEST(attempt, sends_nothing_for_an_owner_that_has_ended) {
  attempting_world w;
  w.who->end = errc::stopped;
  w.j.record.reason = "of the last attempt";
  const auto o = w.make();
  EXPECT_EQ(o.fate, fate::deferred);
  EXPECT_EQ(o.error, errc::stopped);
  EXPECT_EQ(o.reason, "of the last attempt");
  EXPECT_THAT(w.openings, IsEmpty());
  EXPECT_THAT(w.exchanges, IsEmpty());
}

TEST(attempt, sends_nothing_of_a_file_that_cannot_be_opened) {
  attempting_world w;
  w.files.clear();
  const auto o = w.make();
  EXPECT_EQ(o.fate, fate::vanished);
  EXPECT_FALSE(o.sample);
  EXPECT_FALSE(o.endpoint);
  EXPECT_THAT(w.exchanges, IsEmpty());
  EXPECT_EQ(w.j.attempts.made, 0u);
  EXPECT_EQ(w.who->totals_.figures().attempts, 0u);
}

TEST(attempt, notes_what_was_learnt_in_the_record) {
  attempting_world w;
  auto r = fake::answered(202, std::string(5000, 'x'));
  r.times.begun = w.now, r.times.ended = w.now + 70ms;
  r.kernel_bytes = 321, r.connected = true;
  w.make(r);
  const auto& record = w.j.record;
  EXPECT_EQ(record.status, 202);
  EXPECT_EQ(record.response, std::string(1024, 'x'));
  EXPECT_EQ(record.attempts, 1u);
  EXPECT_EQ(record.bytes, 321u);
  EXPECT_EQ(record.elapsed, 70ms);
  EXPECT_EQ(w.who->totals_.figures().connections, 1u);
  w.make(fake::silent(errc::stalled));
  EXPECT_EQ(record.status, 0) << "of the last attempt";
  EXPECT_THAT(record.response, IsEmpty());
  EXPECT_EQ(w.who->totals_.figures().retries, 1u);
}

TEST(attempt, says_more_than_the_code_where_there_is_more) {
  attempting_world w;
  auto r = fake::silent(errc::tls_failed);
  r.detail = "alert 40";
  EXPECT_THAT(w.make(r).reason, HasSubstr(" (alert 40)"));
}

TEST(attempt, is_made_again_as_often_as_is_allowed) {
  attempting_world w;
  for (unsigned made = 1; made <= 3; ++made) {
    w.now += 1s;
    const auto o = w.make(fake::answered(503));
    EXPECT_EQ(w.j.attempts.made, made);
    EXPECT_EQ(o.again.has_value(), made < 3) << made;
  }
  EXPECT_EQ(w.j.attempts.first, fake::world{}.now + 1s);
  EXPECT_THAT(w.who->begun, ElementsAre(3, 3, 3));
}

TEST(attempt, is_not_made_again_for_an_owner_that_ended_meanwhile) {
  attempting_world w;
  const auto o = w.make(fake::answered(503), [&] { w.who->end = errc::stopped; });
  EXPECT_FALSE(o.again);
  EXPECT_EQ(o.error, errc::busy_status);
}

TEST(attempt, waits_as_long_as_the_endpoint_asks) {
  attempting_world w;
  auto r = fake::answered(503);
  r.outcome.reply->retry_after = "60";
  EXPECT_GE(w.make(r).again.value(), w.now + 60s);
}

TEST(attempt, keeps_one_budget_of_retries_for_all_files) {
  auto c = fake::cfg();
  c.retry.retries = 1000;
  attempting_world w{c};
  int retries = 0;
  while (w.make(fake::answered(503)).again && retries < 1000) ++retries;
  EXPECT_EQ(retries, 100);
  for (int n = 0; n < 5; ++n) {
    w.add("a");
    w.make();
  }
  w.add("a");
  EXPECT_TRUE(w.make(fake::answered(503)).again) << "five successes pay for one";
  EXPECT_FALSE(w.make(fake::answered(503)).again);
}

TEST(attempt, forgets_an_earlier_failure_once_the_file_was_accepted) {
  attempting_world w;
  w.make(fake::answered(503));
  EXPECT_EQ(w.j.record.error, errc::busy_status);
  w.make();
  EXPECT_FALSE(w.j.record.error);
  EXPECT_THAT(w.j.record.reason, IsEmpty());
}

TEST(attempt, carries_key_and_size_of_the_file_in_its_request) {
  attempting_world w;
  w.make(fake::answered(503)), w.make();
  ASSERT_THAT(w.exchanges, SizeIs(2));
  EXPECT_THAT(w.j.record.key, Not(IsEmpty()));
  for (const auto& e : w.exchanges) EXPECT_THAT(e.bytes, HasSubstr("Idempotency-Key: " + w.j.record.key));
  EXPECT_EQ(w.exchanges.front().size, 5u);
}

TEST(attempt, takes_away_what_an_earlier_run_sent_without_sending_it) {
  attempting_world w;
  w.j.kept_digest = 42;
  EXPECT_EQ(w.make().fate, fate::accepted);
  EXPECT_THAT(w.exchanges, IsEmpty());
  EXPECT_FALSE(w.files.contains("a"));
  attempting_world other;
  other.j.kept_digest = 41;
  EXPECT_EQ(other.make().fate, fate::accepted);
  EXPECT_THAT(other.exchanges, SizeIs(1)) << "it is another file";
}

TEST(attempt, sends_a_body_that_is_no_file) {
  attempting_world w;
  struct : io::body {
    std::uint64_t size() const noexcept override { return 9; }
    piece read_ready(std::uint64_t, std::span<char>) override { return {}; }
    awaitable<void> wait_ready(std::uint64_t) override { co_return; }
  } body;
  w.who->body = &body;
  EXPECT_EQ(w.make().fate, fate::accepted);
  EXPECT_THAT(w.openings, IsEmpty());
  EXPECT_THAT(w.events, IsEmpty());
  EXPECT_EQ(w.exchanges.front().size, 9u);
}

TEST(attempt, measures_for_the_window) {
  attempting_world w;
  w.rooms.window.permits().try_take(), w.rooms.window.permits().try_take();
  auto r = fake::answered();
  auto& t = r.times;
  t.begun = w.now, t.connected = w.now + 1ms, t.secured = w.now + 3ms, t.sent = w.now + 4ms;
  t.heard = w.now + 9ms, t.ended = w.now + 10ms;
  r.waited_for_file = true;
  const auto o = w.make(r);
  EXPECT_EQ(o.sample->what, core::window_sample::kind::answered);
  EXPECT_EQ(o.sample->connecting, 3ms);
  EXPECT_EQ(o.sample->server_time, 5ms);
  EXPECT_EQ(o.sample->bytes, 5u);
  EXPECT_EQ(o.sample->in_flight, 2u);
  EXPECT_TRUE(o.sample->waited_for_file);
  w.add("a");
  r.reused = true;
  EXPECT_EQ(w.make(r).sample->connecting, 0ms);
  w.add("a");
  EXPECT_EQ(w.make(fake::answered(429)).sample->what, core::window_sample::kind::overload);
  EXPECT_EQ(w.make(cut_short(errc::file_changed)).sample->what, core::window_sample::kind::other);
}

TEST(attempt, is_told_to_its_observer_phase_by_phase) {
  auto c = fake::cfg();
  std::vector<attempt_record> told;
  c.on_attempt = [&](const attempt_record& r) { told.push_back(r); };
  attempting_world w{c};
  auto r = fake::answered(503);
  auto& t = r.times;
  t.begun = w.now, t.connected = t.secured = w.now + 1ms, t.sent = w.now + 4ms;
  t.heard = w.now + 9ms, t.ended = w.now + 11ms;
  r.kernel_bytes = 77;
  w.make(r), w.make();
  ASSERT_THAT(told, SizeIs(2));
  const auto& first = told.front();
  EXPECT_EQ(first.seq, 3u);
  EXPECT_EQ(first.attempt, 1u);
  EXPECT_EQ(first.connect, 1ms);
  EXPECT_EQ(first.handshake, 0ms);
  EXPECT_EQ(first.send, 3ms);
  EXPECT_EQ(first.wait, 5ms);
  EXPECT_EQ(first.receive, 2ms);
  EXPECT_EQ(first.total, 11ms);
  EXPECT_EQ(first.bytes, 77u);
  EXPECT_EQ(first.status, 503);
  EXPECT_EQ(first.verdict, verdict::transient);
  EXPECT_EQ(first.error, errc::busy_status);
  EXPECT_EQ(told.back().attempt, 2u);
  EXPECT_EQ(told.back().verdict, verdict::accepted);
}

TEST(attempt, counts_whether_its_observer_has_memory_or_not) {
  auto c = fake::cfg();
  c.on_attempt = [](const attempt_record&) { throw std::bad_alloc{}; };
  attempting_world w{c};
  EXPECT_EQ(w.make().fate, fate::accepted);
}

TEST(attempt, that_broke_off_is_counted_once_where_the_server_may_have_the_file) {
  const struct {
    const char* what;
    bool in_doubt, counted;
    std::uint64_t attempts, unknown;
  } table[] = {
      {"before the request", false, false, 0, 0},
      {"while it was under way", true, false, 1, 1},
      {"after it was counted", true, true, 0, 1},
  };
  for (const auto& row : table) {
    attempting_world w;
    w.j.attempts.in_doubt = row.in_doubt, w.j.attempts.counted = row.counted;
    const auto o = w.rooms.attempts.broken_off(w.j, "no memory");
    EXPECT_EQ(o.fate, fate::deferred);
    EXPECT_EQ(o.error, sys::not_enough_memory);
    EXPECT_EQ(o.reason, "no memory");
    EXPECT_EQ(w.who->totals_.figures().attempts, row.attempts) << row.what;
    EXPECT_EQ(w.who->totals_.figures().unknown_outcomes, row.unknown) << row.what;
  }
}

TEST(attempt, is_in_doubt_from_the_request_on_until_its_verdict) {
  attempting_world w;
  EXPECT_FALSE(w.j.attempts.in_doubt);
  w.begin();
  EXPECT_TRUE(w.j.attempts.in_doubt);
  EXPECT_FALSE(w.j.attempts.counted);
  w.answer(0, fake::answered(503));
  EXPECT_FALSE(w.j.attempts.in_doubt);
  EXPECT_TRUE(w.j.attempts.counted);
  w.make();
  EXPECT_TRUE(w.j.attempts.in_doubt) << "what follows an acceptance may fail as well";
}

/// The digest of `abc` goes ahead, and the server says what it has.
config with_digests() {
  auto c = fake::cfg();
  c.headers = {{"X-Crc", "{crc32}"}};
  c.success.json = {R"(/crc="{crc32}")"};
  return c;
}
constexpr auto of_abc = R"({"crc":"352441c2"})";

void holds(fake::file& f, std::deque<std::string> readings) {
  f.is.size = readings.front().size();
  f.readings = std::move(readings);
}

TEST(attempt, sends_a_digest_ahead_and_believes_the_server_that_says_the_same) {
  attempting_world w{with_digests()};
  holds(w.a, {"abc"});
  EXPECT_EQ(w.make(fake::answered(200, of_abc)).fate, fate::accepted);
  EXPECT_THAT(w.exchanges.front().bytes, HasSubstr("X-Crc: 352441c2\r\n"));
  EXPECT_FALSE(w.files.contains("a"));
}

TEST(attempt, keeps_a_file_whose_bytes_are_not_those_of_the_digest_that_went_ahead) {
  attempting_world w{with_digests()};
  holds(w.a, {"abc", "abd"});  // neither size nor times tell
  const auto o = w.make(fake::answered(200, R"({"crc":"ab40d461"})"));
  EXPECT_EQ(o.fate, fate::changed);
  EXPECT_TRUE(w.files.contains("a"));
  attempting_world refused{with_digests()};
  holds(refused.a, {"abc", "abd"});
  const auto no = refused.make(fake::answered(422, "BadDigest"));
  EXPECT_EQ(no.fate, fate::changed) << "it is not the server's word on the file";
  ASSERT_TRUE(!no.endpoint || no.endpoint->blame == core::blame::nobody);
}

TEST(attempt, tries_again_where_the_server_has_other_bytes_and_says_so_once) {
  attempting_world w{with_digests()};
  holds(w.a, {"abc"});
  const auto o = w.make(fake::answered(200, R"({"crc":"00000000"})"));
  EXPECT_EQ(o.fate, fate::corrupted);
  EXPECT_EQ(o.error, errc::corrupted);
  EXPECT_TRUE(o.again);
  ASSERT_TRUE(w.j.record.disproved);
  EXPECT_EQ(w.j.record.disproved->theirs, "00000000");
  EXPECT_TRUE(w.files.contains("a"));
  ASSERT_THAT(w.notices, SizeIs(1));
  EXPECT_EQ(w.notices.front().what, notice::kind::corrupted);
  EXPECT_THAT(w.notices.front().text, HasSubstr("'a': the server has other bytes than were sent"));
  w.make(fake::answered(200, R"({"crc":"00000000"})"));
  EXPECT_THAT(w.notices, SizeIs(1));
  EXPECT_EQ(w.make(fake::answered(200, of_abc)).fate, fate::accepted);
  EXPECT_FALSE(w.j.record.disproved);
}

TEST(attempt, reads_a_file_ahead_once_for_all_its_attempts) {
  attempting_world w{with_digests()};
  holds(w.a, {"abc", "abc", "abc", "another"});
  w.make(fake::answered(503)), w.make(fake::answered(503));
  EXPECT_THAT(w.a.readings, SizeIs(2)) << "one reading ahead, and one for each request";
  ++w.a.is.mtime_ns;
  w.make(fake::answered(503));
  EXPECT_THAT(w.a.readings, SizeIs(1)) << "it is another file now";
}

/// The attempt ends with no request.
void expect_unasked(attempting_world& w, fate f, errc why) {
  w.begin();
  ASSERT_TRUE(w.done);
  EXPECT_EQ(w.done->fate, f);
  EXPECT_EQ(w.done->error, why);
  EXPECT_THAT(w.exchanges, IsEmpty());
}

TEST(attempt, makes_no_request_of_a_file_that_has_no_place_in_the_url) {
  auto c = fake::cfg();
  c.url = "http://sink.example/{dir}/{name}";
  attempting_world w{c};
  expect_unasked(w, fate::deferred, errc::unsendable);
  EXPECT_FALSE(w.done->again);
  EXPECT_EQ(w.j.attempts.made, 0u);
}

TEST(attempt, leaves_a_file_alone_that_the_pattern_does_not_match) {
  auto c = fake::cfg();
  c.match = "^b";
  attempting_world w{c};
  expect_unasked(w, fate::skipped, errc::not_selected);
}

}  // namespace
}  // namespace sluice::engine
