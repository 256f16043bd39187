#include "core/verdict.hpp"

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
  constexpr std::array names{"nobody", "file", "busy", "unreachable", "refuses_us", "identity"};
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

judgement judged(const attempt_outcome& o, bool retry_all = false) {
  return judge(o, rules(), retry_all, now);
}

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
const expectation redirected{verdict::rejected, blame::refuses_us, errc::redirected};
const expectation auth{verdict::rejected, blame::refuses_us, errc::auth_refused};
const expectation later{verdict::transient, blame::busy, errc::busy_status};
const expectation early_success{verdict::unknown, blame::busy, errc::early_reply};

TEST(verdict, of_a_whole_reply_by_status) {
  const std::vector<std::pair<std::vector<int>, expectation>> table{
      {{200, 201, 204}, accepted},
      {{202, 203, 205, 206, 299}, refused},
      {{300, 301, 302, 303, 304, 307, 308, 399}, redirected},
      {{401, 403, 407}, auth},
      {{408, 425, 429, 500, 502, 503, 504, 522, 524, 599}, later},
      {{400, 402, 404, 405, 409, 411, 413, 415, 417, 422, 499, 501, 505, 511}, refused},
      {{600, 999}, refused},
  };
  for (const auto& [statuses, expected] : table)
    for (const int status : statuses) {
      SCOPED_TRACE(status);
      expect(judged(replied(status)), expected);
    }
}

TEST(verdict, of_an_early_reply_a_yes_is_not_believed_and_a_no_is) {  // rows 38, 39
  const std::vector<std::pair<std::vector<int>, expectation>> table{
      {{200, 201, 204, 202, 206, 299}, early_success},
      {{400, 404, 413, 501}, refused},
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
    expect(judge(replied(status), set, false, now), accepted);
    expect(judge(early(status), set, false, now), early_success);
    auto unframed = replied(status);
    unframed.reply->framed = false;
    expect(judge(unframed, set, false, now), {verdict::unknown, blame::busy, errc::reply_unframed});
  }
  expect(judge(replied(200), rules({202}), false, now), refused);
  expect(judge(replied(200), rules({}), false, now), refused);
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
    expect(judge(replied(status), rules({status, 200}), true, now),
           {verdict::unknown, blame::busy, errc::reply_malformed});
}

TEST(verdict, of_a_body_follows_every_rule) {  // row 50
  const auto set = rules({200, 204}, {"/code=0", "/data/id=\"a\""});
  const expectation no{verdict::rejected, blame::file, errc::refused_body};
  expect(judge(replied(200, R"({"code":0,"data":{"id":"a"}})"), set, false, now), accepted);
  expect(judge(replied(200, R"({"code":0,"data":{"id":"b"}})"), set, false, now), no);
  expect(judge(replied(200, R"({"code":1,"data":{"id":"a"}})"), set, false, now), no);
  expect(judge(replied(200, "<html>log in</html>"), set, false, now), no);
  expect(judge(replied(204), set, false, now), no);
  expect(judge(replied(200, "{}"), set, true, now), {verdict::transient, blame::file, errc::refused_body});
}

TEST(verdict, with_retry_all_turns_refusals_of_a_file_only) {
  for (const int status : {206, 400, 404, 413, 422, 501, 505, 511, 600})
    expect(judged(replied(status), true), {verdict::transient, blame::file, errc::refused_status});
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
  EXPECT_EQ(judged(with(413, "120")).retry_after, std::nullopt);
  EXPECT_EQ(judged(with(413, "120"), true).retry_after, seconds{120});
  EXPECT_EQ(judged(with(200, "120")).retry_after, std::nullopt);
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
        error_code{errc::connect_timeout}, error_code{errc::tls_failed}, error_code{errc::attempt_timeout},
        os(boost::system::errc::connection_refused), os(boost::system::errc::host_unreachable),
        os(boost::system::errc::network_unreachable), os(boost::system::errc::address_not_available)}) {
    SCOPED_TRACE(e.message());
    expect(judged(silent(sent::nothing, e)), {verdict::transient, blame::unreachable, e});
  }
}

TEST(verdict, of_an_idle_connection_that_was_lost_does_not_say_unreachable) {  // rows 36, 42
  for (const errc e : {errc::connection_lost, errc::stalled, errc::reply_malformed, errc::reply_too_large})
    expect(judged(silent(sent::nothing, e)), {verdict::transient, blame::busy, e});
}

TEST(verdict, of_a_wrong_identity_blames_it_whenever_it_is_found_out) {  // rows 28, 30
  for (const errc e : {errc::tls_identity, errc::tls_pin_mismatch, errc::tls_client_refused})
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
  EXPECT_EQ(judge(replied(200, R"({"code":7})"), rules({200}, {"/code=0"}), false, now).reason,
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
          const judgement j = judge(o, set, all, now);
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
