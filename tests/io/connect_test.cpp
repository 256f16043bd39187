#include "io/net/connect.hpp"

#include "io/refused_call.hpp"
#include "support/loop_peer.hpp"
#include "support/loop_run.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>

#include <optional>

namespace sluice::io {
namespace {

using asio::ip::tcp;

std::vector<tcp::endpoint> addresses(const std::vector<std::string>& texts, std::uint16_t port = 0) {
  std::vector<tcp::endpoint> all;
  for (const auto& t : texts) all.emplace_back(asio::ip::make_address(t), port);
  return all;
}

class connect_first_test : public testing::Test {
 protected:
  connected race(const std::vector<std::string>& to, std::uint16_t port) {
    start(to, port);
    loop::run_until(ioc_, [&] { return result_.has_value(); });
    return std::move(*result_);
  }
  void start(const std::vector<std::string>& to, std::uint16_t port) {
    loop::beside(ioc_, [this, all = addresses(to, port)]() -> awaitable<void> {
      result_ = co_await connect_first(ioc_.get_executor(), all, abort_.slot(), late_);
    });
  }
  /// Where a socket leads, once it is known that it leads somewhere.
  static std::string end_of(const connected& c) { return c.socket.remote_endpoint().address().to_string(); }

  asio::io_context ioc_;
  asio::cancellation_signal abort_;
  std::optional<connected> result_;
  std::shared_ptr<late_addresses> late_ = std::make_shared<late_addresses>();
  tcp::acceptor living_{ioc_, {asio::ip::make_address("127.0.0.1"), 0}};
  std::uint16_t port_ = living_.local_endpoint().port();
};

TEST_F(connect_first_test, one_that_lives) {
  const auto c = race({"127.0.0.1"}, port_);
  EXPECT_FALSE(c.error);
  EXPECT_EQ(end_of(c), "127.0.0.1");
  loop::run_dry(ioc_);
}

// A program that embeds us may start others: they get none of our connections.
TEST_F(connect_first_test, socket_is_not_inherited) {
  auto c = race({"127.0.0.2", "127.0.0.1"}, port_);
  ASSERT_FALSE(c.error) << c.error.message();
  EXPECT_TRUE(::fcntl(c.socket.native_handle(), F_GETFD) & FD_CLOEXEC);
}

TEST_F(connect_first_test, socket_that_cannot_be_made_is_an_error_like_any_other) {
  apart([this] {
    if (!refuse({.number = SYS_socket, .error = EMFILE})) GTEST_SKIP() << "no seccomp here";
    EXPECT_EQ(race({"127.0.0.1", "::1"}, port_).error, boost::system::errc::too_many_files_open);
  });
}

TEST_F(connect_first_test, one_that_refuses_is_passed_over) {
  const auto c = race({"127.0.0.2", "127.0.0.3", "127.0.0.1"}, port_);
  EXPECT_FALSE(c.error) << c.error.message();
  EXPECT_EQ(end_of(c), "127.0.0.1");
}

// A dead first address (a broken IPv6, mostly) costs a quarter of a second, not a connect timeout.
TEST_F(connect_first_test, one_that_does_not_answer_is_overtaken) {
  const loop::dead_port dead{ioc_.get_executor(), "127.0.0.2"};
  tcp::acceptor living{ioc_, {asio::ip::make_address("127.0.0.1"), dead.port()}};
  const auto c = race({"127.0.0.2", "127.0.0.1"}, dead.port());
  EXPECT_FALSE(c.error) << c.error.message();
  EXPECT_EQ(end_of(c), "127.0.0.1");
  loop::run_dry(ioc_);  // the loser is closed
}

TEST_F(connect_first_test, says_who_failed_and_who_was_silent) {
  const loop::dead_port dead{ioc_.get_executor(), "127.0.0.2"};
  tcp::acceptor living{ioc_, {asio::ip::make_address("127.0.0.1"), dead.port()}};
  const auto c = race({"127.0.0.3", "127.0.0.2", "127.0.0.1"}, dead.port());
  EXPECT_EQ(c.to, addresses({"127.0.0.1"}, dead.port()).front());
  EXPECT_EQ(c.failed, addresses({"127.0.0.3"}, dead.port()));
  EXPECT_EQ(c.silent, addresses({"127.0.0.2"}, dead.port()));
}

TEST_F(connect_first_test, nobody_to_ask_is_an_error) {
  EXPECT_EQ(race({}, port_).error, asio::error::not_found);
}

/// Addresses that DNS has for the other family, a little later.
class connect_late : public connect_first_test {
 protected:
  void add(const std::vector<std::string>& texts, std::uint16_t port, bool over) {
    late_->fresh = addresses(texts, port), late_->over = over;
    late_->changed();
  }
  void SetUp() override {
    late_->over = false;
    late_->patience = std::chrono::steady_clock::now() + loop::patience;
  }
};

TEST_F(connect_late, address_joins_the_race_that_is_under_way) {
  const loop::dead_port dead{ioc_.get_executor(), "127.0.0.2"};
  tcp::acceptor living{ioc_, {asio::ip::make_address("127.0.0.1"), dead.port()}};
  start({"127.0.0.2", "127.0.0.2", "127.0.0.2"}, dead.port());
  ioc_.poll();
  add({"127.0.0.1"}, dead.port(), true);
  const auto begun = std::chrono::steady_clock::now();
  loop::run_until(ioc_, [&] { return result_.has_value(); });
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::milliseconds{450})
      << "those that were there before had two turns more";
  ASSERT_FALSE(result_->error) << result_->error.message();
  EXPECT_EQ(end_of(*result_), "127.0.0.1");
}

TEST_F(connect_late, address_is_waited_for_when_all_others_have_failed) {
  start({"127.0.0.2"}, port_);
  ioc_.run_for(std::chrono::milliseconds{20});
  ASSERT_FALSE(result_);
  add({"127.0.0.1"}, port_, true);
  loop::run_until(ioc_, [&] { return result_.has_value(); });
  EXPECT_EQ(end_of(*result_), "127.0.0.1");
}

TEST_F(connect_late, nothing_comes_and_the_last_error_is_told) {
  start({"127.0.0.2"}, port_);
  ioc_.run_for(std::chrono::milliseconds{20});
  add({}, port_, true);
  loop::run_until(ioc_, [&] { return result_.has_value(); });
  EXPECT_EQ(result_->error, boost::system::errc::connection_refused);
}

TEST_F(connect_late, patience_has_an_end) {
  late_->patience = std::chrono::steady_clock::now() + std::chrono::milliseconds{30};
  EXPECT_EQ(race({"127.0.0.2"}, port_).error, boost::system::errc::connection_refused);
  EXPECT_GE(std::chrono::steady_clock::now(), late_->patience);
}

TEST_F(connect_late, abort_ends_the_waiting_for_them) {
  start({"127.0.0.2"}, port_);
  ioc_.run_for(std::chrono::milliseconds{20});
  abort_.emit(asio::cancellation_type::terminal);
  loop::run_dry(ioc_);
  ASSERT_TRUE(result_);
  EXPECT_EQ(result_->error, asio::error::operation_aborted);
}

TEST_F(connect_first_test, the_last_error_when_none_lives) {
  living_.close();
  EXPECT_EQ(race({"127.0.0.1", "127.0.0.2"}, port_).error, boost::system::errc::connection_refused);
}

TEST_F(connect_first_test, abort_ends_it) {
  const loop::dead_port dead{ioc_.get_executor(), "127.0.0.2"};
  start({"127.0.0.2"}, dead.port());
  ioc_.poll();
  ASSERT_FALSE(result_);
  abort_.emit(asio::cancellation_type::terminal);
  loop::run_dry(ioc_);
  ASSERT_TRUE(result_);
  EXPECT_EQ(result_->error, asio::error::operation_aborted);
}

TEST_F(connect_first_test, may_be_left_alone_with_its_loop) {
  const loop::dead_port dead{ioc_.get_executor(), "127.0.0.2"};
  start({"127.0.0.2", "127.0.0.1"}, dead.port());
  ioc_.poll();
  EXPECT_FALSE(result_);
}

}  // namespace
}  // namespace sluice::io
