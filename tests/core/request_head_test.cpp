#include "core/http/request_head.hpp"

#include <sluice/version.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace std::literals;
using namespace sluice::core;
using sluice::header;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

namespace {

const url endpoint{.host = "example.org", .target = "/upload?a=1"};

const head_values of_form{.method = "POST",
                          .target = "/upload?a=1",
                          .content_type = "multipart/form-data; boundary=----sluice0",
                          .content_length = 5'000'000'000};
const template_values camera{.path = "2026/a.jpg", .size = 5'000'000'000, .key = "the-key"};

std::string head(const std::vector<header>& headers, std::string_view idempotency = "Idempotency-Key",
                 const head_values& parts = of_form) {
  std::string out;
  EXPECT_EQ(request_head(endpoint, compile_headers(headers, {}), idempotency).append(out, parts, camera), "");
  return out;
}

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t n = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++n;
  return n;
}

TEST(RequestHead, ByteForByte) {
  EXPECT_EQ(head({{"app_key", "k"}, {"X-Empty", ""}}),
            "POST /upload?a=1 HTTP/1.1\r\n"
            "Host: example.org\r\n"
            "User-Agent: sluice/" +
                std::string{sluice::version} +
                "\r\n"
                "Accept: */*\r\n"
                "Accept-Encoding: identity\r\n"
                "app_key: k\r\n"
                "X-Empty: \r\n"
                "Content-Type: multipart/form-data; boundary=----sluice0\r\n"
                "Content-Length: 5000000000\r\n"
                "Idempotency-Key: the-key\r\n"
                "\r\n");
}

TEST(RequestHead, ToAProxyHasTheAbsoluteFormAndWhatIsForTheProxy) {
  const std::vector<header> to_proxy{{"Proxy-Authorization", "Basic eDp5"}};
  std::string out;
  request_head{url{.tls = false, .host = "example.org", .port = 8080, .target = "/up"}, {}, "", &to_proxy}
      .append(out, {.method = "POST", .target = "/up"}, camera);
  EXPECT_TRUE(out.starts_with("POST http://example.org:8080/up HTTP/1.1\r\nHost: example.org:8080\r\n"))
      << out;
  EXPECT_THAT(out, HasSubstr("\r\nProxy-Authorization: Basic eDp5\r\n"));
}

TEST(RequestHead, TheCallersUserAgentAndAcceptReplaceOurs) {
  const auto text = head({{"user-agent", "robot"}, {"ACCEPT", "text/html"}});
  EXPECT_THAT(text, HasSubstr("user-agent: robot\r\n"));
  EXPECT_THAT(text, HasSubstr("ACCEPT: text/html\r\n"));
  EXPECT_THAT(text, Not(HasSubstr("User-Agent")));
  EXPECT_THAT(text, Not(HasSubstr("Accept: ")));
  EXPECT_THAT(text, HasSubstr("Accept-Encoding: identity\r\n"));
}

TEST(RequestHead, HeadersKeepTheirOrderAndMayRepeat) {
  EXPECT_THAT(head({{"B", "1"}, {"A", "2"}, {"B", "3"}}), HasSubstr("B: 1\r\nA: 2\r\nB: 3\r\n"));
}

TEST(RequestHead, NoIdempotencyHeaderWhenItIsOff) {
  EXPECT_THAT(head({}, ""), Not(HasSubstr("the-key")));
  EXPECT_THAT(head({}, "X-Once"), HasSubstr("X-Once: the-key\r\n"));
}

TEST(RequestHead, HostIsTheAuthority) {
  std::string out;
  request_head{url{.host = "::1", .host_is_ip = true, .port = 8443, .target = "/"}, {}, ""}.append(
      out, of_form, camera);
  EXPECT_THAT(out, HasSubstr("Host: [::1]:8443\r\n"));
}

TEST(RequestHead, HostMayBeTheCallers) {
  const auto text = head({{"host", "next.example:8443"}, {"A", "1"}});
  EXPECT_THAT(text, HasSubstr("host: next.example:8443\r\nA: 1\r\n"));
  EXPECT_THAT(text, Not(HasSubstr("Host: ")));
  const auto what = [](const std::string& value) {
    return header_problem({"HOST", value}, "", sluice::body_kind::form, host_header::of_caller);
  };
  for (const auto* good : {"next.example", "next.example:8443", "[::1]", "192.0.2.1:1"})
    EXPECT_THAT(what(good), IsEmpty()) << good;
  for (const auto* bad :
       {"", " ", "a b", "a/b", "me@a", "a,b", "a:0", "a:x", "::1", "a\r\nX: y", "https://a"})
    EXPECT_THAT(what(bad), HasSubstr("write HOST[:PORT]")) << bad;
  EXPECT_THAT(header_problem({"TE", "x"}, "", sluice::body_kind::form, host_header::of_caller),
              HasSubstr("sluice itself"));
}

TEST(RequestHead, IsAppended) {
  std::string out = "before";
  const request_head same{endpoint, {}, ""};
  same.append(out, of_form, camera);
  same.append(out, of_form, camera);
  EXPECT_TRUE(out.starts_with("beforePOST "));
  EXPECT_EQ(count(out, "POST "), 2u);
  EXPECT_EQ(count(out, "\r\n\r\n"), 2u);
}

TEST(RequestHead, ARawBodyHasAMethodATargetAndATypeOfItsOwn) {
  const head_values raw{
      .method = "PUT", .target = "/in/2026/a.jpg", .content_type = "image/jpeg", .content_length = 7};
  EXPECT_TRUE(head({}, "", raw).starts_with("PUT /in/2026/a.jpg HTTP/1.1\r\nHost: example.org\r\n"));
  EXPECT_TRUE(head({}, "", raw).ends_with("\r\nContent-Type: image/jpeg\r\nContent-Length: 7\r\n\r\n"));
  const auto given = head({{"content-type", "text/plain"}}, "", raw);
  EXPECT_THAT(given, HasSubstr("content-type: text/plain\r\n"));
  EXPECT_THAT(given, Not(HasSubstr("image/jpeg")));
}

TEST(RequestHead, AValueMayHoldTemplatesAndOtherBracesStay) {
  EXPECT_THAT(
      head({{"X-Path", "<{path}>"}, {"X-Json", "{\"a\":{\"b\":1}}"}, {"X-Odd", "{nothing} {{name}} {"}}),
      HasSubstr("X-Path: <2026/a.jpg>\r\nX-Json: {\"a\":{\"b\":1}}\r\nX-Odd: {nothing} {name} {\r\n"));
}

TEST(RequestHead, OwnHeadersStandInPlaceOfThoseOfTheSameName) {
  auto parts = of_form;
  const auto own = compile_headers({{"x-a", "{name}"}, {"USER-AGENT", "mine"}}, {});
  parts.own = own;
  const auto text = head({{"X-A", "ours"}, {"X-B", "b"}}, "", parts);
  EXPECT_THAT(text, HasSubstr("X-B: b\r\nx-a: a.jpg\r\nUSER-AGENT: mine\r\n"));
  EXPECT_THAT(text, Not(HasSubstr("ours")));
  EXPECT_THAT(text, Not(HasSubstr("User-Agent: sluice")));
}

TEST(RequestHead, ANameWithALineEndBeginsNoHeader) {
  const request_head of_name{endpoint, compile_headers({{"X-Path", "{path}"}}, {}), ""};
  for (const auto name : {"a\r\nX-Admin: 1"sv, "a\n"sv, "\x7f"sv, "a\0b"sv}) {
    std::string out;
    const auto what = of_name.append(out, of_form, {.path = name});
    EXPECT_THAT(what, HasSubstr("the header \"X-Path\" would have a line end")) << name;
    EXPECT_THAT(what, Not(HasSubstr("Admin")));
  }
}

TEST(RequestHead, SaysWhichDigestsAndMembersItNeeds) {
  const request_head needs{endpoint, compile_headers({{"Content-MD5", "{md5:base64}"}, {"X", "{@box}"}}, {}),
                           ""};
  EXPECT_TRUE(needs.digests().contains(digest_kind::md5));
  EXPECT_FALSE(needs.digests().contains(digest_kind::sha256));
  ASSERT_NE(needs.missing_member(camera), nullptr);
  EXPECT_EQ(*needs.missing_member(camera), "box");
  const member_values members{{"box", "12"}};
  EXPECT_EQ(needs.missing_member({.members = &members}), nullptr);
}

TEST(RequestHead, OrdinaryHeadersHaveNoProblem) {
  for (const header& h : std::vector<header>{{"app_key", "k"},
                                             {"access_token", "a.b-c"},
                                             {"Authorization", "Bearer x"},
                                             {"User-Agent", "x"},
                                             {"X", ""},
                                             {"X", "tab\tand \xc3\xa9"}})
    EXPECT_THAT(header_problem(h, "Idempotency-Key"), IsEmpty()) << h.name;
  EXPECT_THAT(header_problem({"Idempotency-Key", "x"}, ""), IsEmpty()) << "it is off";
}

TEST(RequestHead, ANameMustBeAToken) {
  for (const auto name : {""sv, "a b"sv, "a:"sv, "a\r\nb"sv, "\xc3\xa9"sv, "a\0"sv, "(a)"sv}) {
    const auto what = header_problem({std::string{name}, "v"}, "");
    EXPECT_THAT(what, HasSubstr("not a header name")) << name;
    EXPECT_EQ(what.find_first_of("\r\n"), what.npos);
  }
  const auto secret = header_problem({"s3cr3t/Token+x==", "y", true}, "");
  EXPECT_THAT(secret, HasSubstr("no header name before its first colon"));
  EXPECT_EQ(secret.find("s3cr3t"), secret.npos);
}

TEST(RequestHead, WhatSluiceWritesIsRefusedInAnyCase) {
  for (const auto name : {"Host", "content-length", "Content-Type", "TRANSFER-ENCODING", "Connection",
                          "Expect", "te", "Trailer", "Upgrade", "accept-encoding"})
    EXPECT_THAT(header_problem({name, "v"}, ""), HasSubstr("sluice itself")) << name;
  EXPECT_THAT(header_problem({"idempotency-KEY", "v"}, "Idempotency-Key"), HasSubstr("idempotency header"));
  EXPECT_THAT(header_problem({"content-TYPE", "v"}, "", sluice::body_kind::raw), IsEmpty());
  EXPECT_THAT(header_problem({"Content-Length", "1"}, "", sluice::body_kind::raw),
              HasSubstr("sluice itself"));
}

TEST(RequestHead, AValueCannotBeginAnotherLineAndIsNotShown) {
  for (const auto value :
       {"secret\r\nX: y"sv, "secret\n"sv, "secret\r"sv, "secret\0"sv, "secret\x1b"sv, "secret\x7f"sv}) {
    const auto what = header_problem({"X", std::string{value}}, "");
    EXPECT_THAT(what, HasSubstr("control character"));
    EXPECT_THAT(what, Not(HasSubstr("secret")));
  }
}

}  // namespace
