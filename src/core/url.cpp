#include "core/url.hpp"

#include "core/token.hpp"

#include <sluice/text.hpp>

#include <algorithm>
#include <optional>

namespace sluice::core {
namespace {

using std::string_view;

bool is_hex(char c) noexcept { return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'f'); }

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
  return {"no scheme: write https://" + std::string{text.substr(0, text.find('?'))}};
}

std::optional<unsigned> decimal(string_view digits, unsigned max) noexcept {
  if (digits.empty() || digits.size() > 5 || !std::all_of(digits.begin(), digits.end(), is_digit))
    return std::nullopt;
  unsigned value = 0;
  for (const char c : digits) value = value * 10 + static_cast<unsigned>(c - '0');
  return value <= max ? std::optional{value} : std::nullopt;
}

/// Four decimal octets; none with a leading zero, which some read as octal.
bool is_ipv4(string_view text) noexcept {
  for (int octets = 1;; ++octets) {
    const auto octet = take_until(text, ".");
    if (!decimal(octet, 255) || (octet.size() > 1 && octet[0] == '0')) return false;
    if (octets == 4 || text.empty()) return octets == 4 && text.empty();
    text.remove_prefix(1);
  }
}

/// Groups of one half of an IPv6 address, separated by `:`; -1 when it is none. The last may be an IPv4
/// address, which counts for two.
int count_groups(string_view text, bool ipv4_may_end) noexcept {
  if (text.empty()) return 0;
  for (int count = 1;; ++count) {
    const auto group = take_until(text, ":");
    if (text.empty() && ipv4_may_end && is_ipv4(group)) return count + 1;
    if (group.empty() || group.size() > 4 || !std::all_of(group.begin(), group.end(), is_hex)) return -1;
    if (text.empty()) return count;
    text.remove_prefix(1);
  }
}

/// RFC 4291 §2.2: eight groups, or fewer around one `::`.
bool is_ipv6(string_view text) noexcept {
  const auto gap = text.find("::");
  if (gap == string_view::npos) return count_groups(text, true) == 8;
  const int before = count_groups(text.substr(0, gap), false),
            after = count_groups(text.substr(gap + 2), true);
  return before >= 0 && after >= 0 && before + after <= 7;
}

std::string host_name_problem(string_view host) {
  if (host.size() > 253) return "the host name is over 253 bytes";
  for (const char c : host)
    if (!is_alpha(c) && !is_digit(c) && c != '-' && c != '_' && c != '.')
      return "a host name cannot have the character " + std::string{c};
  string_view last;
  for (string_view rest = host;; rest.remove_prefix(1)) {
    last = take_until(rest, ".");
    if (last.empty()) return "the host name has two dots in a row, or one at an end";
    if (last.size() > 63) return "a label of the host name is over 63 bytes";
    if (rest.empty()) break;
  }
  // A name that ends in a number is an address to some resolvers, and another one to others.
  if (std::all_of(last.begin(), last.end(), is_digit) && !is_ipv4(host))
    return std::string{host} + " is not an IPv4 address: write four numbers up to 255 without leading zeros";
  return {};
}

/// Takes host and port apart; returns the problem or nothing.
std::string read_authority(string_view authority, url& result) {
  string_view host, port;
  if (authority.starts_with('[')) {
    const auto close = authority.find(']');
    if (close == string_view::npos) return "[ is not closed: write https://[::1]:8443/path";
    host = authority.substr(1, close - 1), port = authority.substr(close + 1);
    if (!is_ipv6(host)) return printable(host) + " is not an IPv6 address";
    if (!port.empty() && port[0] != ':') return "after ] comes :port or /path";
    result.host_is_ip = true;
  } else {
    port = authority;
    host = take_until(port, ":");
    if (port.find(':', 1) != string_view::npos)
      return "an IPv6 address goes in brackets: write https://[::1]:8443/path";
    if (host.empty()) return "no host: write https://host/path";
    if (auto what = host_name_problem(host); !what.empty()) return what;
    result.host_is_ip = is_ipv4(host);
  }
  result.host = lower(host);
  if (port.size() > 1) {
    const auto number = decimal(port.substr(1), 65'535);
    if (!number || *number == 0) return "the port is not a number from 1 to 65535";
    result.port = static_cast<std::uint16_t>(*number);
  }
  return {};
}

const char* character_problem(string_view text) noexcept {
  for (const char c : text) {
    if (c == ' ') return "it has a space: write %20";
    if (is_control(c)) return "it has a control character";
    if (static_cast<unsigned char>(c) > 0x7f)
      return "it has a byte that is not ASCII: write it as %XX, or a host name in its xn-- form";
  }
  return nullptr;
}

// Nothing of the URL is shown: it has a password in it.
constexpr auto user_problem =
    "user and password are not taken from a URL: write -H \"Authorization: Basic $(printf %s 'user:password' "
    "| "
    "base64 -w0)\"";

}  // namespace

std::string url::authority() const {
  std::string out = host.find(':') == std::string::npos ? host : "[" + host + "]";
  if (port != (tls ? 443 : 80)) out += ":" + std::to_string(port);
  return out;
}

parsed<url> parse_url(std::string_view text) {
  const auto whole = text;
  const auto scheme = take_scheme(text);
  const auto authority = take_until(text, "/?#");
  if (authority.find('@') != string_view::npos) return problem{user_problem};
  if (const char* what = character_problem(whole)) return problem{what};
  // With a slip in front nobody knows where the authority is, and a password with it.
  if (scheme.empty() && whole.find('@') != string_view::npos)
    return problem{"no scheme: write https://host/path"};
  if (scheme.empty()) return no_scheme(whole);

  url result;
  result.tls = equal_ignoring_case(scheme, "https");
  if (!result.tls && !equal_ignoring_case(scheme, "http"))
    return problem{"scheme " + std::string{scheme} + " is not known: write https:// or http://"};
  result.port = result.tls ? 443 : 80;
  if (auto what = read_authority(authority, result); !what.empty()) return problem{std::move(what)};
  result.target = take_until(text, "#");
  if (!result.target.starts_with('/')) result.target.insert(0, 1, '/');
  return result;
}

}  // namespace sluice::core
