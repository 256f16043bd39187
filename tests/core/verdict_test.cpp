#include "core/http/verdict.hpp"

#include <sluice/error.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <array>
#include <boost/system/errc.hpp>
#include <ostream>

namespace sluice::core {

void PrintTo(verdict v, std::ostream* out) {
  constexpr std::array names{"accepted", "rejected", "transient", "unknown"};
  *out << names[static_cast<std::size_t>(v)];
}

void PrintTo(blame b, std::ostream* out) {
  constexpr std::array names{"nobody", "file",        "perhaps_file", "unconfirmed",
                             "busy",   "unreachable", "refuses_us",   "identity"};
  *out << names[static_cast<std::size_t>(b)];
}

namespace {

using boost::system::error_code;
using std::chrono::seconds;
using testing::EndsWith;

const wall_time now = std::chrono::sys_days{std::chrono::year{2026} / 11 / 23};

error_code os(int value) { return {value, boost::system::system_category()}; }

success_rules rules(std::vector<int> statuses = {200, 201, 204}, std::vector<std::string> json = {}) {
  success_rules r{std::move(statuses), {}};
  for (const auto& text : json) r.json.push_back(json_rule::parse(text).value());
  return r;
}

/// So much was sent, then no reply came, for this reason.
attempt_outcome silent(sent request, error_code e = {}) {
  attempt_outcome o;
  o.request = request;
  o.error = e;
  return o;
}

/// The whole request was sent, then a complete framed reply came.
attempt_outcome replied(int status, std::string body = {}) {
  attempt_outcome o = silent(sent::whole);
  o.reply.emplace();
  o.reply->status = status;
  o.reply->framed = true;
  o.reply->body = std::move(body);
  return o;
}

attempt_outcome early(int status) {
  attempt_outcome o = replied(status);
  o.early = true;
  o.request = sent::part;
  return o;
}

judgement judge_by(success_rules r, const attempt_outcome& o, bool retry_all = false) {
  r.retry_all = retry_all;
  return judge(o, r, true, now);
}
judgement judged(const attempt_outcome& o, bool retry_all = false) { return judge_by(rules(), o, retry_all); }

struct expectation {
  core::verdict verdict;
  core::blame blame;
  error_code error;
};

void expect(const judgement& j, const expectation& e) {
  EXPECT_EQ(j.verdict, e.verdict);
  EXPECT_EQ(j.blame, e.blame);
  EXPECT_EQ(j.error, e.error);
  EXPECT_EQ(j.reason.empty(), e.verdict == verdict::accepted) << j.reason;
}

const expectation accepted{verdict::accepted, blame::nobody, {}};
const expectation refused{verdict::rejected, blame::file, errc::refused_status};
const expectation refused_alike{verdict::rejected, blame::refuses_us, errc::refused_request};
const expectation unconfirmed{verdict::unknown, blame::unconfirmed, errc::unconfirmed};
const expectation redirected{verdict::rejected, blame::refuses_us, errc::redirected};
const expectation auth{verdict::rejected, blame::refuses_us, errc::auth_refused};
const expectation proxy_auth{verdict::rejected, blame::refuses_us, errc::proxy_auth_refused};
const expectation later{verdict::transient, blame::busy, errc::busy_status};
const expectation early_success{verdict::unknown, blame::busy, errc::early_reply};

TEST(verdict, of_a_whole_reply_by_status) {
  const std::vector<std::pair<std::vector<int>, expectation>> table{
      {{200, 201, 204}, accepted},
      {{202, 203, 205, 206, 299}, unconfirmed},
      {{300, 301, 302, 303, 304, 307, 308, 399}, redirected},
      {{401, 403, 407}, auth},
      {{408, 425, 429, 500, 502, 503, 504, 522, 524, 599}, later},
      {{400, 409, 413, 415, 422}, refused},
      {{402, 404, 405, 406, 410, 411, 414, 417, 421, 426, 431, 451, 499, 501, 505, 511}, refused_alike},
      {{600, 999}, refused_alike},
  };
  for (const auto& [statuses, expected] : table)
    for (const int status : statuses) {
      SCOPED_TRACE(status);
      expect(judged(replied(status)), expected);
    }
}

TEST(verdict, of_a_407_where_a_proxy_replies_speaks_of_the_proxy) {
  auto r = rules();
  r.proxy_replies = true;
  expect(judge_by(r, replied(407)), proxy_auth);
  expect(judge_by(r, replied(401)), auth);
}

TEST(verdict, of_an_early_reply_a_yes_is_not_believed_and_a_no_is) {  // rows 38, 39
  const std::vector<std::pair<std::vector<int>, expectation>> table{
      {{200, 201, 204, 202, 206, 299}, early_success},
      {{400, 413}, refused},
      {{404, 501}, refused_alike},
      {{401, 403, 407}, auth},
      {{301, 302}, redirected},
      {{408, 429, 500, 503}, later},
  };
  for (const auto& [statuses, expected] : table)
    for (const int status : statuses) {
      SCOPED_TRACE(status);
      expect(judged(early(status)), expected);
    }
}

TEST(verdict, of_a_success_needs_every_byte_to_have_left_before_and_well) {
  for (const sent request : {sent::nothing, sent::part}) {
    auto o = replied(200);
    o.request = request;
    expect(judged(o), early_success);
  }
  auto overtaken = replied(200);
  overtaken.early = true;  // the rest went out beside the reply
  expect(judged(overtaken), early_success);

  auto failed_write = replied(200);
  failed_write.error = os(boost::system::errc::broken_pipe);
  expect(judged(failed_write), early_success);
}

TEST(verdict, of_a_status_that_the_user_calls_success_beats_every_table) {
  for (const int status : {202, 302, 401, 404, 429, 500, 503}) {
    SCOPED_TRACE(status);
    const auto set = rules({status});
    expect(judge_by(set, replied(status)), accepted);
    expect(judge_by(set, early(status)), early_success);
    auto unframed = replied(status);
    unframed.reply->framed = false;
    expect(judge_by(set, unframed), {verdict::unknown, blame::busy, errc::reply_unframed});
  }
  expect(judge_by(rules({202}), replied(200)), unconfirmed);
  expect(judge_by(rules({}), replied(200)), unconfirmed);
}

TEST(verdict, of_a_reply_that_may_have_been_cut_is_unknown) {  // row 33
  for (const int status : {200, 204, 206, 302, 401, 413, 503}) {
    auto o = replied(status);
    o.reply->framed = false;
    expect(judged(o), {verdict::unknown, blame::busy, errc::reply_unframed});
  }
}

TEST(verdict, of_an_interim_status_is_unknown_even_when_it_is_in_the_set) {
  for (const int status : {-1, 0, 100, 101, 199})
    expect(judge_by(rules({status, 200}), replied(status), true),
           {verdict::unknown, blame::busy, errc::reply_malformed});
}

/// A file of five bytes.
const digests of_five = [] {
  digests d;
  d[digest_kind::crc32] = "abcd";
  return d;
}();
const template_values five{.path = "a.jpg", .size = 5, .digests = &of_five};
const expectation corrupted{verdict::transient, blame::file, errc::corrupted};

judgement judge_proof(const success_rules& r, const attempt_outcome& o) {
  return judge(o, r, true, now, five);
}

TEST(verdict, of_another_digest_than_ours_is_that_the_server_has_other_bytes) {
  const auto by_body = rules({200}, {R"(/crc="{crc32}")", "/size={size}"});
  expect(judge_proof(by_body, replied(200, R"({"crc":"61626364","size":5})")), accepted);
  const auto wrong = judge_proof(by_body, replied(200, R"({"crc":"61626365","size":5})"));
  expect(wrong, corrupted);
  EXPECT_TRUE(wrong.again);
  ASSERT_TRUE(wrong.disproved);
  EXPECT_EQ(wrong.disproved->rule, R"(/crc="{crc32}")");
  EXPECT_EQ(wrong.disproved->ours, "61626364");
  EXPECT_EQ(wrong.disproved->theirs, "61626365");
  EXPECT_EQ(
      wrong.reason,
      "the server has other bytes than were sent: /crc=\"{crc32}\" is 61626365 there, and 61626364 here");
  expect(judge_proof(by_body, replied(200, R"({"crc":"61626364","size":6})")), corrupted);
  expect(judge_proof(by_body, replied(200, R"({"crc":"61626364"})")), unconfirmed);
  expect(judge_proof(by_body, replied(200, "<html>")), unconfirmed);
  expect(judge_proof(by_body, replied(413, R"({"crc":"61626365","size":5})")), refused);
  expect(judge_proof(by_body, early(200)), early_success);
}

TEST(verdict, of_a_header_with_a_digest) {
  auto by_header = rules({200}, {"/code=0"});
  by_header.headers.push_back(header_rule::parse(R"(ETag="{crc32}")").value());
  auto o = replied(200, R"({"code":0})");
  expect(judge_proof(by_header, o), unconfirmed);
  o.reply->fields = {{"ETag", "\"61626364\""}};
  expect(judge_proof(by_header, o), accepted);
  o.reply->fields = {{"ETag", "\"x\x1b\n\""}};
  const auto wrong = judge_proof(by_header, o);
  expect(wrong, corrupted);
  EXPECT_EQ(wrong.reason.find_first_of("\x1b\n"), std::string::npos);
  o.reply->body = R"({"code":1})";
  expect(judge_proof(by_header, o), {verdict::rejected, blame::file, errc::refused_body});
  EXPECT_FALSE(judge_proof(by_header, o).disproved);
  EXPECT_TRUE(by_header.digests().contains(digest_kind::crc32));
}

TEST(verdict, of_a_body_follows_every_rule) {  // row 50
  const auto set = rules({200, 204}, {"/code=0", "/data/id=\"a\""});
  const expectation no{verdict::rejected, blame::file, errc::refused_body};
  expect(judge_by(set, replied(200, R"({"code":0,"data":{"id":"a"}})")), accepted);
  expect(judge_by(set, replied(200, R"({"code":0,"data":{"id":"b"}})")), no);
  expect(judge_by(set, replied(200, R"({"code":1,"data":{"id":"a"}})")), no);
  expect(judge_by(set, replied(200, "<html>log in</html>")), unconfirmed);
  expect(judge_by(set, replied(204)), unconfirmed);
  expect(judge_by(set, replied(200, "{}"), true), {verdict::transient, blame::file, errc::refused_body});
}

TEST(verdict, with_retry_all_turns_refusals_of_a_file_only) {
  for (const int status : {400, 413, 422})
    expect(judged(replied(status), true), {verdict::transient, blame::file, errc::refused_status});
  for (const int status : {404, 501, 505, 511, 600})
    expect(judged(replied(status), true), {verdict::transient, blame::busy, errc::refused_request});
  expect(judged(replied(206), true), unconfirmed);
  EXPECT_TRUE(judged(replied(206), true).again);
  for (const int status : {301, 302}) expect(judged(replied(status), true), redirected);
  for (const int status : {401, 403, 407}) expect(judged(replied(status), true), auth);
  expect(judged(replied(503), true), later);
  expect(judged(replied(200), true), accepted);
  expect(judged(early(200), true), early_success);
}

TEST(verdict, carries_retry_after_with_what_will_be_tried_again) {  // row 49
  const auto with = [](int status, std::string value, std::string date = {}) {
    auto o = replied(status);
    o.reply->retry_after = std::move(value);
    o.reply->date = std::move(date);
    return o;
  };
  EXPECT_EQ(judged(with(503, "120")).retry_after, seconds{120});
  EXPECT_EQ(judged(with(429, "1000000000")).retry_after, seconds{3600});
  EXPECT_EQ(judged(with(503, "Mon, 23 Nov 2026 00:01:00 GMT")).retry_after, seconds{60});
  EXPECT_EQ(judged(with(503, "Mon, 23 Nov 2026 00:01:00 GMT", "Mon, 23 Nov 2026 00:00:50 GMT")).retry_after,
            seconds{10});
  EXPECT_EQ(judged(with(503, "-1")).retry_after, std::nullopt);
  EXPECT_EQ(judged(with(503, "soon")).retry_after, std::nullopt);
  for (const int status : {400, 403, 404, 409, 413, 422, 423}) {  // a refusal that ends
    expect(judged(with(status, "120")), later);
    EXPECT_EQ(judged(with(status, "120")).retry_after, seconds{120});
  }
  EXPECT_EQ(judged(with(413, "120"), true).retry_after, seconds{120});
  expect(judged(with(413, "soon")), refused);
  for (const int status : {401, 407}) expect(judged(with(status, "120")), auth);
  expect(judged(with(302, "120")), redirected);
  EXPECT_EQ(judged(with(200, "120")).retry_after, std::nullopt);
}

// `--retry-status`
TEST(verdict, of_a_status_that_the_user_calls_later_is_later) {
  auto set = rules();
  set.later = {404, 202, 302, 403};
  for (const int status : set.later) expect(judge_by(set, replied(status)), later);
  expect(judge_by(set, replied(405)), refused_alike);
  set.statuses.push_back(404);
  expect(judge_by(set, replied(404)), accepted);
}

// A wrong endpoint says 400 to every file: only where others pass it speaks of this one.
TEST(verdict, of_400_and_409_blames_the_file_once_others_pass) {
  for (const int status : {400, 409}) {
    expect(judge(replied(status), rules(), false, now),
           {verdict::rejected, blame::perhaps_file, errc::refused_status});
    expect(judge(replied(status), rules(), true, now), refused);
  }
  for (const int status : {413, 415, 422}) expect(judge(replied(status), rules(), false, now), refused);
}

// The server may have stored it: to send it again would only store it twice.
TEST(verdict, of_a_reply_that_confirms_nothing_is_not_asked_for_again) {
  const auto set = rules({200, 204}, {"/code=0"});
  const auto reason = [&](const attempt_outcome& o) {
    const auto j = judge_by(set, o);
    expect(j, unconfirmed);
    EXPECT_FALSE(j.again);
    return j.reason;
  };
  EXPECT_EQ(reason(replied(202)), "status 202, the server took it, but 202 is not in --success-status");
  EXPECT_EQ(reason(replied(204)), "status 204, it has no body, so nothing says that it is stored (/code=0)");
  EXPECT_EQ(reason(replied(200, R"({"code":NaN})")),
            "status 200, its body is no JSON from byte 9 on, so nothing says that it is stored (/code=0): "
            R"({"code": >>> NaN})");
  EXPECT_EQ(reason(replied(200, R"({"code":0)")),
            "status 200, its body is no JSON from byte 10 on, so nothing says that it is stored (/code=0): "
            R"({"code":0 >>> )");
  EXPECT_EQ(
      reason(replied(200, "\n <!DOCTYPE html><title>Log in")),
      "status 200, its body is an HTML page, perhaps one to log in, where JSON was expected, so nothing says "
      "that it is stored (/code=0): \\x0a <!DOCTYPE html><title>Log in");
  auto page = replied(200, "Please log in");
  page.reply->content_type = "Text/HTML; charset=utf-8";
  EXPECT_THAT(reason(page), testing::HasSubstr("HTML page"));
  auto long_one = replied(200, R"({"code":0})");
  long_one.reply->cut = true;
  EXPECT_THAT(reason(long_one),
              testing::HasSubstr("longer than the 10 bytes that are kept of it (--reply-limit)"));
  auto packed = replied(200, "\x1f\x8b");
  packed.reply->coding = "br";
  EXPECT_THAT(reason(packed), testing::HasSubstr("packed as 'br' although only 'identity' was accepted"));
  packed.reply->status = 413, long_one.reply->status = 413;
  expect(judged(packed), refused);
  long_one.reply->status = 200;
  expect(judged(long_one), accepted);
}

TEST(verdict, of_plain_http_on_an_https_port_says_so) {
  for (const auto body : {"<center>The plain HTTP request was sent to HTTPS port</center>",
                          "Client sent an HTTP request to an HTTPS server.\n",
                          "Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />"}) {
    const auto j = judged(replied(400, body));
    expect(j, refused_alike);
    EXPECT_EQ(j.reason, "plain HTTP was sent to a port for HTTPS; write https:// in the URL");
  }
}

TEST(verdict, of_silence_is_unknown_only_when_the_whole_request_left) {  // rows 32, 36, 37
  for (const error_code& e : {error_code{errc::connection_lost}, error_code{errc::stalled},
                              error_code{errc::reply_malformed}, error_code{errc::reply_too_large},
                              error_code{errc::tls_failed}, os(boost::system::errc::connection_reset)}) {
    SCOPED_TRACE(e.message());
    expect(judged(silent(sent::part, e)), {verdict::transient, blame::busy, e});
    expect(judged(silent(sent::whole, e)), {verdict::unknown, blame::busy, e});
  }
}

TEST(verdict, of_no_connection_blames_the_endpoint) {  // rows 25, 27, 31
  for (const error_code& e :
       {error_code{errc::host_not_found}, error_code{errc::resolver_failed},
        error_code{errc::no_such_interface}, error_code{errc::connect_timeout}, error_code{errc::tls_failed},
        error_code{errc::attempt_timeout}, error_code{errc::proxy_unreachable},
        error_code{errc::proxy_cannot_reach}, error_code{errc::proxy_failed},
        os(boost::system::errc::connection_refused), os(boost::system::errc::host_unreachable),
        os(boost::system::errc::network_unreachable), os(boost::system::errc::address_not_available)}) {
    SCOPED_TRACE(e.message());
    expect(judged(silent(sent::nothing, e)), {verdict::transient, blame::unreachable, e});
  }
}

TEST(verdict, of_a_proxy_that_refuses_us_says_that_no_upload_can_succeed) {
  for (const errc e : {errc::proxy_auth_refused, errc::proxy_refused}) {
    expect(judged(silent(sent::nothing, e)), {verdict::transient, blame::refuses_us, e});
    EXPECT_FALSE(judged(silent(sent::nothing, e)).again) << "it would hear the password again";
  }
  EXPECT_TRUE(judged(silent(sent::nothing, errc::proxy_cannot_reach)).again);
}

TEST(verdict, of_an_idle_connection_that_was_lost_does_not_say_unreachable) {  // rows 36, 42
  for (const errc e : {errc::connection_lost, errc::stalled, errc::reply_malformed, errc::reply_too_large})
    expect(judged(silent(sent::nothing, e)), {verdict::transient, blame::busy, e});
}

TEST(verdict, of_a_wrong_identity_blames_it_whenever_it_is_found_out) {  // rows 28, 30
  for (const errc e :
       {errc::tls_identity, errc::tls_pin_mismatch, errc::tls_client_refused, errc::proxy_identity})
    for (const sent request : {sent::nothing, sent::part, sent::whole}) {
      const auto v = request == sent::whole ? verdict::unknown : verdict::transient;
      expect(judged(silent(request, e)), {v, blame::identity, e});
    }
}

TEST(verdict, of_nothing_known_at_all_is_a_lost_connection) {
  expect(judged({}), {verdict::transient, blame::busy, errc::connection_lost});
  expect(judged(silent(sent::whole)), {verdict::unknown, blame::busy, errc::connection_lost});
}

TEST(verdict, tells_the_reason_in_one_printable_line) {
  EXPECT_EQ(judged(replied(413)).reason, "status 413, " + error_code{errc::refused_status}.message());
  EXPECT_THAT(judged(replied(413, "too\r\n\x1b[2Jbig")).reason, EndsWith(R"(: too\x0d\x0a\x1b[2Jbig)"));
  EXPECT_EQ(judge_by(rules({200}, {"/code=0"}), replied(200, R"({"code":7})")).reason,
            R"(status 200, but not /code=0: {"code":7})");
  EXPECT_EQ(judged(silent(sent::part, errc::stalled)).reason, error_code{errc::stalled}.message());
  EXPECT_EQ(judged(silent(sent::whole, errc::stalled)).reason,
            error_code{errc::stalled}.message() + ", after the whole request had been sent");
}

TEST(verdict, quotes_120_bytes_of_a_body_and_no_torn_character) {
  const auto quoted = [](const std::string& body) {
    const std::string reason = judged(replied(413, body)).reason;
    return reason.substr(reason.rfind(": ") + 2);
  };
  EXPECT_EQ(quoted(std::string(120, 'x')), std::string(120, 'x'));
  EXPECT_EQ(quoted(std::string(121, 'x')), std::string(120, 'x') + "...");
  EXPECT_EQ(quoted(std::string(119, 'x') + "€€"), std::string(119, 'x') + "...");
  EXPECT_EQ(quoted(std::string(117, 'x') + "€€"), std::string(117, 'x') + "€...");
  EXPECT_EQ(quoted(std::string(117, 'x') + "😀😀"), std::string(117, 'x') + "...");
  EXPECT_THAT(quoted(std::string(200, '\xff')), EndsWith(R"(\xff...)"));
}

/// Every combination of what can be known: the judgement is whole, and only the one good case is accepted.
TEST(verdict, is_total) {
  const std::vector<error_code> errors{{},
                                       errc::connection_lost,
                                       errc::tls_identity,
                                       errc::connect_timeout,
                                       os(boost::system::errc::connection_refused)};
  const success_rules set = rules({200, 302}, {"/code=0"});
  for (int status = 99; status <= 700; ++status)
    for (const sent request : {sent::nothing, sent::part, sent::whole})
      for (int bits = 0; bits < 32; ++bits)
        for (const auto& e : errors) {
          const bool is_early = bits & 1, framed = bits & 2, good = bits & 4, has_reply = bits & 8,
                     all = bits & 16;
          attempt_outcome o = has_reply ? replied(status, good ? R"({"code":0})" : "{}") : silent(request);
          if (has_reply) o.reply->framed = framed;
          o.request = request;
          o.early = is_early;
          o.error = e;
          const judgement j = judge_by(set, o, all);
          const bool yes = has_reply && framed && !is_early && good && request == sent::whole && !e &&
                           (status == 200 || status == 302);
          ASSERT_EQ(j.verdict == verdict::accepted, yes) << status << ' ' << bits;
          ASSERT_EQ(j.blame == blame::nobody, yes);
          ASSERT_EQ(!j.error, yes);
          ASSERT_EQ(j.reason.empty(), yes);
          ASSERT_TRUE(has_reply ||
                      j.verdict == (request == sent::whole ? verdict::unknown : verdict::transient));
        }
}

}  // namespace
}  // namespace sluice::core
