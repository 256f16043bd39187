// The verdict is what an attempt means. Only this file turns replies and errors into verdicts.
#pragma once

#include "core/http/header_rule.hpp"
#include "core/http/json_rule.hpp"
#include "core/time.hpp"

#include <sluice/attempt.hpp>
#include <sluice/result.hpp>

#include <boost/system/error_code.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sluice::core {

using sluice::verdict;

/// The blame says whom a failed attempt speaks of; the breaker listens to it.
enum class blame {
  nobody,        ///< a success
  file,          ///< only this upload: its content or its name
  perhaps_file,  ///< the fault is of this upload or of how we ask: 400 or 409 while no other upload was
                 ///< accepted
  unconfirmed,   ///< the reply says neither yes nor no as configured
  busy,          ///< the endpoint, in passing: 429, 5xx, connections lost
  unreachable,   ///< no connection can be made
  refuses_us,    ///< no upload as configured can succeed: 401, 403, 404, 407, 3xx
  identity,      ///< the endpoint is not whom we were told to trust, or refuses our certificate
};

/// The blame is one that an endpoint gives to each file alike when the fault is not the files'.
constexpr bool is_of_one_upload(blame b) noexcept {
  return b == blame::file || b == blame::perhaps_file || b == blame::unconfirmed;
}

/// The error speaks of the proxy, not of the endpoint behind it.
bool is_of_proxy(const boost::system::error_code& e) noexcept;

/// How much of the request the kernel took.
enum class sent { nothing, part, whole };

/// A complete final (≥ 200) reply.
struct reply {
  int status = 0;
  /// The reply's end is certain: by length, by chunks to the last one, by a status without a body, or by the
  /// end that TLS gave the connection (RFC 9112 §6.3, §8).
  bool framed = false;
  std::string body;    ///< the first bytes of the body, as many as are kept; unpacked where they came packed
  bool cut = false;    ///< the body has more than what is kept
  std::string coding;  ///< the body could not be unpacked: it is packed so; empty: it is plain
  std::string retry_after;  ///< header values, empty when absent
  std::string date;         ///< only beside retry_after, whose date it is compared with
  std::string content_type;
  std::string keep_alive;
  reply_fields fields{};  ///< the fields that rules ask for
};

/// The facts that are known after an attempt.
struct attempt_outcome {
  sent request = sent::nothing;
  bool early = false;                ///< the reply's first byte was read while request bytes were unsent
  std::optional<core::reply> reply;  ///< when one came to its end
  boost::system::error_code error;   ///< when none did; also of a write that failed beside a reply
};

/// The meaning of replies, as configured.
struct success_rules {
  std::vector<int> statuses;
  std::vector<json_rule> json;
  std::vector<header_rule> headers{};
  std::vector<int> later{};    ///< more statuses that mean "later"
  bool retry_all = false;      ///< every refusal but 401, 403, 407 and 3xx is transient
  bool proxy_replies = false;  ///< requests go to an HTTP proxy, so that a 407 is the proxy's

  /// The digests that the rules compare.
  digest_set digests() const noexcept;
  /// The name of a `{@NAME}` in a rule that `values` do not have; null: all are there.
  const std::string* missing_member(const template_values& values) const noexcept;
};

struct judgement {
  core::verdict verdict = core::verdict::unknown;
  core::blame blame = core::blame::nobody;
  boost::system::error_code error;  ///< an errc, or the operating system's; none when accepted
  std::string reason;               ///< one line for the job log, empty when accepted
  std::optional<std::chrono::seconds> retry_after;
  bool again = true;  ///< unless rejected or accepted: another attempt could bring more
  std::optional<disproof> disproved = std::nullopt;  ///< the rule that is broken, with errc::corrupted
};

/// Total: every outcome has a judgement; only a complete, framed reply within the rules that was not early is
/// `accepted`. `others_pass`: another upload was accepted before, so that a 400 or 409 speaks of this one.
/// `values`: those of the upload, for rules with templates; the digests are of the bytes that were sent.
///
/// Statuses that mean "later": 408 425 429, 5xx but 501, 505 and 511, those of `later`, and each refusal with
/// Retry-After but 401 and 407.
judgement judge(const attempt_outcome& outcome, const success_rules& rules, bool others_pass, wall_time now,
                const template_values& values = {});

}  // namespace sluice::core
