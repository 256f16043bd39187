#include "core/net/proxy.hpp"

#include "core/http/host_name.hpp"
#include "core/http/token.hpp"

#include <sluice/config.hpp>
#include <sluice/result.hpp>
#include <sluice/text.hpp>

#include <arpa/inet.h>

#include <algorithm>
#include <array>

namespace sluice::core {
namespace {

using std::string_view;

struct scheme_of_proxy {
  string_view name;
  proxy::kind kind;
};
constexpr std::array<scheme_of_proxy, 4> schemes{{{"http", proxy::kind::http},
                                                  {"https", proxy::kind::https},
                                                  {"socks5", proxy::kind::socks5},
                                                  {"socks5h", proxy::kind::socks5h}}};

int digit_of(char c) noexcept {
  if (is_digit(c)) return c - '0';
  const char l = to_lower(c);
  return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

/// `%XX` is a byte; a `%` with anything else behind it is itself.
std::string unescape(string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escaped =
        text[i] == '%' && i + 2 < text.size() && digit_of(text[i + 1]) >= 0 && digit_of(text[i + 2]) >= 0;
    out += escaped ? static_cast<char>(digit_of(text[i + 1]) * 16 + digit_of(text[i + 2])) : text[i];
    if (escaped) i += 2;
  }
  return out;
}

/// An address as bytes: 4, 16, or none.
std::string bytes_of(string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  const std::string terminated{text};
  std::array<char, 16> bytes{};
  if (::inet_pton(AF_INET, terminated.c_str(), bytes.data()) == 1) return {bytes.data(), 4};
  if (::inet_pton(AF_INET6, terminated.c_str(), bytes.data()) == 1) return {bytes.data(), 16};
  return {};
}

bool has_prefix(string_view address, string_view network, std::size_t bits) {
  if (address.size() != network.size() || bits > address.size() * 8) return false;
  const auto whole = bits / 8, rest = bits % 8;
  if (address.substr(0, whole) != network.substr(0, whole)) return false;
  if (rest == 0) return true;
  const auto differs = static_cast<unsigned char>(address[whole] ^ network[whole]);
  return differs >> (8 - rest) == 0;
}

bool covers_address(string_view item, string_view address) {
  const auto slash = item.find('/');
  const auto network = bytes_of(item.substr(0, slash));
  if (network.empty()) return false;
  if (slash == string_view::npos) return network == address;
  const auto digits = item.substr(slash + 1);
  if (digits.empty() || digits.size() > 3 || !std::ranges::all_of(digits, is_digit)) return false;
  std::size_t bits = 0;
  for (const char c : digits) bits = bits * 10 + static_cast<std::size_t>(c - '0');
  return has_prefix(address, network, bits);
}

bool covers_name(string_view item, string_view host) {
  if (item.starts_with('.')) item.remove_prefix(1);
  if (item.ends_with('.')) item.remove_suffix(1);
  if (item.empty() || item.size() > host.size()) return false;
  const auto tail = host.substr(host.size() - item.size());
  return equal_ignoring_case(item, tail) &&
         (item.size() == host.size() || host[host.size() - item.size() - 1] == '.');
}

/// The port must be written: 1080 (curl), 3128 (squid) and 8080 are all meant by somebody.
bool has_port(string_view authority) {
  const auto colon = authority.rfind(':');
  const auto bracket = authority.rfind(']');
  return colon != string_view::npos && colon + 1 < authority.size() &&
         (bracket == string_view::npos || colon > bracket);
}

std::string in_brackets(const url& u) {
  return u.host.find(':') == std::string::npos ? u.lookup_name() : "[" + u.host + "]";
}

/// RFC 3986 §3.1. Anything else may be a password.
bool is_scheme(string_view text) noexcept {
  return std::ranges::all_of(text, [](char c) { return is_alpha(c) || is_digit(c) || c == '+' || c == '-'; });
}

/// A variable that is set to nothing is not set.
std::string value_of(const std::function<const char*(const char*)>& get, const char* name) {
  const char* const value = get(name);
  return value != nullptr ? value : "";
}

}  // namespace

std::string proxy::shown() const {
  const auto name = std::ranges::find(schemes, speaks, &scheme_of_proxy::kind)->name;
  return std::string{name} + "://" + in_brackets(at) + ":" + std::to_string(at.port);
}

parsed<proxy> parse_proxy(string_view text) {
  proxy p;
  if (const auto end = text.find("://"); end != string_view::npos) {
    const auto scheme = text.substr(0, end);
    const auto known =
        std::ranges::find_if(schemes, [&](const auto& s) { return equal_ignoring_case(s.name, scheme); });
    if (known == schemes.end())
      return problem{(is_scheme(scheme) ? "'" + printable(scheme) + "://' is no scheme of a proxy"
                                        : std::string{"what stands before '://' is no scheme"}) +
                     ": write http://, https://, socks5:// or socks5h://"};
    p.speaks = known->kind;
    text.remove_prefix(end + 3);
  }
  if (const auto at = text.rfind('@'); at != string_view::npos) {
    const auto colon = text.substr(0, at).find(':');
    credentials c{unescape(text.substr(0, std::min(colon, at))), {}};
    if (colon != string_view::npos) c.password = unescape(text.substr(colon + 1, at - colon - 1));
    if (has_control(c.user) || has_control(c.password)) return problem{control_problem};
    p.login = std::move(c);
    text.remove_prefix(at + 1);
  }
  if (text.ends_with('/')) text.remove_suffix(1);
  if (text.find_first_of("/?#") != string_view::npos) return problem{"a proxy has no path: write HOST:PORT"};
  // The last group of one would be taken for its port.
  const bool is_bare_ipv6 = bytes_of(text).size() == 16 && !text.starts_with('[');
  if (is_bare_ipv6) return problem{"an IPv6 address goes in brackets: write [" + printable(text) + "]:PORT"};
  if (text.empty() || text.starts_with(':')) return problem{"no host: write HOST:PORT"};
  if (!has_port(text)) return problem{"no port: write '" + printable(text) + ":PORT', 3128 for example"};
  auto at = parse_url("http://" + std::string{text});
  if (!at) return problem{at.error().what};
  p.at = std::move(*at);
  p.at.tls = p.speaks == proxy::kind::https;
  return p;
}

bool is_exempt(string_view no_proxy, const url& endpoint) {
  const auto address = endpoint.host_is_ip ? bytes_of(endpoint.host) : std::string{};
  constexpr string_view between = ", \t";
  while (!no_proxy.empty()) {
    const auto item = no_proxy.substr(0, no_proxy.find_first_of(between));
    no_proxy.remove_prefix(std::min(no_proxy.size(), item.size() + 1));
    if (item == "*") return true;
    if (address.empty() ? covers_name(item, endpoint.host) : covers_address(item, address)) return true;
  }
  return false;
}

std::string tunnel_target(const url& endpoint) {
  return in_brackets(endpoint) + ":" + std::to_string(endpoint.port);
}

}  // namespace sluice::core

