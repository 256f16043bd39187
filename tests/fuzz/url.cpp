// The endpoint's address, which ends up in a request line and a Host header: the input is its text.
#include "core/http/url.hpp"

#include "fuzz.hpp"

using namespace sluice;

namespace {

bool is_visible(std::string_view text) {
  for (const char c : text)
    if (c <= 0x20 || c > 0x7e) return false;
  return true;
}

void check(const core::url& u) {
  fuzz::require(!u.host.empty() && u.host.size() <= 253 && is_visible(u.host), "a host that can be shown");
  fuzz::require(u.host.find_first_of("/?#@[]\\\"<>") == std::string::npos, "and has no delimiter");
  for (const char c : u.host) fuzz::require(c < 'A' || c > 'Z', "and is in lower case");
  fuzz::require(u.port != 0, "a port");
  fuzz::require(u.target.starts_with('/') && is_visible(u.target) && u.target.find('#') == std::string::npos,
                "a target for the request line");
  fuzz::require(is_visible(u.authority()), "an authority for the Host header");
  const auto again = core::parse_url((u.tls ? "https://" : "http://") + u.authority() + u.target);
  fuzz::require(again.has_value() && again->tls == u.tls && again->host == u.host && again->port == u.port &&
                    again->host_is_ip == u.host_is_ip && again->target == u.target,
                "what was read can be written and is read as the same");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text{reinterpret_cast<const char*>(data), size};
  const auto parsed = core::parse_url(text);
  if (parsed.has_value()) {
    check(*parsed);
    return 0;
  }
  const auto& what = parsed.error().what;
  fuzz::require(!what.empty() && fuzz::is_one_safe_line(what),
                "a problem is one line without control characters");
  // The part before an @ may be a password; only the complaint about any such URL may have the same words,
  // and our sentences have spaces.
  const auto said_of_any = core::parse_url("https://user:password@host/").error().what;
  const auto begin = text.find("://");
  const auto at = text.find('@');
  if (what == said_of_any || begin == std::string::npos || at == std::string::npos || at < begin + 15)
    return 0;
  const auto secret = text.substr(begin + 3, at - begin - 3);
  fuzz::require(secret.find_first_of(" /?#") != std::string::npos || what.find(secret) == std::string::npos,
                "a password is not shown");
  return 0;
}
