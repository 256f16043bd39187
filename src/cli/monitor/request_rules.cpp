#include "request_rules.hpp"

#include "cli/host.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace sluice::cli {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// `host` without its port; nothing when what is behind the colon is no port.
std::optional<std::string_view> without_port(std::string_view host) {
  const auto bracket = host.rfind(']');
  const auto colon = host.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon == std::string_view::npos) return host;
  if (!std::ranges::all_of(host.substr(colon + 1), is_digit)) return std::nullopt;
  return host.substr(0, colon);
}

}  // namespace

std::optional<resource> resource_at(std::string_view target) noexcept {
  constexpr std::array<std::pair<std::string_view, resource>, 4> all{{{"/", resource::page},
                                                                      {"/metrics", resource::metrics},
                                                                      {"/healthz", resource::health},
                                                                      {"/events", resource::events}}};
  const auto path = target.substr(0, target.find('?'));
  const auto* at = std::ranges::find(all, path, &std::pair<std::string_view, resource>::first);
  return at == all.end() ? std::nullopt : std::optional{at->second};
}

bool is_local_host(std::string_view host) {
  auto name = without_port(host);
  if (!name) return false;
  if (!name->starts_with('[')) return is_loopback(*name);
  if (!name->ends_with(']')) return false;
  const auto address = name->substr(1, name->size() - 2);
  return address.find(':') != std::string_view::npos && is_loopback(address);
}

std::optional<refusal> refusal_of(const asked& request, bool local_only) {
  if (request.method != "GET" && request.method != "HEAD") return refusal{405, "GET and HEAD only"};
  if (request.has_body) return refusal{413, "no request here has a body"};
  if (!request.host) return refusal{400, "one Host header, please"};
  if (local_only && !is_local_host(*request.host))
    return refusal{421, "this listens on the loopback: ask for localhost, 127.0.0.1 or [::1]"};
  if (!resource_at(request.target)) return refusal{404, "here are /, /metrics, /healthz and /events"};
  return std::nullopt;
}

}  // namespace sluice::cli
