// What an attempt means: the one place where replies and errors become verdicts.
#pragma once

#include "core/json_rule.hpp"
#include "core/time.hpp"

#include <sluice/attempt.hpp>

#include <boost/system/error_code.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sluice::core {

using sluice::verdict;

/// Whom a failed attempt speaks of; the breaker listens to it.
enum class blame {
  nobody,       ///< a success
  file,         ///< this upload only
  busy,         ///< the endpoint, in passing: 429, 5xx, connections lost
  unreachable,  ///< no connection can be made
  refuses_us,   ///< no upload as configured can succeed: 401, 403, 407, 3xx
  identity,     ///< the endpoint is not whom we were told to trust, or refuses our certificate
};

/// How much of the request the kernel took.
enum class sent { nothing, part, whole };

/// A complete final (≥ 200) reply.
struct reply {
  int status = 0;
  bool framed = false;      ///< by length, chunked to its last chunk, or without a body (RFC 9112 §6.3)
  std::string body;         ///< at most 64 KiB
  std::string retry_after;  ///< header values, empty when absent
  std::string date;
};

/// What is known after an attempt.
struct attempt_outcome {
  sent request = sent::nothing;
  bool early = false;                ///< the reply's first byte was read while request bytes were unsent
  std::optional<core::reply> reply;  ///< when one came to its end
  boost::system::error_code error;   ///< when none did; also of a write that failed beside a reply
};

struct success_rules {
  std::vector<int> statuses;
  std::vector<json_rule> json;
};

struct judgement {
  core::verdict verdict = core::verdict::unknown;
  core::blame blame = core::blame::nobody;
  boost::system::error_code error;  ///< an errc, or the operating system's; none when accepted
  std::string reason;               ///< one line for the job log, empty when accepted
  std::optional<std::chrono::seconds> retry_after;
};

/// Total: every outcome has a judgement; only a complete, framed reply within the rules that was not early is
/// `accepted`.
///
/// Statuses that mean "later": 408 425 429 and 5xx but 501, 505, 511. With `retry_all` every refusal but
/// 401, 403, 407 and 3xx is transient.
judgement judge(const attempt_outcome& outcome, const success_rules& rules, bool retry_all, wall_time now);

}  // namespace sluice::core
