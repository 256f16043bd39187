#include "core/http/verdict.hpp"

#include "core/http/token.hpp"
#include "core/pacing/retry.hpp"

#include <sluice/error.hpp>
#include <sluice/text.hpp>

#include <algorithm>
#include <string_view>

namespace sluice::core {

// The outcomes that can reach judge(), from top to bottom; the first line that fits decides.
//
//   a reply, status below 200                      unknown    busy         reply_malformed
//   a reply, unframed                              unknown    busy         reply_unframed
//   2xx or in the set, request not wholly out      unknown    busy         early_reply
//   in the set, a rule does not hold               rejected*  file         refused_body
//   in the set, a digest or the size is not ours   transient  file         corrupted
//   in the set, a rule cannot be applied, or the   unknown!*  unconfirmed  unconfirmed
//   digest is not there
//   in the set                                     accepted   nobody
//   a status of `later`; 408 425 429,              transient  busy         busy_status
//   5xx but 501 505 511
//   another 2xx                                    unknown!*  unconfirmed  unconfirmed
//   3xx                                            rejected   refuses_us   redirected
//   407 of a proxy                                 rejected   refuses_us   proxy_auth_refused
//   401 407                                        rejected   refuses_us   auth_refused
//   any of those below, with Retry-After           transient  busy         busy_status
//   403                                            rejected   refuses_us   auth_refused
//   413 415 422                                    rejected*  file         refused_status
//   400 409, and others pass                       rejected*  file         refused_status
//   400 409                                        rejected*  perhaps_file refused_status
//   any other status                               rejected*  refuses_us   refused_request
//   no reply, the whole request sent               unknown    (see below)
//   no reply, a part of it or nothing              transient  (see below)
//
//   * transient with retry_all, and then nobody is refused for good. A refusal counts however early it came:
//   the
//     server has said no.
//   ! not tried again: the server would get the file once more, and say the same.
//
//   no reply: tls_identity, tls_pin_mismatch, tls_client_refused, proxy_identity            identity
//             proxy_auth_refused, proxy_refused                                             refuses_us
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

bool contains(const std::vector<int>& statuses, int status) {
  return std::ranges::find(statuses, status) != statuses.end();
}

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

/// Servers say so when plain HTTP comes to their port for HTTPS.
bool is_of_plain_http(const reply& r) {
  for (const auto said : {"plain HTTP request was sent to HTTPS port", "HTTP request to an HTTPS server",
                          "speaking plain HTTP to an SSL-enabled server port"})
    if (r.body.find(said) != std::string::npos) return true;
  return false;
}

bool is_html(const reply& r) {
  const auto begin = r.body.find_first_not_of(" \t\r\n");
  return lower(r.content_type).starts_with("text/html") ||
         (begin != std::string::npos && r.body[begin] == '<');
}

/// Delete rule (c), seen from the reply: every byte had left before it began, and every write went well.
bool followed_whole_request(const attempt_outcome& o) {
  return !o.early && o.request == sent::whole && !o.error;
}

/// The words around the byte where a body stops being JSON.
std::string around(std::string_view body, std::size_t at) {
  const auto begin = at - std::min<std::size_t>(at, 20);
  return printable(body.substr(begin, at - begin)) + " >>> " + printable(body.substr(at, 20));
}

/// Why the rule cannot be applied to the body.
std::string why_inapplicable(const reply& r, const json_rule& rule) {
  const auto wanted = "so nothing says that it is stored (" + printable(rule.text()) + ")";
  if (!r.coding.empty())
    return "its body is packed as '" + printable(r.coding) + "' although only 'identity' was accepted, " +
           wanted;
  if (r.cut)
    return "its body is longer than the " + std::to_string(r.body.size()) +
           " bytes that are kept of it (--reply-limit), " + wanted;
  if (r.body.empty()) return "it has no body, " + wanted;
  if (is_html(r))
    return "its body is an HTML page, perhaps one to log in, where JSON was expected, " + wanted + ": " +
           excerpt(r.body);
  const auto at = end_of_json(r.body).value_or(0);
  return "its body is no JSON from byte " + std::to_string(at + 1) + " on, " + wanted + ": " +
         around(r.body, at);
}

/// A rule for a field can always be applied.
std::string why_inapplicable(const reply&, const header_rule&) { return {}; }

std::string why_silent(const reply&, const header_rule& rule) {
  return "it has no header " + printable(rule.name()) + ", so nothing proves what is stored (" +
         printable(rule.text()) + ")";
}
std::string why_silent(const reply& r, const json_rule& rule) {
  return "its body has nothing there, so nothing proves what is stored (" + printable(rule.text()) +
         "): " + excerpt(r.body);
}

class judge_of_replies {
 public:
  judge_of_replies(const attempt_outcome& o, const success_rules& rules, bool others_pass, wall_time now,
                   const template_values& values)
      : outcome_{o}, reply_{*o.reply}, rules_{rules}, others_pass_{others_pass}, now_{now}, values_{values} {}

