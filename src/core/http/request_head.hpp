// The head of a request (RFC 9112 §3, §5): what is the same for all requests is rendered once.
#pragma once

#include "core/http/field_template.hpp"
#include "core/http/url.hpp"
#include "core/parsed.hpp"

#include <sluice/config.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::core {

/// The owner of a Host header.
enum class host_header { of_url, of_caller };

/// Returns an empty string, or why this header cannot be sent: not a token, CR, LF or NUL in the value, or
/// one that sluice writes itself (Content-Length, Content-Type unless the body is raw, Transfer-Encoding,
/// Connection, Expect, TE, Trailer, Upgrade, Accept-Encoding, the idempotency header's name, and Host unless
/// it is the caller's).
std::string header_problem(const header& h, std::string_view idempotency_header,
                           body_kind body = body_kind::form, host_header host = host_header::of_url);

/// A header whose value may hold templates; braces that are none stay as they are.
struct header_template {
  std::string name;
  field_template value;
};

/// The headers, compiled. `groups`: see field_template::parse().
std::vector<header_template> compile_headers(const std::vector<header>& headers,
                                             std::span<const std::string> groups);

/// The parts of a head that differ from request to request.
struct head_values {
  std::string_view method{}, target{};
  std::string_view content_type{};  ///< a form's ends before the boundary
  std::string_view boundary{};      ///< empty: the body is no form
  std::uint64_t content_length = 0;
  std::span<const header_template> own{};  ///< instead of those of the same name
};

class request_head {
 public:
  /// `to_proxy`: what an HTTP proxy is told with each request, which then has the absolute form (RFC 9112
  /// §3.2.2); null: the endpoint gets it itself.
  request_head(const url& endpoint, std::vector<header_template> headers, std::string_view idempotency_header,
               const std::vector<header>* to_proxy = nullptr);

  /// Appends request line, headers and the empty line to `out`. Returns an empty string, or which header
  /// cannot be sent: its value would have a line end or another control character.
  std::string append(std::string& out, const head_values& parts, const template_values& values) const;

  /// The digests that the headers need.
  digest_set digests() const noexcept;
  /// The name of a `{@NAME}` in a header that `values` do not have; null: all are there.
  const std::string* missing_member(const template_values& values) const noexcept;

 private:
  std::string append_lines(std::string& out, std::span<const header_template> own,
                           const template_values& values) const;

  std::string before_target_;  ///< the origin, where the request goes to a proxy
  std::string host_;           ///< the Host header
  std::string fixed_;          ///< Accept-Encoding, and what the proxy is told
  std::vector<header_template> headers_;
  bool types_body_;                 ///< Content-Type is among them
  std::string lines_;               ///< the lines of each request without own headers; empty: they differ
  std::string idempotency_header_;  ///< empty: off
};

}  // namespace sluice::core
