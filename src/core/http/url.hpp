// The endpoint's address (RFC 3986), as far as one HTTP origin needs it.
#pragma once

#include "core/parsed.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::core {

struct url {
  bool tls = true;
  /// The host without brackets, zone and last dot, in lower case and its xn-- form: as certificates have it.
  std::string host;
  bool host_is_ip = false;
  bool absolute = false;  ///< a dot stands behind the name: DNS must not search
  std::string zone{};     ///< the interface of an IPv6 address, or its number
  std::uint16_t port = 443;
  std::string target;  ///< path and query, at least "/"; may hold templates (target_template)

  /// Value of the Host header: brackets around IPv6, no zone (RFC 6874), no default port. A last dot stays.
  std::string authority() const;
  /// The name or address to connect to, with its last dot or its zone.
  std::string lookup_name() const;
  /// Whether both are of one scheme, host and port.
  bool has_origin_of(const url& other) const noexcept {
    return tls == other.tls && host == other.host && zone == other.zone && port == other.port;
  }
};

/// Problems: no scheme (shows the URL with https:// before it), another scheme, no host, a port out of range,
/// user:password (shows the -H line to use instead), spaces, control characters, bytes over 0x7f behind the
/// host, a host name that cannot be converted, a brace in host or port. A fragment is dropped.
parsed<url> parse_url(std::string_view text);

}  // namespace sluice::core
