#include "core/verdict.hpp"

#include "core/retry.hpp"

#include <sluice/error.hpp>
#include <sluice/text.hpp>

#include <algorithm>
#include <string_view>

namespace sluice::core {

// What can reach judge(), from top to bottom; the first line that fits decides.
//
//   a reply, status below 200                      unknown    busy         reply_malformed
//   a reply, unframed                              unknown    busy         reply_unframed
//   2xx or in the set, request not wholly out      unknown    busy         early_reply
//   in the set, a body rule does not hold          rejected*  file         refused_body
//   in the set                                     accepted   nobody
//   3xx                                            rejected   refuses_us   redirected
//   401 403 407                                    rejected   refuses_us   auth_refused
//   408 425 429, 5xx but 501 505 511               transient  busy         busy_status
//   any other status                               rejected*  file         refused_status
//   no reply, the whole request sent               unknown    (see below)
//   no reply, a part of it or nothing              transient  (see below)
//
//   * transient with retry_all. A refusal counts however early it came: the server has said no.
//
//   no reply: tls_identity, tls_pin_mismatch, tls_client_refused                            identity
//             nothing sent, and the error is one of making a connection                     unreachable
//             anything else: lost, stalled, malformed, too large, out of time               busy
namespace {

using boost::system::error_code;

constexpr std::size_t excerpt_bytes = 120;

std::string excerpt(std::string_view body) {
  if (body.size() <= excerpt_bytes) return printable(body);
  std::size_t size = excerpt_bytes;
  while (size > excerpt_bytes - 3 && !is_utf8(body.substr(0, size))) --size;
  return printable(body.substr(0, size)) + "...";
}

std::string describe(const reply& r, std::string_view what) {
  std::string text = "status " + std::to_string(r.status);
  text.append(", ").append(what);
  if (!r.body.empty()) text.append(": ").append(excerpt(r.body));
  return text;
}

std::string describe(const reply& r, errc why) { return describe(r, make_error_code(why).message()); }

bool means_later(int status) {
  switch (status) {
    case 408:
    case 425:
    case 429:
      return true;
    case 501:
    case 505:
    case 511:
      return false;
    default:
      return status / 100 == 5;
  }
}

bool refuses_credentials(int status) { return status == 401 || status == 403 || status == 407; }

/// Delete rule (c), seen from the reply: every byte had left before it began, and every write went well.
bool followed_whole_request(const attempt_outcome& o) {
  return !o.early && o.request == sent::whole && !o.error;
}

/// A refusal of this upload: for good, unless every refusal is to be tried again.
judgement refusal(errc why, std::string reason, bool retry_all) {
  return {retry_all ? verdict::transient : verdict::rejected, blame::file, why, std::move(reason), {}};
}

judgement judge_status(const reply& r, bool retry_all) {
  const auto because = [&](verdict v, blame b, errc why) {
    return judgement{v, b, why, describe(r, why), {}};
  };
  if (r.status / 100 == 3) return because(verdict::rejected, blame::refuses_us, errc::redirected);
  if (refuses_credentials(r.status)) return because(verdict::rejected, blame::refuses_us, errc::auth_refused);
  if (means_later(r.status)) return because(verdict::transient, blame::busy, errc::busy_status);
  return refusal(errc::refused_status, describe(r, errc::refused_status), retry_all);
}

judgement judge_reply(const attempt_outcome& o, const reply& r, const success_rules& rules, bool retry_all) {
  const bool in_set = std::ranges::find(rules.statuses, r.status) != rules.statuses.end();
  const auto unknown = [&](errc why) {
    return judgement{verdict::unknown, blame::busy, why, describe(r, why), {}};
  };
  if (r.status < 200) return unknown(errc::reply_malformed);
  if (!r.framed) return unknown(errc::reply_unframed);
  if ((in_set || r.status / 100 == 2) && !followed_whole_request(o)) return unknown(errc::early_reply);
  if (!in_set) return judge_status(r, retry_all);
  for (const json_rule& rule : rules.json)
    if (!rule.holds(r.body))
      return refusal(errc::refused_body, describe(r, "but not " + printable(rule.text())), retry_all);
  return {verdict::accepted, blame::nobody, {}, {}, {}};
}

/// Of errors met before the kernel took a byte: they tell that no connection can be made, not that one was
/// lost.
bool is_of_connecting(const error_code& e) {
  if (e.category() != error_category()) return true;  // the operating system's: refused, no route, no port
  switch (static_cast<errc>(e.value())) {
    case errc::host_not_found:
    case errc::resolver_failed:
    case errc::connect_timeout:
    case errc::tls_failed:
    case errc::attempt_timeout:
      return true;
    default:
      return false;
  }
}

blame blame_for_silence(sent request, const error_code& e) {
  if (e == errc::tls_identity || e == errc::tls_pin_mismatch || e == errc::tls_client_refused)
    return blame::identity;
  if (request == sent::nothing && is_of_connecting(e)) return blame::unreachable;
  return blame::busy;
}

judgement judge_silence(const attempt_outcome& o) {
  const error_code why = o.error ? o.error : make_error_code(errc::connection_lost);
  const bool whole = o.request == sent::whole;
  std::string reason = why.message();
  if (whole) reason += ", after the whole request had been sent";
  return {whole ? verdict::unknown : verdict::transient,
          blame_for_silence(o.request, why),
          why,
          std::move(reason),
          {}};
}

}  // namespace

judgement judge(const attempt_outcome& outcome, const success_rules& rules, bool retry_all, wall_time now) {
  if (!outcome.reply) return judge_silence(outcome);
  judgement j = judge_reply(outcome, *outcome.reply, rules, retry_all);
  if (j.verdict == verdict::transient)
    j.retry_after = parse_retry_after(outcome.reply->retry_after, outcome.reply->date, now);
  return j;
}

}  // namespace sluice::core
