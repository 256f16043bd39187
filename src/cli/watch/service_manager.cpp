#include "service_manager.hpp"

#include <systemd/sd-daemon.h>

#include <cstdint>
#include <cstdlib>
#include <ctime>

namespace sluice::cli {
namespace {

constexpr std::chrono::seconds between_lines{5};

std::string monotonic_usec() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::to_string(static_cast<std::int64_t>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000);
}

}  // namespace

service_manager::service_manager(const boost::asio::any_io_executor& executor)
    : listens_{std::getenv("NOTIFY_SOCKET") != nullptr}, food_{executor}, line_{executor} {
  std::uint64_t limit = 0;
  if (listens_ && ::sd_watchdog_enabled(0, &limit) > 0)
    watchdog_ = std::chrono::microseconds{static_cast<std::int64_t>(limit / 2)};
  if (watchdog_.count() > 0) feed();
}

void service_manager::tell(const std::string& text) {
  if (listens_) ::sd_notify(0, text.c_str());
}

void service_manager::feed() {
  tell("WATCHDOG=1");
  food_.expires_after(watchdog_);
  food_.async_wait([this](boost::system::error_code ec) {
    if (!ec) feed();
  });
}

void service_manager::ready(std::function<std::string()> status) {
  status_ = std::move(status);
  tell("READY=1");
  if (listens_) tell_status();
}

void service_manager::tell_status() {
  tell("STATUS=" + status_());
  line_.expires_after(between_lines);
  line_.async_wait([this](boost::system::error_code ec) {
    if (!ec) tell_status();
  });
}

void service_manager::reloading() { tell("RELOADING=1\nMONOTONIC_USEC=" + monotonic_usec()); }
void service_manager::reloaded() { tell("READY=1"); }

void service_manager::stopping() {
  tell("STOPPING=1");
  line_.cancel();
}

}  // namespace sluice::cli
