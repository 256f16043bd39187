#include "io/resolver.hpp"

#include "support/loop_run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>

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
  ioc_->run_one();  // it begins
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
