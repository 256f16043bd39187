#include "core/request_head.hpp"

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

std::string head(const std::vector<header>& headers, std::string_view idempotency = "Idempotency-Key") {
  std::string out;
  request_head{endpoint, headers, idempotency}.append(out, "----sluice0", 5'000'000'000, "the-key");
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
  request_head{url{.host = "::1", .host_is_ip = true, .port = 8443, .target = "/"}, {}, ""}.append(out, "b",
                                                                                                   0, "");
  EXPECT_THAT(out, HasSubstr("Host: [::1]:8443\r\n"));
}

TEST(RequestHead, IsAppended) {
  std::string out = "before";
  const request_head same{endpoint, {}, ""};
  same.append(out, "b1", 1, "");
  same.append(out, "b2", 2, "");
  EXPECT_TRUE(out.starts_with("beforePOST "));
  EXPECT_EQ(count(out, "POST "), 2u);
  EXPECT_EQ(count(out, "\r\n\r\n"), 2u);
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
}

TEST(RequestHead, WhatSluiceWritesIsRefusedInAnyCase) {
  for (const auto name : {"Host", "content-length", "Content-Type", "TRANSFER-ENCODING", "Connection",
                          "Expect", "te", "Trailer", "Upgrade", "accept-encoding"})
    EXPECT_THAT(header_problem({name, "v"}, ""), HasSubstr("sluice itself")) << name;
  EXPECT_THAT(header_problem({"idempotency-KEY", "v"}, "Idempotency-Key"), HasSubstr("idempotency header"));
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
