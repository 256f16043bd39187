// A coroutine of another library than Asio, as Boost.Cobalt's are: it awaits an operation by its own means.
#pragma once

#include <sluice/uploader.hpp>

#include <boost/system/error_code.hpp>
#include <coroutine>
#include <exception>
#include <utility>

namespace support {

struct foreign_task {
  struct promise_type {
    foreign_task get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
};

/// Awaits a deferred upload. The coroutine gets the error and the result.
template <class Operation>
class foreign_awaiter {
 public:
  explicit foreign_awaiter(Operation begin) : begin_{std::move(begin)} {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> h) {
    std::move(begin_)([this, h](boost::system::error_code ec, sluice::upload_result r) {
      outcome_ = {ec, std::move(r)};
      h.resume();
    });
  }
  std::pair<boost::system::error_code, sluice::upload_result> await_resume() { return std::move(outcome_); }

 private:
  Operation begin_;
  std::pair<boost::system::error_code, sluice::upload_result> outcome_;
};

}  // namespace support
