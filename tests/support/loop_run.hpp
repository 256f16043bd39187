// Coroutines on a loop that the test turns by hand: one thread, and an end in any case.
#pragma once

#include <gtest/gtest.h>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

namespace loop {

namespace asio = boost::asio;

/// So long may one step of a test take before it counts as hung; never waited for in a test that passes.
inline constexpr std::chrono::seconds patience{60};

/// Turns the loop until `ready()`; throws when that takes too long, or when nothing is left to turn it for.
template <class Ready>
void run_until(asio::io_context& ioc, Ready ready) {
  const auto end = std::chrono::steady_clock::now() + patience;
  ioc.restart();
  while (!ready())
    if (ioc.run_one_until(end) == 0) throw std::runtime_error("the loop came to its end before the test did");
}

/// The result of `work()`, a coroutine, run to its end beside whatever else the loop has.
template <class Work>
auto run(asio::io_context& ioc, Work work) {
  using result = typename decltype(work())::value_type;
  std::exception_ptr thrown;
  bool done = false;
  if constexpr (std::is_void_v<result>) {
    asio::co_spawn(ioc, std::move(work), [&](std::exception_ptr e) { thrown = e, done = true; });
    run_until(ioc, [&] { return done; });
    if (thrown) std::rethrow_exception(thrown);
  } else {
    std::optional<result> value;
    asio::co_spawn(ioc, std::move(work), [&](std::exception_ptr e, result r) {
      thrown = e, done = true;
      if (!e) value.emplace(std::move(r));
    });
    run_until(ioc, [&] { return done; });
    if (thrown) std::rethrow_exception(thrown);
    return std::move(*value);
  }
}

/// Runs work beside the test's own, such as a peer's script. What it throws fails the test.
template <class Work>
void beside(asio::io_context& ioc, Work work) {
  asio::co_spawn(ioc, std::move(work), [](std::exception_ptr e) {
    try {
      if (e) std::rethrow_exception(e);
    } catch (const std::exception& x) {
      ADD_FAILURE() << "beside the test: " << x.what();
    }
  });
}

/// Turns the loop until nothing is left to do.
inline void run_dry(asio::io_context& ioc) {
  ioc.restart();
  ioc.run_for(patience);
  EXPECT_TRUE(ioc.stopped()) << "the loop still has work";
}

}  // namespace loop
