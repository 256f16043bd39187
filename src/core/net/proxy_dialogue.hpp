// The words to a proxy before the endpoint hears the first byte: bytes in, bytes out.
#pragma once

#include "core/net/proxy.hpp"

#include <sluice/config.hpp>
#include <sluice/error.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::core {

/// Send take_unsent(), hear() what comes, and so on until is_over(). Then there is a tunnel, or an error():
///
///     proxy_auth_refused  407, or SOCKS refuses user and password, or the way to log in is not spoken
///     proxy_refused       the proxy does not let us go there
///     proxy_cannot_reach  the proxy lets us, and cannot reach the endpoint
///     proxy_failed        its answer is not one of a proxy
class proxy_dialogue {
 public:
  virtual ~proxy_dialogue() = default;

  std::string take_unsent() { return std::exchange(unsent_, {}); }
  /// Returns how many of `bytes` are the proxy's; the others come again with what follows them, or are the
  /// endpoint's once is_over().
  virtual std::size_t hear(std::string_view bytes) = 0;
  bool is_over() const noexcept { return done_ || error_; }
  const boost::system::error_code& error() const noexcept { return error_; }
  /// The proxy's words after an error, for people.
  const std::string& detail() const noexcept { return detail_; }

 protected:
  void send(std::string bytes) { unsent_ = std::move(bytes); }
  void succeed() noexcept { done_ = true; }
  std::size_t fail(errc why, std::string detail) {
    error_ = why, detail_ = std::move(detail);
    return 0;
  }

 private:
  std::string unsent_;
  std::string detail_;
  boost::system::error_code error_;
  bool done_ = false;
};

/// CONNECT (RFC 9110 §9.3.6) to `endpoint`; `headers` go to the proxy alone.
std::unique_ptr<proxy_dialogue> make_connect(const url& endpoint, const proxy& via,
                                             const std::vector<header>& headers);
/// SOCKS 5 (RFC 1928, RFC 1929) to `host`, a name or an address.
std::unique_ptr<proxy_dialogue> make_socks5(const std::string& host, std::uint16_t port, const proxy& via);

/// The names of the ways to log in that a value of Proxy-Authenticate offers (RFC 9110 §11.6.1).
std::vector<std::string> offered_schemes(std::string_view value);

}  // namespace sluice::core
