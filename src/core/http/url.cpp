#include "core/http/url.hpp"

#include "core/http/host_name.hpp"
#include "core/http/token.hpp"

#include <sluice/text.hpp>

#include <arpa/inet.h>

#include <algorithm>
#include <optional>

namespace sluice::core {
namespace {

using std::string_view;

/// The text before the first of `ends`, which stays in `text`.
string_view take_until(string_view& text, string_view ends) noexcept {
  const auto head = text.substr(0, text.find_first_of(ends));
  text.remove_prefix(head.size());
  return head;
}

/// The scheme before `://`, taken off; empty when there is none.
string_view take_scheme(string_view& text) noexcept {
  std::size_t n = 0;
  while (n < text.size() &&
         (is_alpha(text[n]) || is_digit(text[n]) || text[n] == '+' || text[n] == '-' || text[n] == '.'))
    ++n;
  if (!text.substr(n).starts_with("://")) return {};
  const auto scheme = text.substr(0, n);
  text.remove_prefix(n + 3);
  return scheme;
}

/// `https:/host`, `//host` and `://host` are slips as common as a bare `host`. The query is not shown: it may
/// hold a signature.
problem no_scheme(string_view text) {
  for (const string_view slip : {"https:", "http:"})
    if (equal_ignoring_case(text.substr(0, slip.size()), slip)) {
      text.remove_prefix(slip.size());
      break;
    }
  text.remove_prefix(std::min(text.find_first_not_of(":/"), text.size()));
  if (text.empty()) return {"no host: write https://host/path"};
  return {"no scheme: write https://" + printable(text.substr(0, text.find('?')))};
}

/// Reads up to five digits; nothing for a number that is no port.
std::optional<std::uint16_t> parse_port(string_view digits) noexcept {
  if (digits.empty() || digits.size() > 5 || !std::all_of(digits.begin(), digits.end(), is_digit))
    return std::nullopt;
  unsigned value = 0;
  for (const char c : digits) value = value * 10 + static_cast<unsigned>(c - '0');
  return value > 0 && value <= 65'535 ? std::optional{static_cast<std::uint16_t>(value)} : std::nullopt;
}

/// Takes the zone off an IPv6 address (RFC 6874); `%` may stand for itself, as curl takes it. A scope that is
/// the number 25 looks like an escape with nothing behind it.
std::string take_zone(string_view& host, std::string& zone) {
  const auto percent = host.find('%');
  if (percent == string_view::npos) return {};
  auto name = host.substr(percent + 1);
  if (name.starts_with("25") && name.size() > 2) name.remove_prefix(2);
  host = host.substr(0, percent);
  if (name.empty()) return "there is no interface after %: write https://[fe80::1%25eth0]/path";
  const auto fits = [](char c) {
    return is_alpha(c) || is_digit(c) || string_view{"-._~"}.find(c) != string_view::npos;
  };
  constexpr std::size_t longest = 15;  // the kernel's names have no more bytes
  if (name.size() > longest || !std::ranges::all_of(name, fits))
    return "'" + printable(name) +
           "' is not the name of an interface: it has up to 15 letters, digits and - . _ ~";
  zone = name;
  return {};
}

std::string read_name(string_view host, url& result) {
  // A last dot is one that DNS knows, and no certificate has.
  for (const string_view dot : {".", "\u3002", "\uff0e", "\uff61"})
    if (host.size() > dot.size() && host.ends_with(dot) && !result.absolute) {
      host.remove_suffix(dot.size());
      result.absolute = true;
    }
  if (auto what = read_host_name(host, result.host); !what.empty()) return what;
  result.host_is_ip = is_address(AF_INET, result.host);
  if (result.host_is_ip && result.absolute) return "an address has no dot at its end: write " + result.host;
  return {};
}

/// Takes host and port apart; returns the problem or nothing.
std::string read_authority(string_view authority, url& result) {
  string_view host, port;
  if (authority.starts_with('[')) {
    const auto close = authority.find(']');
    if (close == string_view::npos) return "[ is not closed: write https://[::1]:8443/path";
    host = authority.substr(1, close - 1), port = authority.substr(close + 1);
    if (auto what = take_zone(host, result.zone); !what.empty()) return what;
    if (!is_address(AF_INET6, host)) return printable(host) + " is not an IPv6 address";
    result.host = lower(host);
    if (!port.empty() && port[0] != ':') return "after ] comes :port or /path";
    result.host_is_ip = true;
  } else {
    port = authority;
    host = take_until(port, ":");
    if (port.find(':', 1) != string_view::npos)
      return "an IPv6 address goes in brackets: write https://[::1]:8443/path";
    if (host.empty()) return "no host: write https://host/path";
    if (auto what = read_name(host, result); !what.empty()) return what;
  }
  if (port.size() > 1) {
    const auto number = parse_port(port.substr(1));
    if (!number) return "the port is not a number from 1 to 65535";
    result.port = *number;
  }
  return {};
}

const char* character_problem(string_view text) noexcept {
  for (const char c : text) {
    if (c == ' ') return "it has a space: write %20";
    if (is_control(c)) return "it has a control character";
  }
  return nullptr;
}

// The URL is not shown, because it has a password in it.
constexpr auto user_problem =
    "user and password are not taken from a URL: write -u USER:PASSWORD, or -u @FILE where a file holds them";

}  // namespace

std::string url::authority() const {
  std::string out = host.find(':') == std::string::npos ? lookup_name() : "[" + host + "]";
  if (port != (tls ? 443 : 80)) out += ":" + std::to_string(port);
  return out;
}

std::string url::lookup_name() const {
  return host + (absolute ? "." : "") + (zone.empty() ? "" : "%" + zone);
}

parsed<url> parse_url(std::string_view text) {
  const auto whole = text;
  const auto scheme = take_scheme(text);
  const auto authority = take_until(text, "/?#");
  if (authority.find('@') != string_view::npos) return problem{user_problem};
  if (const char* what = character_problem(whole)) return problem{what};
  // A slip in front hides where the authority is, and a password with it.
  if (scheme.empty() && whole.find('@') != string_view::npos)
    return problem{"no scheme: write https://host/path"};
  if (authority.find_first_of("{}") != string_view::npos)
    return problem{
        "a template in the host or the port (the character {): all files go to one host, and only the path "
        "and the "
        "query may hold templates"};
  if (scheme.empty()) return no_scheme(whole);

  url result;
  result.tls = equal_ignoring_case(scheme, "https");
  if (!result.tls && !equal_ignoring_case(scheme, "http"))
    return problem{"scheme " + std::string{scheme} + " is not known: write https:// or http://"};
  result.port = result.tls ? 443 : 80;
  if (auto what = read_authority(authority, result); !what.empty()) return problem{std::move(what)};
  result.target = take_until(text, "#");
  for (const char c : result.target)
    if (static_cast<unsigned char>(c) > 0x7f)
      return problem{"it has a byte that is not ASCII: write it as %XX"};
  if (!result.target.starts_with('/')) result.target.insert(0, 1, '/');
  return result;
}

}  // namespace sluice::core