  judgement judge() const {
    const int status = reply_.status;
    const bool in_set = contains(rules_.statuses, status);
    if (status < 200) return because(verdict::unknown, blame::busy, errc::reply_malformed);
    if (!reply_.framed) return because(verdict::unknown, blame::busy, errc::reply_unframed);
    if ((in_set || status / 100 == 2) && !followed_whole_request(outcome_))
      return because(verdict::unknown, blame::busy, errc::early_reply);
    return in_set ? by_rules() : by_status();
  }

 private:
  /// The gravest answer decides: a refusal, then a disproof, then a doubt.
  judgement by_rules() const {
    std::optional<judgement> worst;
    const auto note = [&](const auto& rule, const finding& found) {
      if (found.what == finding::answer::holds) return;
      auto j = judgement_of(rule, found);
      if (!worst || gravity(j) > gravity(*worst)) worst = std::move(j);
    };
    for (const header_rule& rule : rules_.headers) note(rule, rule.ask(reply_.fields, values_));
    for (const json_rule& rule : rules_.json) {
      const bool applies = reply_.coding.empty() && !reply_.cut;
      note(rule, applies ? rule.ask(reply_.body, values_) : finding{finding::answer::inapplicable});
    }
    return worst ? std::move(*worst) : judgement{verdict::accepted, blame::nobody, {}, {}, {}};
  }

  template <class Rule>
  judgement judgement_of(const Rule& rule, const finding& found) const {
    const auto shown = printable(rule.text());
    switch (found.what) {
      case finding::answer::silent:
        return unconfirmed(why_silent(reply_, rule));
      case finding::answer::inapplicable:
        return unconfirmed(why_inapplicable(reply_, rule));
      case finding::answer::disproves: {
        judgement j{verdict::transient, blame::file, errc::corrupted, {}, {}};
        j.reason = "the server has other bytes than were sent: " + shown + " is " + printable(found.theirs) +
                   " there, and " + found.ours + " here";
        j.disproved = disproof{rule.text(), found.ours, found.theirs};
        return j;
      }
      default:
        return refusal(blame::file, errc::refused_body, describe(reply_, "but not " + shown));
    }
  }
  static int gravity(const judgement& j) noexcept {
    return j.error == errc::refused_body ? 2 : j.error == errc::corrupted ? 1 : 0;
  }

  judgement by_status() const {
    const int status = reply_.status;
    if (contains(rules_.later, status) || means_later(status)) return later(retry_after());
    if (status / 100 == 2)
      return unconfirmed("the server took it, but " + std::to_string(status) + " is not in --success-status");
    if (status / 100 == 3) return because(verdict::rejected, blame::refuses_us, errc::redirected);
    if (status == 401) return because(verdict::rejected, blame::refuses_us, errc::auth_refused);
    if (status == 407)
      return because(verdict::rejected, blame::refuses_us,
                     rules_.proxy_replies ? errc::proxy_auth_refused : errc::auth_refused);
    if (const auto wait = retry_after()) return later(wait);
    switch (status) {
      case 403:
        return because(verdict::rejected, blame::refuses_us, errc::auth_refused);
      case 413:
      case 415:
      case 422:
        return refusal(blame::file, errc::refused_status);
      case 400:
        if (is_of_plain_http(reply_))
          return refusal(blame::refuses_us, errc::refused_request,
                         "plain HTTP was sent to a port for HTTPS; write https:// in the URL");
        [[fallthrough]];
      case 409:
        return refusal(others_pass_ ? blame::file : blame::perhaps_file, errc::refused_status);
      default:
        return refusal(blame::refuses_us, errc::refused_request);
    }
  }

