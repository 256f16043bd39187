#include "core/http/request_head.hpp"

#include "core/http/token.hpp"

#include <sluice/text.hpp>
#include <sluice/version.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace sluice::core {
namespace {

constexpr std::array<std::string_view, 9> written_by_us{"Content-Length", "Content-Type", "Transfer-Encoding",
                                                        "Connection",     "Expect",       "TE",
                                                        "Trailer",        "Upgrade",      "Accept-Encoding"};

/// RFC 9110 §5.5 has no control character in a value but the tab.
bool is_unsafe(char c) noexcept { return is_control(c) && c != '\t'; }

void append_header(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

bool has(std::span<const header_template> headers, std::string_view name) noexcept {
  return std::ranges::any_of(headers,
                             [&](const header_template& h) { return equal_ignoring_case(h.name, name); });
}

}  // namespace

// The value stays out of every message: it may be a secret.
std::string header_problem(const header& h, std::string_view idempotency_header, body_kind body,
                           host_header host) {
  const auto shown = "\"" + printable(h.name) + "\"";
  if (!is_token(h.name))  // the name may be a part of a secret
    return (h.secret ? "a line has no header name before its first colon" : shown + " is not a header name") +
           ": letters, digits and - _ . only";
  const auto same = [&](std::string_view name) { return equal_ignoring_case(name, h.name); };
  if (same("Host") && host == host_header::of_caller) {
    const bool is_authority = !h.value.empty() && h.value.find_first_of("/?#@ \t") == h.value.npos;
    if (is_authority && parse_url("http://" + h.value)) return {};
    return "the value of " + shown + " is not the name of a host, or its name and port: write HOST[:PORT]";
  }
  if (same("Host"))
    return shown +
           " is written by sluice itself; only where the URL's host is given an address by hand may " +
           "another be written";
  const bool types_its_body = body == body_kind::raw && same("Content-Type");
  if (!types_its_body && std::any_of(written_by_us.begin(), written_by_us.end(), same))
    return shown + " is written by sluice itself";
  if (same(idempotency_header))
    return shown + " is the idempotency header, whose value sluice derives from each file";
  if (std::any_of(h.value.begin(), h.value.end(), is_unsafe))
    return "the value of " + shown + " has a line end or another control character";
  return {};
}

std::vector<header_template> compile_headers(const std::vector<header>& headers,
                                             std::span<const std::string> groups) {
  std::vector<header_template> compiled;
  compiled.reserve(headers.size());
  for (const header& h : headers)
    compiled.push_back({h.name, field_template::parse_lenient(h.value, groups)});
  return compiled;
}

request_head::request_head(const url& endpoint, std::vector<header_template> headers,
                           std::string_view idempotency_header, const std::vector<header>* to_proxy)
    : headers_{std::move(headers)},
      types_body_{has(headers_, "Content-Type")},
      idempotency_header_{idempotency_header} {
  if (to_proxy != nullptr) before_target_ = "http://" + endpoint.authority();
  append_header(host_, "Host", endpoint.authority());
  append_header(fixed_, "Accept-Encoding", "identity");
  if (to_proxy != nullptr)
    for (const header& h : *to_proxy) append_header(fixed_, h.name, h.value);
  const auto is_fixed = [](const header_template& h) { return h.value.is_fixed(); };
  if (std::string same; std::ranges::all_of(headers_, is_fixed) && append_lines(same, {}, {}).empty())
    lines_ = std::move(same);
}

/// Host, the headers that tell of sluice, and those that were given.
std::string request_head::append_lines(std::string& out, std::span<const header_template> own,
                                       const template_values& values) const {
  const auto is_own = [&](std::string_view name) { return has(own, name); };
  const auto given = [&](std::string_view name) { return has(headers_, name) || is_own(name); };
  if (!given("Host")) out += host_;
  if (!given("User-Agent")) append_header(out, "User-Agent", "sluice/" + std::string{version});
  if (!given("Accept")) append_header(out, "Accept", "*/*");
  out += fixed_;
  for (const std::span<const header_template> list : {std::span<const header_template>{headers_}, own})
    for (const header_template& h : list) {
      if (list.data() == headers_.data() && is_own(h.name)) continue;
      const auto value = h.value.render(values);
      if (std::any_of(value.begin(), value.end(), is_unsafe))
        return "the value of the header \"" + printable(h.name) +
               "\" would have a line end or another control character";
      append_header(out, h.name, value);
    }
  return {};
}

std::string request_head::append(std::string& out, const head_values& parts,
                                 const template_values& values) const {
  out.append(parts.method).append(" ").append(before_target_).append(parts.target).append(" HTTP/1.1\r\n");
  if (parts.own.empty() && !lines_.empty())
    out += lines_;
  else if (auto what = append_lines(out, parts.own, values); !what.empty())
    return what;
  if (!types_body_ && !has(parts.own, "Content-Type"))
    out.append("Content-Type: ").append(parts.content_type).append(parts.boundary).append("\r\n");
  append_header(out, "Content-Length", std::to_string(parts.content_length));
  if (!idempotency_header_.empty()) append_header(out, idempotency_header_, values.key);
  out += "\r\n";
  return {};
}

digest_set request_head::digests() const noexcept {
  digest_set all;
  for (const header_template& h : headers_) all |= h.value.digests();
  return all;
}

const std::string* request_head::missing_member(const template_values& values) const noexcept {
  for (const header_template& h : headers_)
    if (const auto* name = h.value.missing_member(values)) return name;
  return nullptr;
}

}  // namespace sluice::core
