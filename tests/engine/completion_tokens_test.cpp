// Every kind of token that an Asio program waits with: the tokens of uploader_test, and the less common ones.
#include "support/foreign_task.hpp"
#include "uploader_fixture.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/experimental/coro.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/experimental/promise.hpp>
#include <boost/asio/experimental/use_coro.hpp>
#include <boost/asio/experimental/use_promise.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <thread>

namespace sluice {
namespace {

class completion_tokens : public with_endpoint {};

TEST_F(completion_tokens, as_a_tuple) {
  loop::run(ioc_, [&]() -> asio::awaitable<void> {
    uploader up{co_await asio::this_coro::executor, cfg()};
    auto request = file("a");
    const auto [ec, r] = co_await up.async_upload(std::move(request), asio::as_tuple(asio::use_awaitable));
    EXPECT_FALSE(ec);
    EXPECT_EQ(r.fate, fate::accepted);
    const auto [drain_ec, s] =
        co_await up.async_drain(source::directory(files_.path()), asio::as_tuple(asio::use_awaitable));
    EXPECT_FALSE(drain_ec);
    EXPECT_EQ(s.counts[fate::accepted], 1u);
  });
}

TEST_F(completion_tokens, into_a_channel) {
  uploader up{ioc_.get_executor(), cfg()};
  asio::experimental::channel<void(error_code, upload_result)> results{ioc_, 8};
  for (int i = 0; i < 8; ++i)
    up.async_upload(file(std::to_string(i)),
                    [&](error_code ec, upload_result r) { EXPECT_TRUE(results.try_send(ec, std::move(r))); });
  const auto accepted = loop::run(ioc_, [&]() -> asio::awaitable<int> {
    int n = 0;
    for (int i = 0; i < 8; ++i) {
      const auto r = co_await results.async_receive(asio::use_awaitable);
      n += r.fate == fate::accepted ? 1 : 0;
    }
    co_return n;
  });
  EXPECT_EQ(accepted, 8);
}

TEST_F(completion_tokens, as_a_promise_that_has_begun) {
  uploader up{ioc_.get_executor(), cfg()};
  auto promise = up.async_upload(file("a"), asio::experimental::use_promise);
  loop::run_until(ioc_, [&] { return server_.count() == 1; });
  bool called = false;
  std::move(promise)([&](error_code ec, const upload_result& r) {
    EXPECT_FALSE(ec);
    called = r.fate == fate::accepted;
  });
  loop::run_until(ioc_, [&] { return called; });
}

TEST_F(completion_tokens, in_a_group_whose_first_wins) {
  uploader up{ioc_.get_executor(), cfg()};
  server_.hold();
  asio::steady_timer timer{ioc_, std::chrono::milliseconds{1}};
  bool called = false;
  asio::experimental::make_parallel_group(up.async_upload(file("a"), asio::deferred),
                                          timer.async_wait(asio::deferred))
      .async_wait(asio::experimental::wait_for_one(),
                  [&](std::array<std::size_t, 2> order, error_code uploaded, const upload_result& r,
                      error_code waited) {
                    called = true;
                    EXPECT_EQ(order[0], 1u);
                    EXPECT_FALSE(waited);
                    EXPECT_EQ(uploaded, asio::error::operation_aborted) << "the loser is cancelled";
                    EXPECT_EQ(r.fate, fate::deferred);
                  });
  loop::run_until(ioc_, [&] { return called; });
}

TEST_F(completion_tokens, in_a_coroutine_of_another_library) {
  uploader up{ioc_.get_executor(), cfg()};
  bool done = false;
  const auto work = [&]() -> support::foreign_task {
    for (const auto* name : {"a", "b"}) {
      auto request = file(name);
      auto operation = up.async_upload(std::move(request), asio::deferred);
      support::foreign_awaiter waits{std::move(operation)};
      const auto [ec, r] = co_await waits;
      EXPECT_EQ(r.fate, fate::accepted);
    }
    done = true;
  };
  work();
  loop::run_until(ioc_, [&] { return done; });
}

TEST_F(completion_tokens, move_only_handlers_serve) {
  uploader up{ioc_.get_executor(), cfg()};
  bool called = false;
  up.async_upload(file("a"), [&, owned = std::make_unique<int>(7)](error_code, const upload_result&) {
    called = *owned == 7;
  });
  loop::run_until(ioc_, [&] { return called; });
}

/// Counts what is allocated with it and not yet given back.
struct account {
  std::size_t made = 0, held = 0;
};
template <class T>
struct counted {
  using value_type = T;
  account* a;
  explicit counted(account& to) : a{&to} {}
  template <class U>
  counted(const counted<U>& other) : a{other.a} {}  // NOLINT
  T* allocate(std::size_t n) {
    ++a->made, ++a->held;
    return std::allocator<T>{}.allocate(n);
  }
  void deallocate(T* p, std::size_t n) {
    --a->held;
    std::allocator<T>{}.deallocate(p, n);
  }
  template <class U>
  bool operator==(const counted<U>& other) const {
    return a == other.a;
  }
};

TEST_F(completion_tokens, associated_allocators_hold_the_handler_and_are_free_before_it_runs) {
  uploader up{ioc_.get_executor(), cfg()};
  // Asio hands no allocator on through any_io_executor.
  const auto on_loop = [&](auto handler) { return asio::bind_executor(ioc_, std::move(handler)); };
  account uploads, drains;
  int called = 0;
  up.async_upload(file("tree/a"),
                  on_loop(asio::bind_allocator(counted<char>{uploads}, [&](error_code, const upload_result&) {
                    EXPECT_EQ(uploads.held, 0u) << "memory is returned before the handler runs";
                    ++called;
                  })));
  EXPECT_GE(uploads.held, 1u) << "the handler waits in memory of its own allocator";
  loop::run_until(ioc_, [&] { return called == 1; });
  up.async_drain(source::directory(files_ / "tree"),
                 on_loop(asio::bind_allocator(counted<char>{drains}, [&](error_code, const run_summary&) {
                   EXPECT_EQ(drains.held, 0u);
                   ++called;
                 })));
  loop::run_until(ioc_, [&] { return called == 2; });
  EXPECT_GE(uploads.made, 2u);
  EXPECT_GE(drains.made, 2u);
}

// An operation that has nothing to do is no exception: no handler runs within its initiating function, so
// immediate executors are never needed.
TEST_F(completion_tokens, nothing_completes_within_its_initiating_function) {
  uploader up{ioc_.get_executor(), cfg()};
  loop::run(ioc_, [&]() -> asio::awaitable<void> {  // runs on the uploader's own executor, where dispatch()
                                                    // would call at once
    int called = 0;
    const auto note = [&](auto&&...) { ++called; };
    up.async_upload(upload_request{""}, note);
    up.async_drain(source::directory(files_ / "missing"), note);
    up.async_drain(source::directory(files_.path()), note);
    up.async_drain(source::directory(files_.path()), note);
    up.async_drain(source::paths(std::vector<fs::path>{}), note);
    auto request = file("a");
    up.async_upload(std::move(request), note);
    up.cancel();
    EXPECT_EQ(called, 0);
    while (called < 6) co_await asio::post(asio::use_awaitable);
  });
}

}  // namespace
}  // namespace sluice
