#include "core/net/resolve_rule.hpp"

#include "core/http/host_name.hpp"

#include <sluice/text.hpp>

#include <arpa/inet.h>

#include <algorithm>

namespace sluice::core {
namespace {

using std::string_view;

constexpr auto form = "write HOST:PORT:ADDRESS[,ADDRESS]";

/// The text up to the next colon that is not in brackets, taken off with that colon; all of it where there is
/// none.
string_view take_part(string_view& text) {
  const auto bracket = text.starts_with('[') ? text.find(']') : 0;
  const auto colon = text.find(':', bracket == string_view::npos ? 0 : bracket);
  const auto part = text.substr(0, colon);
  text.remove_prefix(colon == string_view::npos ? text.size() : colon + 1);
  return part;
}

parsed<std::vector<std::string>> parse_addresses(string_view text) {
  std::vector<std::string> all;
  for (bool more = true; more;) {
    const auto comma = text.find(',');
    more = comma != string_view::npos;
    const auto item = text.substr(0, comma);
    const bool in_brackets = item.starts_with('[') && item.ends_with(']');
    const auto bare = in_brackets ? item.substr(1, item.size() - 2) : item;
    const auto family = family_of(bare);
    if (family == address_family::any || (in_brackets && family == address_family::ipv4))
      return problem{"'" + printable(item) + "' is not an IP address; " + form};
    all.emplace_back(bare);
    if (more) text.remove_prefix(comma + 1);
  }
  return all;
}

}  // namespace

address_family family_of(string_view address) {
  const auto percent = address.find('%');
  if (percent == string_view::npos && is_address(AF_INET, address)) return address_family::ipv4;
  const bool empty_zone = percent + 1 == address.size();
  return is_address(AF_INET6, address.substr(0, percent)) && !empty_zone ? address_family::ipv6
                                                                         : address_family::any;
}

parsed<resolve_rule> parse_resolve_rule(string_view text) {
  const auto shown = "'" + printable(text) + "'";
  if (text.starts_with('+') || text.starts_with('-'))
    return problem{shown + " begins with a sign; an entry holds for the whole run: " + form};
  const auto host = take_part(text), port = take_part(text);
  if (host.empty() || port.empty() || text.empty())
    return problem{shown + " is not complete; " + form + ", with brackets around an IPv6 host"};
  if (host.find_first_of("/?#@") != string_view::npos)
    return problem{"'" + printable(host) + "' is not the name of a host; " + form};
  const bool any_host = host == "*";
  auto place = parse_url("http://" + std::string{any_host ? "any" : host} + ":" + std::string{port});
  if (!place) return problem{shown + ": " + place.error().what};
  auto addresses = parse_addresses(text);
  if (!addresses) return problem{addresses.error()};
  return resolve_rule{any_host ? "*" : place->host, place->port, std::move(*addresses)};
}

const resolve_rule* find_rule(const std::vector<resolve_rule>& rules, const url& u) {
  const resolve_rule* found = nullptr;
  for (const auto& r : rules)
    if (r.is_for(u) && (r.host != "*" || found == nullptr || found->host == "*")) found = &r;
  return found;
}

}  // namespace sluice::core
