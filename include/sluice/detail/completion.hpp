// A completion handler of any type, kept until its operation is done. Not part of the API.
#pragma once

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/error_code.hpp>
#include <utility>

namespace sluice::detail {

template <class Result>
using completion = boost::asio::any_completion_handler<void(boost::system::error_code, Result)>;

/// Wraps `handler` so that it is called once, by post() on its associated executor (`io` by default) with its
/// associated allocator, and keeps that executor busy until then. Its cancellation slot is cleared first.
///
/// The post is made here, where the executor has its own type: through the one that any_completion_handler
/// tells, Asio hands no allocator on.
template <class Result, class Handler>
completion<Result> make_completion(Handler&& handler, const boost::asio::any_io_executor& io) {
  namespace asio = boost::asio;
  const auto allocator = asio::get_associated_allocator(handler);
  auto executor = asio::get_associated_executor(handler, io);
  return asio::bind_allocator(
      allocator, [h = std::forward<Handler>(handler), work = asio::make_work_guard(executor)](
                     boost::system::error_code ec, Result result) mutable {
        if (auto slot = asio::get_associated_cancellation_slot(h); slot.is_connected()) slot.clear();
        const auto bytes = asio::get_associated_allocator(h);
        const auto to = work.get_executor();
        asio::post(to, asio::bind_allocator(bytes, [h = std::move(h), work = std::move(work), ec,
                                                    result = std::move(result)]() mutable {
                     work.reset();
                     std::move(h)(ec, std::move(result));
                   }));
      });
}

}  // namespace sluice::detail
