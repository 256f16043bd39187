#include "io/net/unix_socket.hpp"

#include "connection_fixture.hpp"
#include "io/disk/unique_fd.hpp"
#include "io/refused_call.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <list>

namespace sluice::io {
namespace {

using namespace std::chrono_literals;
using local = asio::local::stream_protocol;
using testing::HasSubstr;

/// Connections that fill the backlog of a listener; the system's own call says when it is full.
std::list<unique_fd> fill(const local::acceptor& backlog) {
  std::list<unique_fd> all;
  const auto there = backlog.local_endpoint();
  while (all.size() < 100) {
    unique_fd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    if (::connect(fd.get(), there.data(), static_cast<socklen_t>(there.size())) != 0) return all;
    all.push_back(std::move(fd));
  }
  ADD_FAILURE() << "the backlog has no end";
  return all;
}

class unix_socket_test : public testing::Test {
 protected:
  std::string path(const std::string& name = "socket") const { return scratch_.path() / name; }
  void start(const std::string& to) {
    loop::beside(ioc_, [this, to]() -> awaitable<void> {
      result_ = co_await connect_to_socket(ioc_.get_executor(), to, abort_.slot());
    });
  }
  connected connect(const std::string& to) {
    start(to);
    loop::run_until(ioc_, [&] { return result_.has_value(); });
    return std::move(*result_);
  }
  loop::scratch scratch_;
  asio::io_context ioc_;
  asio::cancellation_signal abort_;
  std::optional<connected> result_;
};

TEST_F(unix_socket_test, bytes_go_there_and_nobody_inherits_it) {
  local::acceptor there{ioc_, path()};
  auto c = connect(path());
  ASSERT_FALSE(c.error) << c.error.message();
  EXPECT_TRUE(::fcntl(c.socket.native_handle(), F_GETFD) & FD_CLOEXEC);
  local::socket peer{ioc_};
  there.accept(peer);
  asio::write(c.socket, asio::buffer("hello", 5));
  std::array<char, 5> got{};
  asio::read(peer, asio::buffer(got));
  EXPECT_EQ(std::string(got.data(), got.size()), "hello");
}

TEST_F(unix_socket_test, that_is_not_there_or_has_no_listener_is_an_error) {
  EXPECT_EQ(connect(path("nobody")).error, boost::system::errc::no_such_file_or_directory);
  result_.reset();
  {
    const local::acceptor left_behind{ioc_, path()};
  }
  EXPECT_EQ(connect(path()).error, boost::system::errc::connection_refused);
  result_.reset();
  EXPECT_EQ(connect(std::string(longest_socket_path + 1, 'x')).error, boost::system::errc::filename_too_long);
}

TEST_F(unix_socket_test, path_may_have_the_longest_length) {
  const auto least = path("").size();
  ASSERT_LT(least, longest_socket_path);
  const auto longest = path(std::string(longest_socket_path - least, 'x'));
  local::acceptor there{ioc_, longest};
  EXPECT_FALSE(connect(longest).error);
}

/// A listener that takes no more connections, and one that waits for it.
class full_backlog : public unix_socket_test {
 protected:
  full_backlog() {
    there_.listen(0);
    others_ = fill(there_);
    start(path());
    ioc_.run_for(50ms);
    EXPECT_FALSE(result_);
  }
  local::acceptor there_{ioc_, path(), true};
  std::list<unique_fd> others_;
};

TEST_F(full_backlog, is_waited_for) {
  for (std::size_t i = 0; i < others_.size(); ++i) there_.accept();
  loop::run_until(ioc_, [&] { return result_.has_value(); });
  EXPECT_FALSE(result_->error) << result_->error.message();
}

TEST_F(full_backlog, abort_ends_the_wait) {
  abort_.emit(asio::cancellation_type::terminal);
  loop::run_until(ioc_, [&] { return result_.has_value(); });
  EXPECT_EQ(result_->error, asio::error::operation_aborted);
}

TEST_F(full_backlog, may_be_left_alone_with_its_loop) { abort_.emit(asio::cancellation_type::terminal); }

TEST_F(unix_socket_test, that_cannot_be_made_is_an_error_like_any_other) {
  apart([this] {
    if (!refuse({.number = SYS_socket, .error = EMFILE})) GTEST_SKIP() << "no seccomp here";
    EXPECT_EQ(connect(path()).error, boost::system::errc::too_many_files_open);
  });
}

/// A whole exchange over a Unix socket, in clear text and with TLS.
class exchange_over_unix_socket : public with_peer {};
INSTANTIATE_TEST_SUITE_P(, exchange_over_unix_socket, testing::Bool(), plain_or_tls);

TEST_P(exchange_over_unix_socket, is_as_over_tcp) {
  const auto path = (scratch_.path() / "socket").string();
  local::acceptor there{ioc_, path};
  std::vector<std::string> seen;
  const auto identity = GetParam() ? loop::serve_as(authority_.issue()) : nullptr;
  script([&](loop::listener&) -> awaitable<void> {
    local::socket accepted{ioc_};
    co_await there.async_accept(accepted, asio::use_awaitable);
    asio::ip::tcp::socket bytes{ioc_};
    bytes.assign(asio::ip::tcp::v4(), accepted.release());
    loop::peer p{std::move(bytes), identity};
    co_await p.handshake();
    for (int i = 0; i < 2; ++i) {
      seen.push_back(co_await p.read_request());
      co_await p.write(loop::reply("200 OK", "fine"));
    }
    co_await p.read_to_end();
  });
  auto c = make_client();
  c.to.unix_socket = path;
  for (const auto* bytes : {"one", "two"}) {
    const auto r = exchange(c, bytes);
    ASSERT_TRUE(r.outcome.reply) << r.outcome.error.message() << " " << r.detail;
    EXPECT_EQ(r.outcome.request, core::sent::whole);
    EXPECT_TRUE(seen.back().ends_with(bytes + std::string{">"}));
  }
  EXPECT_FALSE(listener_.somebody_waits()) << "nobody came by TCP";
}

TEST_P(exchange_over_unix_socket, says_which_socket_is_not_there) {
  auto c = make_client();
  c.to.unix_socket = scratch_.path() / "nobody";
  const auto r = exchange(c);
  EXPECT_EQ(r.outcome.error, boost::system::errc::no_such_file_or_directory);
  EXPECT_THAT(r.detail, HasSubstr(c.to.unix_socket.string()));
  EXPECT_EQ(r.outcome.request, core::sent::nothing);
}

TEST_P(exchange_over_unix_socket, stands_by_the_time_to_connect) {
  const auto path = (scratch_.path() / "socket").string();
  local::acceptor there{ioc_, path};
  there.listen(0);
  const auto others = fill(there);
  auto timeout = loop::patient();
  timeout.connect = 200ms;
  auto c = make_client(timeout);
  c.to.unix_socket = path;
  EXPECT_EQ(exchange(c).outcome.error, errc::connect_timeout);
}

}  // namespace
}  // namespace sluice::io
