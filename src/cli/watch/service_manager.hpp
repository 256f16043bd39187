// What systemd is told (sd_notify(3)); nothing where no service manager asked for it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <string>

namespace sluice::cli {

/// Its watchdog is fed from the loop: a loop that hangs is noticed.
class service_manager {
 public:
  explicit service_manager(const boost::asio::any_io_executor& executor);
  service_manager(const service_manager&) = delete;

  /// Following began. From now on `status` is asked for a line every few seconds.
  void ready(std::function<std::string()> status);
  void reloading();
  void reloaded();
  void stopping();

 private:
  void tell(const std::string& text);
  void feed();
  void tell_status();

  bool listens_;
  std::chrono::microseconds watchdog_{0};
  boost::asio::steady_timer food_, line_;
  std::function<std::string()> status_;
};

}  // namespace sluice::cli
