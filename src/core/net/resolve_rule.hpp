// Addresses of a host that were given by hand, as for curl's --resolve.
#pragma once

#include "core/http/url.hpp"
#include "core/parsed.hpp"

#include <sluice/config.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::core {

struct resolve_rule {
  std::string host;  ///< the form of url::host; `*` is every host
  std::uint16_t port = 0;
  std::vector<std::string> addresses;  ///< one or more, without brackets; IPv6 may have a zone

  bool is_for(const url& u) const { return port == u.port && (host == "*" || host == u.host); }
};

/// Reads `HOST:PORT:ADDRESS[,ADDRESS…]`. Problems: a part that is missing or none of its kind, and the signs
/// `+` and `-` of curl.
parsed<resolve_rule> parse_resolve_rule(std::string_view text);

/// Returns the rule for `u`: the last that names its host, else the last of `*`; null when there is none.
const resolve_rule* find_rule(const std::vector<resolve_rule>& rules, const url& u);

/// The family of an address as text, with a zone or not; any for what is no address.
address_family family_of(std::string_view address);

}  // namespace sluice::core
