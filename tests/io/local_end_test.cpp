#include "io/net/local_end.hpp"

#include "io/net/connect.hpp"
#include "io/refused_call.hpp"
#include "support/loop_run.hpp"

#include <gmock/gmock.h>
#include <net/if.h>
#include <sched.h>
#include <sys/syscall.h>

#include <optional>

namespace sluice::io {
namespace {

using asio::ip::tcp;
using testing::HasSubstr;

/// Where a connection to 127.0.0.1 comes from; nothing where it comes to nothing.
std::optional<std::string> source_of(const local_end& from, error_code& error) {
  asio::io_context ioc;
  tcp::acceptor there{ioc, {asio::ip::make_address("127.0.0.1"), 0}, false};
  asio::cancellation_signal abort;
  std::optional<connected> result;
  const std::vector<tcp::endpoint> to(1, there.local_endpoint());
  loop::beside(ioc, [&]() -> awaitable<void> {
    result = co_await connect_first(ioc.get_executor(), to, abort.slot(), std::make_shared<late_addresses>(),
                                    &from);
  });
  loop::run_until(ioc, [&] { return result.has_value(); });
  error = result->error;
  if (error) return std::nullopt;
  return result->socket.local_endpoint().address().to_string();
}

TEST(local_end, is_an_address_of_this_machine_or_an_interface) {
  const auto address = find_local_end("127.0.0.7");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->address, asio::ip::make_address("127.0.0.7"));
  EXPECT_EQ(address->family(), address_family::ipv4);
  const auto device = find_local_end("lo");
  ASSERT_TRUE(device);
  EXPECT_EQ(device->device, "lo");
  EXPECT_EQ(device->family(), address_family::any);
}

TEST(local_end, that_is_not_here_is_told) {
  for (const std::string text :
       {"192.0.2.1", "2001:db8::1", "no-such-if", "", "localhost", "127.0.0.1:80", "fe80::1%no-such-if",
        "lo\n", "a-name-that-is-longer-than-any-interface's"}) {
    const auto found = find_local_end(text);
    ASSERT_FALSE(found) << text;
    EXPECT_THAT(found.error().what, HasSubstr("of this machine")) << text;
    EXPECT_EQ(found.error().what.find('\n'), std::string::npos);
  }
}

TEST(local_end, connections_come_from_it) {
  error_code ec;
  EXPECT_EQ(source_of(local_end{.address = asio::ip::make_address("127.0.0.7")}, ec), "127.0.0.7")
      << ec.message();
  EXPECT_EQ(source_of(local_end{.device = "lo"}, ec), "127.0.0.1") << ec.message();
}

TEST(local_end, that_goes_away_is_an_error_of_the_connection) {
  error_code ec;
  EXPECT_FALSE(source_of(local_end{.device = "no-such-if"}, ec));
  EXPECT_EQ(ec, boost::system::errc::no_such_device);
  EXPECT_FALSE(source_of(local_end{.address = asio::ip::make_address("192.0.2.1")}, ec));
  EXPECT_EQ(ec, boost::system::errc::address_not_available);
}

// Linux before 5.7 lets only CAP_NET_RAW bind to an interface.
TEST(local_end, address_of_the_interface_serves_where_binding_to_it_is_not_allowed) {
  apart([] {
    if (!refuse({.number = SYS_setsockopt, .error = EPERM})) GTEST_SKIP() << "no seccomp here";
    error_code ec;
    EXPECT_EQ(source_of(local_end{.device = "lo"}, ec), "127.0.0.1") << ec.message();
    EXPECT_FALSE(source_of(local_end{.device = "no-such-if"}, ec));
    EXPECT_EQ(ec, boost::system::errc::address_family_not_supported);
  });
}

TEST(local_end, family_that_this_machine_has) {
  EXPECT_TRUE(has_family(address_family::any));
  EXPECT_TRUE(has_family(address_family::ipv4));
}

// A network of its own, whose loopback is down, has neither.
TEST(local_end, family_that_this_machine_has_not) {
  apart([] {
    if (::unshare(CLONE_NEWNET) != 0) GTEST_SKIP() << "no network namespaces here";
    EXPECT_TRUE(has_family(address_family::any));
    EXPECT_FALSE(has_family(address_family::ipv4));
    EXPECT_FALSE(has_family(address_family::ipv6));
  });
}

}  // namespace
}  // namespace sluice::io