namespace sluice {

used_proxy proxy_in_use(const config& cfg) {
  const auto url = core::parse_url(cfg.url);
  if (cfg.proxy.url.empty() || !url || core::is_exempt(cfg.proxy.no_proxy, *url)) return {};
  const auto proxy = core::parse_proxy(cfg.proxy.url);
  return proxy ? used_proxy{proxy->shown(), cfg.proxy.from} : used_proxy{};
}

proxy_options proxy_of_environment(const std::string& url,
                                   const std::function<const char*(const char*)>& get) {
  const bool tls = !core::equal_ignoring_case(std::string_view{url}.substr(0, 7), "http://");
  proxy_options found;
  // A CGI program has the header "Proxy" of a request as HTTP_PROXY, so nobody reads that one.
  for (const char* name :
       {tls ? "https_proxy" : "http_proxy", tls ? "HTTPS_PROXY" : "http_proxy", "all_proxy", "ALL_PROXY"}) {
    found.url = core::value_of(get, name);
    found.from = name;
    if (!found.url.empty()) break;
  }
  if (found.url.empty()) found.from.clear();
  found.no_proxy = core::value_of(get, "no_proxy");
  if (found.no_proxy.empty()) found.no_proxy = core::value_of(get, "NO_PROXY");
  return found;
}

}  // namespace sluice
