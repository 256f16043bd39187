// Deadlines and abort(), at each stage of an exchange.
#include "io/net/connection.hpp"

#include "connection_fixture.hpp"

namespace sluice::io {
namespace {

using namespace std::chrono_literals;
using core::sent;
using loop::hand_fed;
using loop::reply;

class connection_deadline : public with_peer {
 protected:
  /// The stage that is under way before the peer brings it to a halt.
  enum class stage { connecting, handshaking, sending, reading_the_file, pacing, awaiting_the_reply };

  static std::vector<stage> stages() {
    std::vector<stage> all{stage::connecting, stage::sending, stage::reading_the_file, stage::pacing,
                           stage::awaiting_the_reply};
    if (GetParam()) all.push_back(stage::handshaking);
    return all;
  }

  /// Starts an exchange that comes no further than `where`.
  void halt_at(stage where, timeout_options timeout) {
    loop::leaf any;
    if (where == stage::connecting) {
      dead_.emplace(ioc_.get_executor(), "127.0.0.1");
      client_.emplace(
          ioc_, std::string{GetParam() ? "https" : "http"} + "://127.0.0.1:" + std::to_string(dead_->port()),
          tls_, timeout);
    } else {
      client_.emplace(ioc_, listener_.url(), tls_, timeout);
      reached_ = false;
      script([this, where](loop::listener& l) -> awaitable<void> {
        auto p = co_await l.accept_raw();
        if (where != stage::handshaking) co_await p.handshake();
        reached_ = true;
        if (where == stage::awaiting_the_reply || where == stage::pacing || where == stage::reading_the_file)
          co_await p.read_to_end();
        asio::steady_timer for_ever{ioc_, asio::steady_timer::time_point::max()};
        co_await for_ever.async_wait(asio::use_awaitable);
      });
    }
    body_.emplace(ioc_.get_executor(), where == stage::sending ? std::string(64'000'000, 'b') : "bytes");
    if (where == stage::reading_the_file) body_->release(2);
    if (where == stage::pacing) {
      client_->pool.bytes_per_second = core::rate_limit{1};
      client_->pool.bytes_per_second.take(1'000'000, std::chrono::steady_clock::now());
    }
    start(*client_, *body_);
    if (where != stage::connecting) loop::run_until(ioc_, [&] { return reached_; });
    ioc_.poll();
  }