  std::string describe_error(errc why) const { return describe(reply_, make_error_code(why).message()); }
  judgement because(verdict v, blame b, errc why) const { return {v, b, why, describe_error(why), {}}; }
  std::optional<std::chrono::seconds> retry_after() const {
    return parse_retry_after(reply_.retry_after, reply_.date, now_);
  }
  judgement later(std::optional<std::chrono::seconds> wait) const {
    auto j = because(verdict::transient, blame::busy, errc::busy_status);
    j.retry_after = wait;
    return j;
  }

  /// A refusal: for good, unless every refusal is to be tried again.
  judgement refusal(blame b, errc why, std::string reason = {}) const {
    if (reason.empty()) reason = describe_error(why);
    if (!rules_.retry_all) return {verdict::rejected, b, why, std::move(reason), {}};
    return {verdict::transient, is_of_one_upload(b) ? b : blame::busy, why, std::move(reason), retry_after()};
  }
  judgement unconfirmed(std::string why) const {
    return {.verdict = verdict::unknown,
            .blame = blame::unconfirmed,
            .error = errc::unconfirmed,
            .reason = "status " + std::to_string(reply_.status) + ", " + std::move(why),
            .retry_after = {},
            .again = rules_.retry_all};
  }

  const attempt_outcome& outcome_;
  const reply& reply_;
  const success_rules& rules_;
  bool others_pass_;
  wall_time now_;
  const template_values& values_;
};

/// The errors met before the kernel took a byte: they tell that no connection can be made, not that a
/// connection was lost.
bool is_of_connecting(const error_code& e) {
  if (e.category() != error_category()) return true;  // the operating system's: refused, no route, no port
  switch (static_cast<errc>(e.value())) {
    case errc::host_not_found:
    case errc::resolver_failed:
    case errc::no_such_interface:
    case errc::connect_timeout:
    case errc::tls_failed:
    case errc::attempt_timeout:
    case errc::proxy_unreachable:
    case errc::proxy_cannot_reach:
    case errc::proxy_failed:
      return true;
    default:
      return false;
  }
}

blame blame_for_silence(sent request, const error_code& e) {
  if (e == errc::tls_identity || e == errc::tls_pin_mismatch || e == errc::tls_client_refused ||
      e == errc::proxy_identity)
    return blame::identity;
  if (e == errc::proxy_auth_refused || e == errc::proxy_refused) return blame::refuses_us;
  if (request == sent::nothing && is_of_connecting(e)) return blame::unreachable;
  return blame::busy;
}

judgement judge_silence(const attempt_outcome& o) {
  const error_code why = o.error ? o.error : make_error_code(errc::connection_lost);
  const bool whole = o.request == sent::whole;
  std::string reason = why.message();
  if (whole) reason += ", after the whole request had been sent";
  // A proxy that says no says it again, and would hear the password again.
  const bool refused = why == errc::proxy_auth_refused || why == errc::proxy_refused;
  return {.verdict = whole ? verdict::unknown : verdict::transient,
          .blame = blame_for_silence(o.request, why),
          .error = why,
          .reason = std::move(reason),
          .retry_after = {},
          .again = !refused};
}

}  // namespace

bool is_of_proxy(const error_code& e) noexcept {
  for (const auto proxys : {errc::proxy_unreachable, errc::proxy_identity, errc::proxy_auth_refused,
                            errc::proxy_refused, errc::proxy_cannot_reach, errc::proxy_failed})
    if (e == proxys) return true;
  return false;
}

digest_set success_rules::digests() const noexcept {
  digest_set all;
  for (const auto& rule : json) all |= rule.digests();
  for (const auto& rule : headers) all |= rule.digests();
  return all;
}

const std::string* success_rules::missing_member(const template_values& values) const noexcept {
  for (const auto& rule : json)
    if (const auto* name = rule.missing_member(values)) return name;
  for (const auto& rule : headers)
    if (const auto* name = rule.missing_member(values)) return name;
  return nullptr;
}

judgement judge(const attempt_outcome& outcome, const success_rules& rules, bool others_pass, wall_time now,
                const template_values& values) {
  return outcome.reply ? judge_of_replies{outcome, rules, others_pass, now, values}.judge()
                       : judge_silence(outcome);
}

}  // namespace sluice::core
