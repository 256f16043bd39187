// The head of the POST (RFC 9112 §3, §5): what is the same for all requests is rendered once.
#pragma once

#include "core/parsed.hpp"
#include "core/url.hpp"

#include <sluice/config.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::core {

/// Nothing, or why this header cannot be sent: not a token, CR, LF or NUL in the value, or one that sluice
/// writes itself (Host, Content-Length, Content-Type, Transfer-Encoding, Connection, Expect, TE, Trailer,
/// Upgrade, Accept-Encoding, and the idempotency header's name).
std::string header_problem(const header& h, std::string_view idempotency_header);

class request_head {
 public:
  request_head(const url& endpoint, const std::vector<header>& headers, std::string_view idempotency_header);

  /// Appends request line, headers and the empty line to `out`.
  void append(std::string& out, std::string_view boundary, std::uint64_t content_length,
              std::string_view key) const;

 private:
  std::string fixed_;               ///< request line, Host, User-Agent, Accept…, the caller's headers
  std::string idempotency_header_;  ///< empty: off
};

}  // namespace sluice::core