  std::optional<loop::dead_port> dead_;
  std::optional<loop::client> client_;
  std::optional<hand_fed> body_;
  bool reached_ = false;
};
INSTANTIATE_TEST_SUITE_P(, connection_deadline, testing::Bool(), plain_or_tls);

timeout_options with(std::chrono::milliseconds timeout_options::* which, std::chrono::milliseconds value) {
  auto t = loop::patient();
  t.*which = value;
  return t;
}

TEST_P(connection_deadline, abort_ends_every_stage_and_the_next_exchange_works) {
  for (const auto where : stages()) {
    SCOPED_TRACE(static_cast<int>(where));
    halt_at(where, loop::patient());
    client_->connection.abort(asio::error::operation_aborted);
    const auto r = finish();
    EXPECT_EQ(r.outcome.error, asio::error::operation_aborted) << r.outcome.error.message();
    EXPECT_FALSE(r.outcome.reply);
    EXPECT_EQ(r.outcome.request == sent::whole, where == stage::awaiting_the_reply);
    if (where == stage::connecting) continue;

    client_->pool.bytes_per_second = core::rate_limit{0};
    script([](loop::listener& l) -> awaitable<void> {
      auto p = co_await l.accept();
      co_await p.read_request();
      co_await p.write(reply("200 OK"));
    });
    const auto next = exchange(*client_);
    EXPECT_TRUE(next.outcome.reply) << next.outcome.error.message();
  }
}

TEST_P(connection_deadline, the_attempts_limit_holds_at_every_stage) {
  for (const auto where : stages()) {
    SCOPED_TRACE(static_cast<int>(where));
    halt_at(where, with(&timeout_options::attempt, 80ms));
    const auto r = finish();
    EXPECT_EQ(r.outcome.error, errc::attempt_timeout) << r.outcome.error.message();
    EXPECT_FALSE(r.outcome.reply);
  }
}

// A deadline armed while the kernel took no more ran on while the file was read: a slow disk looked like a
// stalled peer.
TEST_P(connection_deadline, a_slow_file_is_not_a_stalled_peer) {
  hand_fed body{ioc_.get_executor(), std::string(64'000'000, 'b')};
  body.release(body.size() - 1);
  asio::steady_timer slow{ioc_};
  script([&](loop::listener& l) -> awaitable<void> {
    auto p = co_await l.accept();
    co_await p.read_head();
    co_await p.read(body.size());  // all but the file's last byte
    slow.expires_after(400ms);
    co_await slow.async_wait(asio::use_awaitable);
    body.release(body.size());
    co_await p.read(2);
    co_await p.write(reply("200 OK"));
  });
  auto c = make_client(with(&timeout_options::stall, 200ms));
  const auto r = exchange(c, body);
  EXPECT_TRUE(r.outcome.reply) << r.outcome.error.message();
}

TEST_P(connection_deadline, a_connection_is_made_in_time_or_not_at_all) {
  for (const auto where : {stage::connecting, stage::handshaking}) {
    if (where == stage::handshaking && !GetParam()) continue;
    halt_at(where, with(&timeout_options::connect, 80ms));
    const auto r = finish();
    EXPECT_EQ(r.outcome.error, errc::connect_timeout);
    EXPECT_EQ(r.outcome.request, sent::nothing);
  }
}

TEST_P(connection_deadline, a_peer_that_takes_nothing_is_stalled) {
  halt_at(stage::sending, with(&timeout_options::stall, 80ms));
  const auto r = finish();
  EXPECT_EQ(r.outcome.error, errc::stalled);
  EXPECT_EQ(r.outcome.request, sent::part);
}

TEST_P(connection_deadline, a_peer_that_says_nothing_has_the_time_for_a_reply) {
  halt_at(stage::awaiting_the_reply, with(&timeout_options::reply, 80ms));
  const auto r = finish();
  EXPECT_EQ(r.outcome.error, errc::reply_timeout);
  EXPECT_EQ(r.outcome.request, sent::whole);
}

// A server that needed longer for its answer than for a byte got each file three times.
TEST_P(connection_deadline, a_slow_answer_is_not_a_stalled_peer) {
  script([&](loop::listener& l) -> awaitable<void> {
    auto p = co_await l.accept();
    co_await p.read_request();
    asio::steady_timer slow{ioc_, 250ms};
    co_await slow.async_wait(asio::use_awaitable);
    co_await p.write(reply("200 OK"));
  });
  auto c = make_client(with(&timeout_options::stall, 80ms));
  const auto r = exchange(c);
  EXPECT_TRUE(r.outcome.reply) << r.outcome.error.message();
}

TEST_P(connection_deadline, an_interim_reply_is_a_sign_of_life) {
  script([&](loop::listener& l) -> awaitable<void> {
    auto p = co_await l.accept();
    co_await p.read_request();
    for (int i = 0; i < 10; ++i) {
      asio::steady_timer slow{ioc_, 40ms};
      co_await slow.async_wait(asio::use_awaitable);
      co_await p.write("HTTP/1.1 102 Processing\r\n\r\n");
    }
    co_await p.write(reply("200 OK"));
  });
  auto c = make_client(with(&timeout_options::reply, 150ms));
  const auto r = exchange(c);
  EXPECT_TRUE(r.outcome.reply) << r.outcome.error.message();
}

// A low rate, and more connections than it can keep alive.
TEST_P(connection_deadline, abort_ends_the_wait_for_a_place_to_send) {
  auto c = make_client();
  c.pool.places.set(0);
  loop::hand_fed body{ioc_.get_executor(), "bytes"};
  start(c, body);
  ioc_.poll();
  EXPECT_FALSE(listener_.somebody_waits());
  c.connection.abort(errc::stopped);
  const auto r = finish();
  EXPECT_EQ(r.outcome.error, errc::stopped);
  EXPECT_EQ(r.outcome.request, sent::nothing);
  script([](loop::listener& l) -> awaitable<void> {
    auto p = co_await l.accept();
    co_await p.read_request();
    co_await p.write(reply("200 OK"));
  });
  loop::hand_fed next{ioc_.get_executor(), "bytes"};
  start(c, next);
  ioc_.poll();
  c.pool.places.set(1);
  EXPECT_TRUE(finish().outcome.reply) << "whoever left the line left no place taken";
}

TEST_P(connection_deadline, a_reply_that_drips_has_an_end) {
  script([&](loop::listener& l) -> awaitable<void> {
    auto p = co_await l.accept();
    co_await p.read_request();
    co_await p.write("HTTP/1.1 200 OK\r\nX: ");
    for (asio::steady_timer next{ioc_};;) {
      next.expires_after(10ms);
      co_await next.async_wait(asio::use_awaitable);
      co_await p.write("x");
    }
  });
  auto c = make_client(with(&timeout_options::reply, 100ms));
  EXPECT_EQ(exchange(c).outcome.error, errc::reply_timeout);
}

// A stall on a kept-alive connection is no keep-alive race: the peer has the half of it, and had its time.
TEST_P(connection_deadline, a_stall_is_not_tried_again_for_free) {
  script([](loop::listener& l) -> awaitable<void> {
    auto p = co_await l.accept();
    co_await p.read_request();
    co_await p.write(reply("200 OK"));
    auto never = co_await l.accept();
    ADD_FAILURE() << "tried again";
  });
  auto c = make_client(with(&timeout_options::stall, 80ms));
  EXPECT_TRUE(exchange(c).outcome.reply);
  hand_fed body{ioc_.get_executor(), std::string(64'000'000, 'b')};
  const auto r = exchange(c, body);
  EXPECT_EQ(r.outcome.error, errc::stalled);
  EXPECT_EQ(r.outcome.request, sent::part);
  EXPECT_FALSE(listener_.somebody_waits());
}

TEST_P(connection_deadline, leaves_no_work_behind) {
  script([](loop::listener& l) -> awaitable<void> {
    auto p = co_await l.accept();
    co_await p.read_request();
    co_await p.write(reply("200 OK"));
  });
  auto c = make_client(with(&timeout_options::attempt, 10s));
  EXPECT_TRUE(exchange(c).outcome.reply);
  loop::run_dry(ioc_);
}

}  // namespace
}  // namespace sluice::io
