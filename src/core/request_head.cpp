#include "core/request_head.hpp"

#include "core/token.hpp"

#include <sluice/text.hpp>
#include <sluice/version.hpp>

#include <algorithm>
#include <array>

namespace sluice::core {
namespace {

constexpr std::array<std::string_view, 10> written_by_us{
    "Host", "Content-Length", "Content-Type", "Transfer-Encoding", "Connection", "Expect",
    "TE",   "Trailer",        "Upgrade",      "Accept-Encoding"};

/// RFC 9110 §5.5 has no control character in a value but the tab.
bool is_unsafe(char c) noexcept { return is_control(c) && c != '\t'; }

void append_header(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

// The value stays out of every message: it may be a secret.
std::string header_problem(const header& h, std::string_view idempotency_header) {
  const auto shown = "\"" + printable(h.name) + "\"";
  if (!is_token(h.name)) return shown + " is not a header name: letters, digits and - _ . only";
  const auto same = [&](std::string_view name) { return equal_ignoring_case(name, h.name); };
  if (std::any_of(written_by_us.begin(), written_by_us.end(), same))
    return shown + " is written by sluice itself";
  if (same(idempotency_header))
    return shown + " is the idempotency header, whose value sluice derives from each file";
  if (std::any_of(h.value.begin(), h.value.end(), is_unsafe))
    return "the value of " + shown + " has a line end or another control character";
  return {};
}

request_head::request_head(const url& endpoint, const std::vector<header>& headers,
                           std::string_view idempotency_header)
    : idempotency_header_{idempotency_header} {
  const auto given = [&](std::string_view name) {
    return std::any_of(headers.begin(), headers.end(),
                       [&](const header& h) { return equal_ignoring_case(h.name, name); });
  };
  fixed_.append("POST ").append(endpoint.target).append(" HTTP/1.1\r\n");
  append_header(fixed_, "Host", endpoint.authority());
  if (!given("User-Agent")) append_header(fixed_, "User-Agent", "sluice/" + std::string{version});
  if (!given("Accept")) append_header(fixed_, "Accept", "*/*");
  append_header(fixed_, "Accept-Encoding", "identity");
  for (const header& h : headers) append_header(fixed_, h.name, h.value);
}

void request_head::append(std::string& out, std::string_view boundary, std::uint64_t content_length,
                          std::string_view key) const {
  out += fixed_;
  out.append("Content-Type: multipart/form-data; boundary=").append(boundary).append("\r\n");
  append_header(out, "Content-Length", std::to_string(content_length));
  if (!idempotency_header_.empty()) append_header(out, idempotency_header_, key);
  out += "\r\n";
}

}  // namespace sluice::core
