// A forward proxy: how it is written, and for which hosts it is not asked.
#pragma once

#include "core/http/credentials.hpp"
#include "core/http/url.hpp"
#include "core/parsed.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace sluice::core {

struct proxy {
  enum class kind {
    http,
    https,    ///< HTTP, with TLS to the proxy
    socks5,   ///< the endpoint's name is resolved here
    socks5h,  ///< the proxy resolves it
  };

  kind speaks = kind::http;
  url at{};  ///< host and port; `tls` of https alone
  std::optional<credentials> login{};

  bool is_socks() const noexcept { return speaks == kind::socks5 || speaks == kind::socks5h; }
  /// Scheme, host and port: what may be shown.
  std::string shown() const;
};

/// Reads `[http|https|socks5|socks5h://][USER:PASSWORD@]HOST:PORT`. User and password may have %XX. Problems:
/// another scheme, no host, no port, a path, a control character in the credentials. No problem shows the
/// credentials.
parsed<proxy> parse_proxy(std::string_view text);

/// Says whether `endpoint` is reached without a proxy. `no_proxy` is a list as curl reads it, with commas or
/// spaces between: `*`, a name (which stands for all below it, with or without a dot in front), an address, a
/// network like 10.0.0.0/8.
bool is_exempt(std::string_view no_proxy, const url& endpoint);

/// The endpoint as CONNECT names it: with its port, and brackets around IPv6.
std::string tunnel_target(const url& endpoint);

}  // namespace sluice::core
