// Cancellation of one operation and cancel(), at every stage of an operation.
#include "uploader_fixture.hpp"

#include "support/loop_certificate.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace sluice {
namespace {

using asio::cancellation_type;

class uploader_cancel : public with_endpoint {
 protected:
  asio::cancellation_signal signal_;
};

TEST_F(uploader_cancel, while_it_waits_for_a_permit) {
  for (const auto type :
       {cancellation_type::terminal, cancellation_type::partial, cancellation_type::total}) {
    auto c = cfg();
    c.window = window::fixed(1);
    uploader up{ioc_.get_executor(), c};
    server_.hold();
    const auto first = start(up, file("first"));
    const auto waiting = start(up, file("waiting"), signal_.slot());
    loop::run_until(ioc_, [&] { return server_.in_flight == 1; });
    signal_.emit(type);
    settle();
    ASSERT_TRUE(*waiting);
    EXPECT_EQ((*waiting)->error, asio::error::operation_aborted);
    EXPECT_EQ((*waiting)->result.fate, fate::deferred);
    EXPECT_EQ((*waiting)->result.attempts, 0u);
    EXPECT_FALSE(*first);
    server_.let_go();
    loop::run_until(ioc_, [&] { return first->has_value(); });
    EXPECT_EQ((*first)->result.fate, fate::accepted);
  }
  EXPECT_EQ(server_.count(), 3u);
}

TEST_F(uploader_cancel, in_flight_terminal_and_partial_cut_it_off_and_total_is_too_late) {
  auto c = cfg();
  c.on_success = disposal::remove();
  for (const auto type :
       {cancellation_type::terminal, cancellation_type::partial, cancellation_type::total}) {
    uploader up{ioc_.get_executor(), c};
    server_.hold();
    const auto outcome = start(up, file("a"), signal_.slot());
    loop::run_until(ioc_, [&] { return server_.in_flight == 1; });
    signal_.emit(type);
    settle();
    const bool cut = type != cancellation_type::total;
    EXPECT_EQ(outcome->has_value(), cut);
    server_.let_go();
    loop::run_until(ioc_, [&] { return outcome->has_value() && server_.in_flight == 0; });
    EXPECT_EQ((*outcome)->error, cut ? asio::error::operation_aborted : error_code{});
    EXPECT_EQ((*outcome)->result.fate, cut ? fate::deferred : fate::accepted);
    EXPECT_EQ(fs::exists(files_ / "a"), cut) << "whether the server has it is unknown: it stays";
  }
}

TEST_F(uploader_cancel, while_it_backs_off) {
  auto c = cfg();
  c.retry.base = c.retry.cap = std::chrono::hours{1};
  uploader up{ioc_.get_executor(), c};
  server_.say(loop::reply("503 Later"));
  const auto outcome = start(up, file("a"), signal_.slot());
  loop::run_until(ioc_, [&] { return up.progress().backing_off == 1; });
  signal_.emit(cancellation_type::total);
  settle();
  EXPECT_FALSE(*outcome) << "an attempt has begun";
  signal_.emit(cancellation_type::partial);
  settle();
  ASSERT_TRUE(*outcome);
  EXPECT_EQ((*outcome)->error, asio::error::operation_aborted);
  EXPECT_EQ((*outcome)->result.attempts, 1u);
}

// A cancellation between "taken from the backlog" and "begun" was lost, and so was an uploader's end: the
// file was sent all the same. So: cancelled after every single step of the loop.
TEST_F(uploader_cancel, after_every_step_of_the_loop) {
  for (const auto type :
       {cancellation_type::terminal, cancellation_type::partial, cancellation_type::total}) {
    bool came_to_its_end = false;
    for (int k = 0; !came_to_its_end; ++k) {
      ASSERT_LT(k, 1000);
      uploader up{ioc_.get_executor(), cfg()};
      server_.requests.clear();
      const auto outcome = start(up, file("a"), signal_.slot());
      ioc_.restart();
      for (int i = 0; i < k && !*outcome; ++i) ioc_.run_one();
      came_to_its_end = outcome->has_value();
      const auto seen = server_.count();
      signal_.emit(type);
      loop::run_until(ioc_, [&] { return outcome->has_value(); });
      if (came_to_its_end) break;
      const bool cancelled = (*outcome)->error == asio::error::operation_aborted;
      EXPECT_EQ((*outcome)->result.fate, cancelled ? fate::deferred : fate::accepted) << k;
      EXPECT_TRUE(cancelled || !(*outcome)->error) << k;
      if (type != cancellation_type::total && seen == 0) {
        EXPECT_TRUE(cancelled) << k << ": sent after it was cancelled";
      }
      if ((*outcome)->result.attempts == 0) {
        EXPECT_EQ(server_.count(), 0u) << k;
      }
      if (type == cancellation_type::total && cancelled) {
        EXPECT_EQ((*outcome)->result.attempts, 0u) << k << ": `total` came too late, and cut it off";
      }
      up.cancel();
      settle();
    }
  }
}

// The same with a handshake, a first attempt that fails, and a body that the kernel does not take at once.
TEST_F(uploader_cancel, after_every_step_of_a_harder_way) {
  const loop::authority authority;
  loop::endpoint secure{ioc_, loop::serve_as(authority.issue())};
  auto c = cfg();
  c.url = secure.url(), c.tls.ca_file = files_.write("ca.pem", authority.certificate());
  for (const auto type :
       {cancellation_type::terminal, cancellation_type::partial, cancellation_type::total}) {
    bool came_to_its_end = false;
    for (int k = 0; !came_to_its_end; k += 1 + k / 16) {
      ASSERT_LT(k, 100'000);
      int answered = 0;
      secure.say([&](const loop::got&) -> asio::awaitable<std::string> {
        co_return loop::reply(++answered == 1 ? "503 Later" : "200 OK");
      });
      uploader up{ioc_.get_executor(), c};
      const auto outcome = start(up, data(std::string(600'000, 'x')), signal_.slot());
      ioc_.restart();
      for (int i = 0; i < k && !*outcome; ++i) ioc_.run_one();
      came_to_its_end = outcome->has_value();
      signal_.emit(type);
      loop::run_until(ioc_, [&] { return outcome->has_value(); });
      const bool cancelled = (*outcome)->error == asio::error::operation_aborted;
      EXPECT_EQ((*outcome)->result.fate, cancelled ? fate::deferred : fate::accepted) << k;
      EXPECT_TRUE(cancelled || !(*outcome)->error) << k << ": " << (*outcome)->error.message();
      if (!came_to_its_end && type != cancellation_type::total) {
        EXPECT_TRUE(cancelled || answered == 2) << k;
      }
      up.cancel();
      settle();
    }
  }
}

TEST_F(uploader_cancel, of_a_drain_after_every_step_of_the_loop) {
  for (const auto type :
       {cancellation_type::terminal, cancellation_type::partial, cancellation_type::total}) {
    bool came_to_its_end = false;
    for (int k = 0; !came_to_its_end; ++k) {
      ASSERT_LT(k, 1000);
      auto c = cfg();
      c.on_success = disposal::remove();
      for (int i = 0; i < 6; ++i) file("tree/" + std::to_string(i));
      server_.requests.clear();
      uploader up{ioc_.get_executor(), c};
      const auto outcome = start_drain(up, source::directory(files_ / "tree"), signal_.slot());
      ioc_.restart();
      for (int i = 0; i < k && !*outcome; ++i) ioc_.run_one();
      came_to_its_end = outcome->has_value();
      signal_.emit(type);
      loop::run_until(ioc_, [&] { return outcome->has_value(); });
      const auto& s = (*outcome)->summary;
      EXPECT_TRUE((*outcome)->error == asio::error::operation_aborted || s.counts[fate::accepted] == 6) << k;
      EXPECT_EQ(s.counts.total(), s.counts[fate::accepted] + s.counts[fate::deferred]) << k;
      EXPECT_EQ(s.deleted, s.counts[fate::accepted]) << k;
      const fs::directory_iterator left{files_ / "tree"};
      EXPECT_EQ(static_cast<std::uint64_t>(std::distance(begin(left), end(left))), 6 - s.deleted) << k;
      if (type != cancellation_type::terminal) {
        EXPECT_EQ(server_.count(), s.counts[fate::accepted]) << k << ": what is in flight is let end";
      }
      up.cancel();
      settle();
    }
  }
}

TEST_F(uploader_cancel, of_one_leaves_the_others_alone) {
  uploader up{ioc_.get_executor(), cfg()};
  server_.hold();
  std::vector<std::shared_ptr<std::optional<upload_outcome>>> others;
  const auto one = start(up, file("one"), signal_.slot());
  for (const auto* name : {"a", "b", "c", "d"}) others.push_back(start(up, file(name)));
  loop::run_until(ioc_, [&] { return server_.in_flight == 4; });
  signal_.emit(cancellation_type::terminal);
  server_.let_go();
  for (const auto& o : others) {
    loop::run_until(ioc_, [&] { return o->has_value(); });
    EXPECT_EQ((*o)->result.fate, fate::accepted);
  }
  EXPECT_EQ((*one)->error, asio::error::operation_aborted);
}

// Three uploads that their owners gave up while they connected looked like a dead endpoint: the next one had
// to wait, and a drain that followed said "unreachable".
TEST_F(uploader_cancel, says_nothing_of_the_endpoint) {
  const loop::authority authority;
  loop::listener secure{ioc_.get_executor(), loop::serve_as(authority.issue())};
  auto c = cfg();
  c.url = secure.url();
  c.tls.ca_file = files_.write("ca.pem", authority.certificate());
  uploader up{ioc_.get_executor(), c};
  for (int i = 0; i < 3; ++i) {
    bool connected = false;
    loop::beside(ioc_, [&]() -> asio::awaitable<void> {
      auto p = co_await secure.accept_raw();
      connected = true;
      co_await p.handshake();
    });
    const auto outcome = start(up, file("a"), signal_.slot());
    loop::run_until(ioc_, [&] { return connected; });
    signal_.emit(cancellation_type::terminal);
    settle();
    ASSERT_TRUE(*outcome);
  }
  const auto next = start(up, file("b"));
  settle();
  EXPECT_EQ(up.progress().in_flight, 1u) << "it waits";
}

TEST_F(uploader_cancel, after_the_end_does_nothing) {
  uploader up{ioc_.get_executor(), cfg()};
  const auto outcome = start(up, file("a"), signal_.slot());
  loop::run_until(ioc_, [&] { return outcome->has_value(); });
  signal_.emit(cancellation_type::terminal);
  EXPECT_EQ(upload(up, file("b")).result.fate, fate::accepted);
}

TEST_F(uploader_cancel, cancel_ends_everything_and_the_uploader_lives_on) {
  auto c = cfg();
  c.window = window::fixed(2);
  uploader up{ioc_.get_executor(), c};
  server_.hold();
  std::vector<std::shared_ptr<std::optional<upload_outcome>>> uploads;
  for (int i = 0; i < 5; ++i) uploads.push_back(start(up, file("up/" + std::to_string(i))));
  for (int i = 0; i < 5; ++i) file("tree/" + std::to_string(i));
  const auto drained = start_drain(up, source::directory(files_ / "tree"));
  loop::run_until(ioc_, [&] { return server_.in_flight == 2; });
  up.cancel();
  settle();
  for (const auto& u : uploads) {
    ASSERT_TRUE(*u);
    EXPECT_EQ((*u)->error, asio::error::operation_aborted);
  }
  ASSERT_TRUE(*drained);
  EXPECT_EQ((*drained)->error, asio::error::operation_aborted);
  EXPECT_EQ((*drained)->summary.reason, stop_reason::cancelled);
  server_.let_go();
  EXPECT_EQ(upload(up, file("next")).result.fate, fate::accepted);
}

TEST_F(uploader_cancel, of_a_drain_lets_what_is_in_flight_end_and_then_does_not) {
  for (int i = 0; i < 20; ++i) file(std::to_string(i));
  for (const bool at_once : {false, true}) {
    uploader up{ioc_.get_executor(), cfg()};
    server_.requests.clear();
    server_.hold();
    const auto outcome = start_drain(up, source::directory(files_.path()), signal_.slot());
    loop::run_until(ioc_, [&] { return server_.in_flight == 4; });
    signal_.emit(cancellation_type::partial);
    settle();
    EXPECT_FALSE(*outcome);
    if (at_once) signal_.emit(cancellation_type::terminal);
    settle();
    EXPECT_EQ(outcome->has_value(), at_once);
    server_.let_go();
    loop::run_until(ioc_, [&] { return outcome->has_value() && server_.in_flight == 0; });
    const auto& s = (*outcome)->summary;
    EXPECT_EQ((*outcome)->error, asio::error::operation_aborted);
    EXPECT_EQ(s.reason, stop_reason::cancelled);
    EXPECT_EQ(s.counts[fate::accepted], at_once ? 0u : 4u);
    EXPECT_EQ(s.unknown_outcomes, at_once ? 4u : 0u);
    EXPECT_EQ(s.counts.total(), s.counts[fate::accepted] + s.counts[fate::deferred]);
    EXPECT_EQ(server_.count(), 4u);
  }
}

TEST_F(uploader_cancel, of_a_drain_waits_no_longer_than_its_grace) {
  file("a");
  auto c = cfg();
  c.limit.grace = std::chrono::milliseconds{50};
  uploader up{ioc_.get_executor(), c};
  server_.hold();
  const auto outcome = start_drain(up, source::directory(files_.path()), signal_.slot());
  loop::run_until(ioc_, [&] { return server_.in_flight == 1; });
  signal_.emit(cancellation_type::partial);
  loop::run_until(ioc_, [&] { return outcome->has_value(); });
  EXPECT_EQ((*outcome)->summary.counts[fate::deferred], 1u);
}

// A drain that was turned away could still stop the one that was under way.
TEST_F(uploader_cancel, of_a_drain_that_was_turned_away_does_not_stop_another) {
  for (int i = 0; i < 20; ++i) file("tree/" + std::to_string(i));
  uploader up{ioc_.get_executor(), cfg()};
  server_.hold();
  const auto first = start_drain(up, source::directory(files_ / "tree"));
  for (const auto& from : {source::directory(files_ / "tree"), source::directory({})}) {
    const auto second = start_drain(up, from, signal_.slot());
    signal_.emit(cancellation_type::terminal);
    loop::run_until(ioc_, [&] { return second->has_value(); });
    EXPECT_TRUE((*second)->error == asio::error::already_started ||
                (*second)->error == asio::error::invalid_argument);
    signal_.emit(cancellation_type::terminal);
  }
  server_.let_go();
  loop::run_until(ioc_, [&] { return first->has_value(); });
  EXPECT_FALSE((*first)->error);
  EXPECT_EQ((*first)->summary.counts[fate::accepted], 20u);
}

TEST_F(uploader_cancel, a_timer_beside_it_is_a_timeout) {
  server_.hold();
  const auto timed_out = loop::run(ioc_, [&]() -> asio::awaitable<bool> {
    using namespace asio::experimental::awaitable_operators;
    uploader up{co_await asio::this_coro::executor, cfg()};
    asio::steady_timer timer{up.get_executor(), std::chrono::milliseconds{30}};
    auto request = file("a");
    const auto first = co_await (up.async_upload(std::move(request), asio::use_awaitable) ||
                                 timer.async_wait(asio::use_awaitable));
    co_return first.index() == 1;
  });
  EXPECT_TRUE(timed_out);
}

}  // namespace
}  // namespace sluice
