#include "io/net/connection.hpp"

#include "connection_fixture.hpp"

#include <gmock/gmock.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <system_error>

namespace sluice::io {
namespace {

using namespace std::chrono_literals;
using core::sent;
using loop::hand_fed;
using loop::post;
using loop::reply;

/// A kept connection: its first request was answered, and the second one has come.
awaitable<loop::peer> asked_again(loop::listener& l) {
  auto p = co_await l.accept();
  co_await p.read_request();
  co_await p.write(reply("200 OK"));
  co_await p.read_request();
  co_return p;
}

class connection_test : public with_peer {};
INSTANTIATE_TEST_SUITE_P(, connection_test, testing::Bool(), plain_or_tls);

TEST_P(connection_test, sends_file_after_file_on_one_connection) {
  std::vector<std::string> seen;
  script([&](loop::listener& l) -> awaitable<void> {
    auto p = co_await l.accept();
    for (int i = 0; i < 3; ++i) {
      seen.push_back(co_await p.read_request());
      co_await p.write(reply("200 OK", "fine"));
    }
  });
  auto c = make_client();
  for (const std::string& bytes : {std::string{"one"}, std::string{}, std::string{"three"}}) {
    const auto r = exchange(c, bytes);
    EXPECT_EQ(r.outcome.request, sent::whole);
    EXPECT_FALSE(r.outcome.early);
    EXPECT_FALSE(r.outcome.error) << r.outcome.error.message();
    ASSERT_TRUE(r.outcome.reply);
    EXPECT_EQ(r.outcome.reply->body, "fine");
    EXPECT_TRUE(r.outcome.reply->framed);
    EXPECT_EQ(r.file_bytes, bytes.size());
    EXPECT_TRUE(r.session_as_configured);
    EXPECT_EQ(r.connected, seen.size() == 1);
    EXPECT_EQ(seen.back(), post(bytes.size()).head + bytes + ">");
  }
}

// The automatic window counts the time of other attempts as work of the loop.
TEST_P(connection_test, sends_a_large_body_unharmed) {
  std::string seen, bytes(3'000'000, 'x');
  for (std::size_t i = 0; i < bytes.size(); i += 7) bytes[i] = static_cast<char>(i);
  script([&](loop::listener& l) -> awaitable<void> {
    auto p = co_await l.accept();
    seen = co_await p.read_request();
    co_await p.write(reply("201 Created"));
  });
  auto c = make_client();
  const auto r = exchange(c, bytes);
  EXPECT_EQ(r.outcome.reply->status, 201);
  EXPECT_EQ(r.file_bytes, bytes.size());
  EXPECT_GE(r.kernel_bytes, bytes.size());
  EXPECT_TRUE(seen == post(bytes.size()).head + bytes + ">");
}

TEST_P(connection_test, is_not_used_again_when_the_reply_says_so) {
  for (const std::string& last : {reply("200 OK", "", "Connection: close\r\n"),
                                  std::string{"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"},
                                  reply("200 OK") + "x", reply("200 OK") + reply("408 Request Timeout")}) {
    int served = 0;
    script([&](loop::listener& l) -> awaitable<void> {
      while (served < 2) {
        auto p = co_await l.accept();
        co_await p.read_request();
        co_await p.write(last);
        ++served;
        co_await p.read_to_end();
      }
    });
    auto c = make_client();
    for (int i = 0; i < 2; ++i) {
      const auto r = exchange(c);
      ASSERT_TRUE(r.outcome.reply) << last;
      EXPECT_EQ(r.outcome.reply->status, 200);
      EXPECT_TRUE(r.connected) << last;
    }
  }
}

TEST_P(connection_test, idle_for_too_long_is_replaced) {
  script([&](loop::listener& l) -> awaitable<void> {
    for (int i = 0; i < 2; ++i) {
      auto p = co_await l.accept();
      co_await p.read_request();
      co_await p.write(reply("200 OK"));
      EXPECT_EQ(co_await p.read_to_end(), "");
    }
  });
  auto timeout = loop::patient();
  timeout.idle = {};
  auto c = make_client(timeout);
  EXPECT_TRUE(exchange(c).outcome.reply);
  const auto second = exchange(c);
  EXPECT_TRUE(second.outcome.reply);
  EXPECT_TRUE(second.connected);
}

TEST_P(connection_test, one_that_is_too_old_is_replaced_between_two_requests) {
  script([&](loop::listener& l) -> awaitable<void> {
    for (int i = 0; i < 2; ++i) {
      auto p = co_await l.accept();
      co_await p.read_request();
      co_await p.write(reply("200 OK"));
      EXPECT_EQ(co_await p.read_to_end(), "");
    }
  });
  auto timeout = loop::patient();
  timeout.connection_age = std::chrono::milliseconds{1};
  auto c = make_client(timeout);
  loop::hand_fed slow{ioc_.get_executor(), "slow"};
  slow.release(2);
  start(c, slow);
  loop::run_until(ioc_, [&] { return slow.starving(); });
  const auto old = std::chrono::steady_clock::now() + 2 * timeout.connection_age;
  loop::run_until(ioc_, [&] { return std::chrono::steady_clock::now() >= old; });
  slow.release(4);
  const auto first = finish();
  EXPECT_TRUE(first.outcome.reply) << "it was older than that before the exchange ended, and went on";
  EXPECT_GE(first.times.ended - first.times.connected, timeout.connection_age);
  const auto second = exchange(c);
  EXPECT_TRUE(second.outcome.reply);
  EXPECT_TRUE(second.connected);
}

TEST_P(connection_test, without_an_age_none_is_too_old) {
  script([&](loop::listener& l) -> awaitable<void> {
    auto p = co_await l.accept();
    for (int i = 0; i < 2; ++i) {
      co_await p.read_request();
      co_await p.write(reply("200 OK"));
    }
    EXPECT_EQ(co_await p.read_to_end(), "");
  });
  auto timeout = loop::patient();
  timeout.connection_age = {};
  auto c = make_client(timeout);
  EXPECT_TRUE(exchange(c).connected);
  EXPECT_TRUE(exchange(c).reused);
}

// Bytes that come while nobody asked belong to no request: haproxy's 408, a reply sent twice, a close.
TEST_P(connection_test, bytes_or_an_end_while_idle_retire_it) {
  enum class what { bytes, end, reset, goodbye };
  for (const auto unasked : {what::bytes, what::end, what::reset, what::goodbye}) {
    if (unasked == what::goodbye && !GetParam()) continue;
    bool said = false;
    script([&](loop::listener& l) -> awaitable<void> {
      auto first = co_await l.accept();
      co_await first.read_request();
      co_await first.write(reply("200 OK", "first"));
      co_await asio::post(ioc_, asio::use_awaitable);
      if (unasked == what::bytes) co_await first.write(reply("500 Oops", "nobody asked"));
      if (unasked == what::end) first.finish();
      if (unasked == what::reset) first.reset();
      if (unasked == what::goodbye)
        loop::beside(ioc_, [&first]() -> awaitable<void> { co_await first.say_goodbye(); });
      co_await asio::post(ioc_, asio::use_awaitable);
      said = true;
      auto second = co_await l.accept();
      co_await second.read_request();
      co_await second.write(reply("200 OK", "second"));
    });
    auto c = make_client();
    EXPECT_EQ(exchange(c).outcome.reply->body, "first");
    loop::run_until(ioc_, [&] { return said; });
    const auto r = exchange(c);
    ASSERT_TRUE(r.outcome.reply) << r.outcome.error.message();
    EXPECT_EQ(r.outcome.reply->body, "second");
    EXPECT_TRUE(r.connected);
  }
}

// The keep-alive race: the server closes the idle connection just as the next request begins.
TEST_P(connection_test, one_more_try_is_free_when_the_server_cannot_hold_a_whole_request) {
  std::string seen;
  hand_fed body{ioc_.get_executor(), "the whole file"};
  body.release(0);
  script([&](loop::listener& l) -> awaitable<void> {
    auto first = co_await l.accept();
    co_await first.read_request();
    co_await first.write(reply("200 OK"));
    co_await first.read_head();
    first.reset();
    body.release(body.size());
    auto second = co_await l.accept();
    seen = co_await second.read_request();
    co_await second.write(reply("200 OK", "second"));
  });
  auto c = make_client();
  exchange(c);
  const auto r = exchange(c, body);
  ASSERT_TRUE(r.outcome.reply) << r.outcome.error.message();
  EXPECT_EQ(r.outcome.reply->body, "second");
  EXPECT_FALSE(r.outcome.error);
  EXPECT_EQ(r.outcome.request, sent::whole);
  EXPECT_EQ(seen, post(body.size()).head + "the whole file>");
}

// A server with an idle timeout near the rate at which files come turned up to half of them into unknown
// outcomes. The server may have it twice then, under one key, and that is counted.
TEST_P(connection_test, one_more_try_is_free_when_a_kept_connection_ends_unanswered) {
  script([&](loop::listener& l) -> awaitable<void> {
    auto p = co_await asked_again(l);
    p.close();
    auto fresh = co_await l.accept();
    co_await fresh.read_request();
    co_await fresh.write(reply("200 OK", "second"));
  });
  auto c = make_client();
  exchange(c);
  const auto r = exchange(c);
  ASSERT_TRUE(r.outcome.reply) << r.outcome.error.message();
  EXPECT_EQ(r.outcome.reply->body, "second");
  EXPECT_EQ(r.lost, 1u);
  EXPECT_TRUE(r.connected);
  EXPECT_FALSE(r.reused);
}

TEST_P(connection_test, no_try_is_free_once_the_reply_has_begun) {
  script([&](loop::listener& l) -> awaitable<void> {
    auto p = co_await asked_again(l);
    co_await p.write("HTTP/1.1 200");
    p.close();
  });
  auto c = make_client();
  exchange(c);
  const auto r = exchange(c);
  EXPECT_FALSE(r.outcome.reply);
  EXPECT_EQ(r.outcome.request, sent::whole);
  EXPECT_EQ(r.outcome.error, errc::connection_lost);
  EXPECT_EQ(r.lost, 0u);
  EXPECT_FALSE(listener_.somebody_waits());
}

TEST_P(connection_test, no_try_is_free_for_a_body_that_can_be_read_once) {
  script([&](loop::listener& l) -> awaitable<void> {
    auto p = co_await asked_again(l);
    p.close();
  });
  auto c = make_client();
  exchange(c);
  loop::hand_fed once{ioc_.get_executor(), "bytes"};
  once.only_once();
  const auto r = exchange(c, once);
  EXPECT_EQ(r.outcome.error, errc::connection_lost);
  EXPECT_EQ(r.outcome.request, sent::whole);
  EXPECT_FALSE(listener_.somebody_waits());
}

TEST_P(connection_test, that_died_unanswered_bounds_how_long_the_next_ones_rest) {
  const auto serve = [this](loop::peer& p) -> awaitable<void> {
    co_await p.read_request();
    co_await p.write(reply("200 OK"));
  };
  const auto rest = [this](std::chrono::milliseconds time) {
    bool over = false;
    asio::steady_timer timer{ioc_, time};
    timer.async_wait([&](error_code) { over = true; });
    loop::run_until(ioc_, [&] { return over; });
  };
  script([&](loop::listener& l) -> awaitable<void> {
    auto first = co_await asked_again(l);
    first.close();
    auto second = co_await l.accept();
    co_await serve(second);
    auto third = co_await l.accept();
    co_await serve(third);
    co_await serve(third);
  });
  auto c = make_client();
  exchange(c);
  rest(std::chrono::milliseconds{60});
  EXPECT_EQ(exchange(c).lost, 1u);
  rest(std::chrono::milliseconds{60});
  EXPECT_TRUE(exchange(c).connected) << "none that rested for so long is used";
  EXPECT_TRUE(exchange(c).reused);
}

// tinyproxy closes after each reply and passes on one that promises the opposite: one request of ten met the
// close.
TEST_P(connection_test, is_used_once_where_the_server_never_answers_a_second_request) {
  script([](loop::listener& l) -> awaitable<void> {
    for (;;) {
      auto p = co_await l.accept();
      co_await p.read_request();
      co_await p.write(reply("200 OK"));
      try {
        co_await p.read_request();
      } catch (const std::exception&) {  // the client closed it after one request
      }
      p.close();
    }
  });
  auto c = make_client();
  unsigned lost = 0, last = 1;
  for (int i = 0; i < 30 && last > 0; ++i) {
    const auto r = exchange(c);
    ASSERT_TRUE(r.outcome.reply) << r.outcome.error.message();
    last = i > 0 && !r.reused && r.lost == 0 ? 0 : 1;
    lost += static_cast<unsigned>(r.lost);
  }
  EXPECT_GE(lost, 1u);
  EXPECT_EQ(last, 0u) << "every request met the close";
  for (int i = 0; i < 5; ++i) EXPECT_EQ(exchange(c).lost, 0u);
}

TEST_P(connection_test, rests_no_longer_than_the_server_says) {
  for (const std::string last : {"Keep-Alive: timeout=0\r\n", "Keep-Alive: timeout=5, max=0\r\n"}) {
    script([&](loop::listener& l) -> awaitable<void> {
      for (int i = 0; i < 2; ++i) {
        auto p = co_await l.accept();
        co_await p.read_request();
        co_await p.write(reply("200 OK", "", last));
        EXPECT_EQ(co_await p.read_to_end(), "");
      }
    });
    auto c = make_client();
    EXPECT_TRUE(exchange(c).outcome.reply);
    EXPECT_TRUE(exchange(c).connected) << last;
  }
}

// RFC 9112 §8: only TLS tells an end from a cut.
TEST_P(connection_test, a_reply_that_ends_with_the_connection_is_whole_when_tls_told_the_end) {
  for (const bool told : {false, true}) {
    if (told && !GetParam()) continue;
    script([&, told](loop::listener& l) -> awaitable<void> {
      auto p = co_await l.accept();
      co_await p.read_request();
      co_await p.write("HTTP/1.1 200 OK\r\n\r\nbody");
      if (told)
        co_await p.say_goodbye();
      else
        p.close();
    });
    auto c = make_client();
    const auto r = exchange(c);
    ASSERT_TRUE(r.outcome.reply) << r.outcome.error.message();
    EXPECT_EQ(r.outcome.reply->body, "body");
    EXPECT_EQ(r.outcome.reply->framed, told);
  }
}

TEST_P(connection_test, says_which_rule_a_malformed_reply_breaks) {
  script([&](loop::listener& l) -> awaitable<void> {
    auto p = co_await l.accept();
    co_await p.read_request();
    co_await p.write("HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n");
  });
  auto c = make_client();
  const auto r = exchange(c);
  EXPECT_EQ(r.outcome.error, errc::reply_malformed);
  EXPECT_EQ(r.detail.substr(0, 14), "a field's name") << r.detail;
}

// A first connection that breaks is an attempt like any other: it backs off.
TEST_P(connection_test, no_try_is_free_on_a_new_connection) {
  hand_fed body{ioc_.get_executor(), "bytes"};
  body.release(0);
  script([&](loop::listener& l) -> awaitable<void> {
    auto p = co_await l.accept();
    co_await p.read_head();
    p.reset();
    body.release(body.size());
  });
  auto c = make_client();
  const auto r = exchange(c, body);
  EXPECT_EQ(r.outcome.request, sent::part);
  EXPECT_EQ(r.outcome.error, errc::connection_lost);
  EXPECT_FALSE(listener_.somebody_waits());
}

TEST_P(connection_test, an_interim_reply_while_sending_makes_the_final_one_not_early) {
  hand_fed body{ioc_.get_executor(), std::string(1000, 'b')};
  body.release(500);
  script([&](loop::listener& l) -> awaitable<void> {
    auto p = co_await l.accept();
    co_await p.read_head();
    co_await p.write("HTTP/1.1 102 Processing\r\n\r\n");
    body.release(body.size());
    co_await p.read(1002);
    co_await p.write(reply("200 OK", "all of it"));
  });
  auto c = make_client();
  const auto r = exchange(c, body);
  ASSERT_TRUE(r.outcome.reply);
  EXPECT_EQ(r.outcome.reply->body, "all of it");
  EXPECT_FALSE(r.outcome.early);
  EXPECT_FALSE(r.outcome.error);
}

TEST_P(connection_test, an_early_refusal_ends_the_sending) {
  std::string rest;
  hand_fed body{ioc_.get_executor(), std::string(64'000'000, 'b')};  // more than sockets hold
  script([&](loop::listener& l) -> awaitable<void> {
    auto p = co_await l.accept();
    co_await p.read_head();
    co_await p.write(reply("413 Too Large", "no"));
    rest = co_await p.read_to_end();
  });
  auto c = make_client();
  const auto r = exchange(c, body);
  ASSERT_TRUE(r.outcome.reply) << r.outcome.error.message();
  EXPECT_EQ(r.outcome.reply->status, 413);
  EXPECT_TRUE(r.outcome.early);
  EXPECT_EQ(r.outcome.request, sent::part);
  loop::run_until(ioc_, [&] { return !rest.empty(); });
  EXPECT_LT(rest.size(), body.size());
}

// nginx with client_max_body_size: it answers, closes, and what we still send draws a reset.
TEST_P(connection_test, an_early_refusal_is_read_though_the_connection_is_reset) {
  hand_fed body{ioc_.get_executor(), std::string(64'000'000, 'b')};
  script([&](loop::listener& l) -> awaitable<void> {
    auto p = co_await l.accept();
    co_await p.read_head();
    co_await p.write(reply("413 Too Large", "no"));
    p.close();  // the bytes are unread, so this is a reset
  });
  auto c = make_client();
  const auto r = exchange(c, body);
  ASSERT_TRUE(r.outcome.reply) << r.outcome.error.message();
  EXPECT_EQ(r.outcome.reply->status, 413);
  EXPECT_TRUE(r.outcome.early);
  EXPECT_EQ(r.outcome.request, sent::part);
}

/// The client's kernel has all that was written: on a busy machine loopback takes its time.
awaitable<void> all_arrived(loop::peer& p) {
  asio::steady_timer pause{p.socket().get_executor()};
  for (int unacknowledged = 1; unacknowledged > 0;) {
    pause.expires_after(1ms);
    co_await pause.async_wait(asio::use_awaitable);
    if (::ioctl(p.socket().native_handle(), SIOCOUTQ, &unacknowledged) != 0)
      throw std::system_error{errno, std::generic_category()};
  }
}

// `return 200` in nginx: the reply is there after the head, and the rest of the body is read and thrown away.
// curl and we called that a success as long as the kernel never made us wait.
TEST_P(connection_test, a_success_that_came_before_the_last_bytes_left_is_early) {
  for (const bool close : {false, true}) {
    hand_fed body{ioc_.get_executor(), std::string(1000, 'b')};
    body.release(500);
    bool over = false;
    script([&](loop::listener& l) -> awaitable<void> {
      auto p = co_await l.accept();
      co_await p.read_head();
      co_await p.write("HTTP/1.1 102 Processing\r\n\r\n");
      co_await p.write(reply("200 OK"));
      if (close) p.finish();
      co_await all_arrived(p);
      body.release(body.size());
      co_await p.read_to_end();
      over = true;
    });
    auto c = make_client();
    const auto r = exchange(c, body);
    ASSERT_TRUE(r.outcome.reply) << r.outcome.error.message();
    EXPECT_TRUE(r.outcome.early);
    EXPECT_EQ(r.outcome.request, sent::part);
    loop::run_until(ioc_, [&] { return over; });
  }
}

TEST_P(connection_test, a_file_that_ends_or_breaks_is_cut_off_not_padded) {
  const error_code io_error{EIO, boost::system::system_category()};
  for (const auto& [at, with] : std::vector<std::pair<std::size_t, error_code>>{
           {0, io_error}, {3, io_error}, {0, {}}, {4, {}}, {500'000, io_error}, {500'000, {}}}) {
    std::string seen = "nothing";
    script([&](loop::listener& l) -> awaitable<void> {
      auto p = co_await l.accept();
      seen = co_await p.read_to_end();
    });
    auto c = make_client();
    hand_fed body{ioc_.get_executor(), std::string(1'000'000, 'b')};
    body.break_at(at, with);
    const auto r = exchange(c, body);
    EXPECT_EQ(r.file_error, with ? with : error_code{errc::file_changed});
    EXPECT_FALSE(r.outcome.reply);
    EXPECT_NE(r.outcome.request, sent::whole);
    loop::run_until(ioc_, [&] { return seen != "nothing"; });
    EXPECT_LE(seen.size(), post(body.size()).head.size() + at);
    EXPECT_FALSE(seen.ends_with(">"));
  }
}

// A certificate's complaint stood beside "connection refused" for as long as the connection object lived.
TEST_P(connection_test, says_nothing_of_an_earlier_failure) {
  if (!GetParam()) return;  // only TLS has details
  tls_.ca_file = scratch_.write("other.pem", loop::authority{}.certificate());
  script([&](loop::listener& l) -> awaitable<void> {
    auto p = co_await l.accept_raw();
    EXPECT_TRUE(co_await p.handshake());
  });
  auto c = make_client();
  const auto first = exchange(c);
  EXPECT_EQ(first.outcome.error, errc::tls_identity);
  EXPECT_EQ(first.outcome.request, sent::nothing);
  EXPECT_THAT(first.detail, testing::HasSubstr("certificate"));
  listener_.close();
  const auto second = exchange(c);
  EXPECT_EQ(second.outcome.error, boost::system::errc::connection_refused);
  EXPECT_EQ(second.detail, "");
}

}  // namespace
}  // namespace sluice::io
