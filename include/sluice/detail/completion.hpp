// A completion handler of any type, kept until its operation is done. Not part of the API.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/error_code.hpp>
#include <functional>
#include <memory>
#include <utility>

namespace sluice::detail {

template <class Result>
using completion = std::function<void(boost::system::error_code, Result)>;

/// Wraps `handler` so that it is called once, by post() on its associated executor (`io` by default) with its
/// associated allocator, and keeps that executor busy until then. `slot` is cleared first.
template <class Result, class Handler>
completion<Result> make_completion(Handler&& handler, const boost::asio::any_io_executor& io) {
  namespace asio = boost::asio;
  auto executor = asio::get_associated_executor(handler, io);
  struct state {
    std::decay_t<Handler> handler;
    asio::executor_work_guard<decltype(executor)> work;
  };
  auto s = std::make_shared<state>(state{std::forward<Handler>(handler), asio::make_work_guard(executor)});
  return [s = std::move(s)](boost::system::error_code ec, Result result) mutable {
    if (auto slot = asio::get_associated_cancellation_slot(s->handler); slot.is_connected()) slot.clear();
    const auto allocator = asio::get_associated_allocator(s->handler);
    auto ex = s->work.get_executor();
    asio::post(ex,
               asio::bind_allocator(allocator, [s = std::move(s), ec, result = std::move(result)]() mutable {
                 auto h = std::move(s->handler);
                 s.reset();
                 std::move(h)(ec, std::move(result));
               }));
  };
}

}  // namespace sluice::detail
