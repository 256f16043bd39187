#include "io/net/resolver.hpp"

#include "support/loop_run.hpp"

#include <sluice/error.hpp>

#include <net/if.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>

#include <filesystem>
#include <iterator>
#include <list>
#include <memory>
#include <optional>

namespace sluice::io {
namespace {

using testing::Contains;
using testing::ElementsAre;

resolver::answer resolve(asio::io_context& ioc, resolver& r) {
  asio::cancellation_signal abort;
  return loop::run(ioc, [&]() -> awaitable<resolver::answer> { co_return co_await r.resolve(abort.slot()); });
}

TEST(resolver, an_address_is_its_own_answer) {
  for (const std::string text : {"127.0.0.1", "::1", "fe80::1"}) {
    asio::io_context ioc;
    resolver r{ioc.get_executor(), text};
    const auto a = resolve(ioc, r);
    EXPECT_FALSE(a.error);
    EXPECT_THAT(a.addresses, ElementsAre(asio::ip::make_address(text)));
  }
}

TEST(resolver, known_addresses_are_the_answer_whatever_the_host) {
  for (const std::string host : {"endpoint.invalid", "127.0.0.1"}) {
    asio::io_context ioc;
    resolver r{
        ioc.get_executor(), host, {{asio::ip::make_address("192.0.2.1"), asio::ip::make_address("::1")}}};
    const auto a = resolve(ioc, r);
    EXPECT_FALSE(a.error);
    EXPECT_THAT(a.addresses, ElementsAre(asio::ip::make_address("192.0.2.1"), asio::ip::make_address("::1")));
  }
}

TEST(resolver, one_family_alone_is_looked_up) {
  for (const auto family : {address_family::ipv4, address_family::ipv6}) {
    asio::io_context ioc;
    resolver r{ioc.get_executor(), "localhost", {{}, family}};
    const auto a = resolve(ioc, r);
    EXPECT_FALSE(a.error) << a.error.message();
    EXPECT_FALSE(a.addresses.empty());
    for (const auto& one : a.addresses) EXPECT_EQ(one.is_v6(), family == address_family::ipv6) << one;
  }
}

TEST(resolver, zone_is_the_scope_of_the_address) {
  const auto expect = [](const std::string& host, std::uint32_t scope) {
    asio::io_context ioc;
    resolver r{ioc.get_executor(), host};
    const auto a = resolve(ioc, r);
    ASSERT_FALSE(a.error) << host << a.error.message();
    ASSERT_EQ(a.addresses.size(), 1u);
    EXPECT_EQ(a.addresses[0].to_v6().scope_id(), scope) << host;
  };
  expect("fe80::1%lo", ::if_nametoindex("lo"));
  expect("fe80::1%1", 1);
  expect("fe80::1%4000000000", 4000000000);
}

TEST(resolver, zone_that_is_no_interface_is_told) {
  for (const std::string host : {"fe80::1%no-such-if", "fe80::1%0", "fe80::1%99999999999"}) {
    asio::io_context ioc;
    resolver r{ioc.get_executor(), host};
    EXPECT_EQ(resolve(ioc, r).error, errc::no_such_interface) << host;
  }
}

TEST(resolver, last_dot_finds_the_name_in_the_hosts_file) {
  asio::io_context ioc;
  resolver r{ioc.get_executor(), "localhost."};
  EXPECT_THAT(resolve(ioc, r).addresses, Contains(asio::ip::make_address("127.0.0.1")));
}

TEST(resolver, those_who_ask_together_have_one_lookup) {
  asio::io_context ioc;
  resolver r{ioc.get_executor(), "name-of-nobody.invalid"};
  std::list<asio::cancellation_signal> aborts;
  int aborted = 0;
  for (int i = 0; i < 16; ++i) {
    auto& abort = aborts.emplace_back();
    asio::co_spawn(ioc, r.resolve(abort.slot()), [&](std::exception_ptr, resolver::answer a) {
      aborted += a.error == asio::error::operation_aborted;
    });
  }
  ioc.poll();
  const auto open = [] {
    return std::distance(std::filesystem::directory_iterator{"/proc/self/fd"},
                         std::filesystem::directory_iterator{});
  };
  const auto with_one = open();
  for (auto& a : aborts) a.emit(asio::cancellation_type::terminal);
  loop::run_dry(ioc);
  EXPECT_LE(with_one - open(), 4) << "sockets of one lookup, not of sixteen";
}

TEST(resolver, that_goes_away_ends_the_waiting) {
  asio::io_context ioc;
  auto r = std::make_unique<resolver>(ioc.get_executor(), "name-of-nobody.invalid");
  std::optional<error_code> ended;
  asio::cancellation_signal abort;
  asio::co_spawn(ioc, r->resolve(abort.slot()),
                 [&](std::exception_ptr, resolver::answer a) { ended = a.error; });
  ioc.run_one();
  ASSERT_FALSE(ended);
  r.reset();
  loop::run_dry(ioc);
  ASSERT_TRUE(ended);
  EXPECT_EQ(*ended, asio::error::operation_aborted);
}

TEST(resolver, knows_the_hosts_file_and_leaves_no_work_behind) {
  asio::io_context ioc;
  resolver r{ioc.get_executor(), "localhost"};
  for (int i = 0; i < 2; ++i) {  // asked, then remembered
    const auto a = resolve(ioc, r);
    EXPECT_FALSE(a.error) << a.error.message();
    EXPECT_THAT(a.addresses, Contains(asio::ip::make_address("127.0.0.1")));
  }
  loop::run_dry(ioc);
}

/// A query for a name that no file knows; its answer is somebody else's to give.
class resolver_query : public testing::Test {
 protected:
  void ask() {
    asio::co_spawn(*ioc_, resolver_.resolve(abort_.slot()),
                   [this](std::exception_ptr, resolver::answer a) { answer_ = a; });
  }

  std::optional<resolver::answer> answer_;
  asio::cancellation_signal abort_;
  std::unique_ptr<asio::io_context> ioc_ = std::make_unique<asio::io_context>();
  resolver resolver_{ioc_->get_executor(), "name-of-nobody.invalid"};
};

TEST_F(resolver_query, abort_ends_it_at_once) {
  ask();
  ioc_->run_one();  // the query begins
  abort_.emit(asio::cancellation_type::terminal);
  loop::run_dry(*ioc_);
  ASSERT_TRUE(answer_);
  EXPECT_EQ(answer_->error, asio::error::operation_aborted);
}

TEST_F(resolver_query, abort_before_and_after_does_nothing) {
  abort_.emit(asio::cancellation_type::terminal);
  ask();
  ioc_->run_one();
  abort_.emit(asio::cancellation_type::terminal);
  loop::run_dry(*ioc_);
  abort_.emit(asio::cancellation_type::terminal);
  EXPECT_TRUE(answer_);
}

// A loop destroyed while a name was being looked up ended the program: the query wanted to post its own end.
TEST_F(resolver_query, may_be_left_alone_with_its_loop) {
  ask();
  ioc_->run_one();
  ioc_.reset();
  EXPECT_FALSE(answer_);
}

}  // namespace
}  // namespace sluice::io
