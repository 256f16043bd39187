// The messages that systemd gets (sd_notify(3)); there are none where no service manager asked for them.
#pragma once

#include "notify_socket.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <string>

namespace sluice::cli {

/// The loop feeds the watchdog, so a loop that hangs is noticed.
class service_manager {
 public:
  explicit service_manager(const boost::asio::any_io_executor& executor);
  service_manager(const service_manager&) = delete;

  /// `part` of the start, 0 to 1, is done. While that grows, the manager waits for half a minute more, and
  /// shows `status`; it hears of it once a second.
  void starting(double part, const std::function<std::string()>& status);
  /// Following began. From now on `status` is asked for a line every few seconds.
  void ready(std::function<std::string()> status);
  void reloading();
  void reloaded();
  void stopping();

 private:
  void feed();
  void tell_status();

  notify_socket socket_;
  std::chrono::microseconds watchdog_{0};
  boost::asio::steady_timer food_, line_;
  std::function<std::string()> status_;
  struct {
    double part = -1;
    std::chrono::steady_clock::time_point at{};
  } told_;  ///< the last word of the start
};

}  // namespace sluice::cli
