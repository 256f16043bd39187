// Signals that stop a run: the first lets what is in flight end, the second ends it.
#pragma once

#include "signals.hpp"

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <functional>
#include <initializer_list>
#include <string>
#include <utility>

namespace sluice::cli {

class stopper {
 public:
  using speaker = std::function<void(const std::string&)>;

  stopper(boost::asio::io_context& ioc, std::initializer_list<int> numbers, speaker say)
      : signals_{ioc}, say_{std::move(say)} {
    add_unless_ignored(signals_, numbers);
    wait();
  }

  boost::asio::cancellation_slot slot() { return stop_.slot(); }
  /// The last one that came, or 0.
  int signal() const noexcept { return signal_; }
  void dismiss() { signals_.cancel(); }
  /// Called after each.
  void on_signal(std::function<void()> then) { then_ = std::move(then); }

 private:
  void wait() {
    signals_.async_wait([this](boost::system::error_code ec, int number) {
      if (ec) return;
      const bool again = signal_ != 0;
      signal_ = number;
      say_(again ? "sluice: stopping at once"
                 : "sluice: finishing what is in flight; once more stops at once");
      stop_.emit(again ? boost::asio::cancellation_type::terminal : boost::asio::cancellation_type::partial);
      if (then_) then_();
      wait();
    });
  }

  boost::asio::signal_set signals_;
  boost::asio::cancellation_signal stop_;
  speaker say_;
  std::function<void()> then_;
  int signal_ = 0;
};

}  // namespace sluice::cli
