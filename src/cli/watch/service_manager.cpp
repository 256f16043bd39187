#include "service_manager.hpp"

#include <unistd.h>

#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <limits>
#include <string_view>

namespace sluice::cli {
namespace {

constexpr std::chrono::seconds between_lines{5};

std::string monotonic_usec() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::to_string(static_cast<std::int64_t>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000);
}

const char* environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

/// The result is 0 for a text that is no whole number, as in sd_watchdog_enabled(3).
std::uint64_t number(std::string_view text) {
  std::uint64_t n = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
  return ec == std::errc{} && end == text.data() + text.size() ? n : 0;
}

/// The time between two meals is half of the manager's limit; 0 when the watchdog is off or another
/// process's.
std::chrono::microseconds watchdog_interval() {
  constexpr auto never = std::numeric_limits<std::uint64_t>::max();
  const std::string_view pid = environment("WATCHDOG_PID");
  if (!pid.empty() && number(pid) != static_cast<std::uint64_t>(::getpid())) return {};
  const auto limit = number(environment("WATCHDOG_USEC"));
  return std::chrono::microseconds{limit == never ? 0 : static_cast<std::int64_t>(limit / 2)};
}

}  // namespace

service_manager::service_manager(const boost::asio::any_io_executor& executor)
    : socket_{executor, environment("NOTIFY_SOCKET")}, food_{executor}, line_{executor} {
  if (socket_) watchdog_ = watchdog_interval();
  if (watchdog_.count() > 0) feed();
}

void service_manager::feed() {
  socket_.tell("WATCHDOG=1");
  food_.expires_after(watchdog_);
  food_.async_wait([this](boost::system::error_code ec) {
    if (!ec) feed();
  });
}

void service_manager::starting(double part, const std::function<std::string()>& status) {
  const auto now = std::chrono::steady_clock::now();
  if (part <= told_.part || now - told_.at < std::chrono::seconds{1}) return;
  told_.part = part, told_.at = now;
  socket_.tell("EXTEND_TIMEOUT_USEC=30000000");
  socket_.tell("STATUS=" + status());
}

void service_manager::ready(std::function<std::string()> status) {
  status_ = std::move(status);
  socket_.tell("READY=1");
  if (socket_) tell_status();
}

void service_manager::tell_status() {
  socket_.tell("STATUS=" + status_());
  line_.expires_after(between_lines);
  line_.async_wait([this](boost::system::error_code ec) {
    if (!ec) tell_status();
  });
}

/// A reload before ready() is a part of the start.
void service_manager::reloading() {
  if (status_) socket_.tell("RELOADING=1\nMONOTONIC_USEC=" + monotonic_usec());
}
void service_manager::reloaded() {
  if (status_) socket_.tell("READY=1");
}

void service_manager::stopping() {
  socket_.tell("STOPPING=1");
  line_.cancel();
}

}  // namespace sluice::cli
