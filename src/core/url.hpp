// The endpoint's address (RFC 3986), as far as one HTTP origin needs it.
#pragma once

#include "core/parsed.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::core {

struct url {
  bool tls = true;
  std::string host;  ///< without brackets; lower case
  bool host_is_ip = false;
  std::uint16_t port = 443;
  std::string target;  ///< path and query, at least "/"

  /// Of the Host header: brackets around IPv6, no default port.
  std::string authority() const;
};

/// Problems: no scheme (shows the URL with https:// before it), another scheme, no host, a port out of range,
/// user:password (shows the -H line to use instead), spaces, control characters, bytes over 0x7f. A fragment
/// is dropped.
parsed<url> parse_url(std::string_view text);

}  // namespace sluice::core
