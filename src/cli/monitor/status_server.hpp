// The status page, the metrics and the health check of a program that runs for long, over HTTP.
#pragma once

#include "telemetry.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/system/error_code.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace sluice::cli {

/// Limits of clients; a head is at most 8 KiB.
struct status_limits {
  std::size_t connections = 8;  ///< clients at a time, those that watch included; more get a 503
  std::chrono::milliseconds patience{10'000};  ///< time for a request to come, and for a reply to be taken
  std::chrono::milliseconds beat{
      1'000};                   ///< time between samples, and between messages to clients that watch
  int send_buffer = 64 * 1024;  ///< bytes the kernel keeps for a client that does not read
};

/// Serves `/`, `/events`, `/metrics` and `/healthz` (docs/status.md) on the caller's loop, without a thread.
/// Does nothing before listen(). No authentication, no TLS: what listens beyond the loopback is for a network
/// that may see it.
///
/// Single-threaded: all members from the executor's thread. It may be destroyed with clients connected.
class status_server {
 public:
  /// Each second while it listens, `shown` is given a sample of what `look` returns. Both must live until
  /// stop() or the destructor.
  status_server(boost::asio::any_io_executor executor, telemetry& shown, std::function<progress()> look,
                status_limits limits = {});
  ~status_server();
  status_server(const status_server&) = delete;
  status_server& operator=(const status_server&) = delete;

  /// `address` is an IP address, or `localhost` for 127.0.0.1; port 0 takes any that is free. Errors:
  /// `invalid_argument` for what is no address, and the operating system's.
  boost::system::error_code listen(const std::string& address, std::uint16_t port);
  std::uint16_t port() const noexcept;  ///< 0: does not listen
  /// Ends all connections at once; no work is left on the executor. For good.
  void stop();

 private:
  struct room;
  std::shared_ptr<room> room_;
};

}  // namespace sluice::cli
