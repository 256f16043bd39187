// Several connections under one limit of bytes a second.
#include "connection_fixture.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <memory>
#include <vector>

namespace sluice::io {
namespace {

using namespace std::chrono_literals;
using loop::reply;
using std::chrono::steady_clock;

class connection_share : public with_peer {
 protected:
  /// Starts `n` uploads of `size` bytes at the same time, at `rate` bytes a second for all of them together.
  void upload(std::size_t n, std::size_t size, double rate) {
    first_ = std::make_unique<loop::client>(ioc_, listener_.url(), tls_);
    first_->pool.bytes_per_second = core::rate_limit{rate};
    first_->pool.batch = 2'000;
    request_ = loop::post(size);
    for (std::size_t i = 0; i < n; ++i) {
      connections_.push_back(std::make_unique<connection>(ioc_.get_executor(), first_->pool));
      bodies_.push_back(std::make_unique<loop::hand_fed>(ioc_.get_executor(), std::string(size, 'b')));
      asio::co_spawn(ioc_, connections_.back()->exchange(request_, *bodies_.back()),
                     [this](std::exception_ptr, exchange_report r) { done_ += r.outcome.reply ? 1 : 0; });
    }
  }

  std::unique_ptr<loop::client> first_;
  std::vector<std::unique_ptr<connection>> connections_;
  std::vector<std::unique_ptr<loop::hand_fed>> bodies_;
  std::size_t done_ = 0;
};
INSTANTIATE_TEST_SUITE_P(, connection_share, testing::Bool(), plain_or_tls);

// Whoever woke first took all there was: some connections got nothing for 15 s.
TEST_P(connection_share, each_connection_gets_its_turns) {
  constexpr std::size_t n = 8, size = 12'000;
  std::array<std::size_t, n> got{};
  for (std::size_t i = 0; i < n; ++i)
    script([&, i](loop::listener& l) -> awaitable<void> {
      auto p = co_await l.accept();
      co_await p.read_head();
      while (got[i] < size) {
        co_await p.read(500);
        got[i] += 500;
      }
      co_await p.read(2);
      co_await p.write(reply("200 OK"));
    });
  upload(n, size, 160'000);
  std::size_t widest = 0;
  loop::run_until(ioc_, [&] {
    const auto [least, most] = std::ranges::minmax(got);
    widest = std::max(widest, most - least);
    return done_ == n;
  });
  EXPECT_LE(widest, 6'000u) << "no connection is three turns ahead of another";
}

/// A body of one byte that notes when it is asked for.
struct noting_body final : body {
  noting_body(std::string& n, char name) : notes{n}, its_name{name} {}
  std::uint64_t size() const noexcept override {
    if (!begun) notes += its_name;
    begun = true;
    return 1;
  }
  piece read_ready(std::uint64_t, std::span<char> into) override {
    notes += static_cast<char>(std::toupper(its_name));
    into.front() = 'x';
    return {{}, 1};
  }
  awaitable<void> wait_ready(std::uint64_t) override { co_return; }

  std::string& notes;
  const char its_name;
  mutable bool begun = false;
};

// A receiver that has slept wakes for the first of them, and finds the others: to wake it costs as much as to
// send to it.
TEST_P(connection_share, requests_that_are_ready_together_are_sent_one_behind_the_other) {
  for (int i = 0; i < 2; ++i)
    script([&](loop::listener& l) -> awaitable<void> {
      auto p = co_await l.accept();
      for (int n = 0; n < 2; ++n) {
        co_await p.read_request();
        co_await p.write(reply("200 OK"));
      }
    });
  upload(2, 1, 0);
  loop::run_until(ioc_, [&] { return done_ == 2; });
  std::string notes;
  noting_body a{notes, 'a'}, b{notes, 'b'};
  for (std::size_t i = 0; i < 2; ++i)
    asio::co_spawn(ioc_, connections_[i]->exchange(request_, i == 0 ? a : b),
                   [this](std::exception_ptr, exchange_report r) { done_ += r.outcome.reply ? 1 : 0; });
  loop::run_until(ioc_, [&] { return done_ == 4; });
  EXPECT_EQ(notes, "abAB");
}

TEST_P(connection_share, so_many_as_have_a_place_send_at_once) {
  constexpr std::size_t n = 6;
  std::size_t at_work = 0, most = 0;
  for (std::size_t i = 0; i < n; ++i)
    script([&](loop::listener& l) -> awaitable<void> {
      auto p = co_await l.accept();
      most = std::max(most, ++at_work);
      co_await p.read_request();
      --at_work;
      co_await p.write(reply("200 OK"));
    });
  upload(n, 4'000, 200'000);
  first_->pool.places.set(2);
  loop::run_until(ioc_, [&] { return done_ == n; });
  EXPECT_LE(most, 2u);
}

}  // namespace
}  // namespace sluice::io
