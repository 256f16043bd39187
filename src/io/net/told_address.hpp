// The endpoint's address that a proxy is told, where we look up the endpoint's name for it (socks5://).
#pragma once

#include "core/time.hpp"
#include "io/asio.hpp"
#include "io/net/endpoint.hpp"

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <optional>
#include <string>
#include <vector>

namespace sluice::io {

/// Goes from one address of the endpoint to the next while the proxy cannot reach it. `to` has a proxy.
class told_address {
 public:
  explicit told_address(endpoint& to) : to_{to} {}

  /// An attempt to connect begins, and ends at `end`: each address is tried once more.
  void begin(core::steady_time end);
  /// Looks up the name, and chooses an address that has not been tried; not_found when none is left.
  awaitable<error_code> choose(asio::cancellation_slot abort);
  /// The address that was chosen, without its zone, which is this machine's.
  std::string text() const;
  /// While other addresses are left, one has half of the time that there was.
  core::steady_time turn_ends() const noexcept { return turn_ends_; }
  /// The proxy does not reach it, or TLS came to nothing there.
  void failed();
  void worked();

 private:
  endpoint& to_;
  core::steady_time end_{}, turn_ends_{};
  std::vector<asio::ip::tcp::endpoint> tried_;
  std::optional<asio::ip::tcp::endpoint> chosen_;
};

}  // namespace sluice::io
