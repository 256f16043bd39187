#include "io/connect.hpp"

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
using testing::ElementsAreArray;

std::vector<tcp::endpoint> addresses(const std::vector<std::string>& texts, std::uint16_t port = 0) {
  std::vector<tcp::endpoint> all;
  for (const auto& t : texts) all.emplace_back(asio::ip::make_address(t), port);
  return all;
}

TEST(interleave, takes_the_families_in_turn) {
  const auto expect = [](const std::vector<std::string>& in, const std::vector<std::string>& out) {
    EXPECT_THAT(interleave(addresses(in)), ElementsAreArray(addresses(out)));
  };
  expect({}, {});
  expect({"10.0.0.1"}, {"10.0.0.1"});
  expect({"::1", "::2", "10.0.0.1", "10.0.0.2"}, {"::1", "10.0.0.1", "::2", "10.0.0.2"});
  expect({"10.0.0.1", "::1", "::2", "::3"}, {"10.0.0.1", "::1", "::2", "::3"});
  expect({"10.0.0.1", "10.0.0.2", "::1"}, {"10.0.0.1", "::1", "10.0.0.2"});
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
      result_ = co_await connect_first(ioc_.get_executor(), all, abort_.slot());
    });
  }
  /// Where a socket leads, once it is known that it leads somewhere.
  static std::string end_of(const connected& c) { return c.socket.remote_endpoint().address().to_string(); }

  asio::io_context ioc_;
  asio::cancellation_signal abort_;
  std::optional<connected> result_;
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
