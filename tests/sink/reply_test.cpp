#include "sink/reply.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace sink {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string scripted(const behaviour& b, int status = 200, bool close = false) {
  std::string out;
  append_scripted_reply(out, b, status, 7, close);
  return out;
}

TEST(reply, is_by_default_a_success_with_the_size) {
  std::string out;
  append_default_reply(out, 32768, false);
  EXPECT_EQ(out,
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
            "23\r\n\r\n{\"code\":0,\"size\":32768}");
  out.clear();
  append_default_reply(out, 0, true);
  EXPECT_THAT(out, HasSubstr("\r\nConnection: close\r\n"));
}

TEST(reply, is_the_same_from_a_rule_that_changes_nothing) {
  std::string out;
  append_default_reply(out, 7, false);
  EXPECT_EQ(scripted({}), out);
}

TEST(reply, gives_the_status_as_code_when_it_is_no_success) {
  EXPECT_THAT(scripted({}, 503), StartsWith("HTTP/1.1 503 Service Unavailable\r\n"));
  EXPECT_THAT(scripted({}, 503), HasSubstr("{\"code\":503,\"size\":7}"));
}

TEST(reply, lets_a_scripted_header_take_the_place_of_its_own) {
  behaviour b;
  b.headers = {{"content-type", "text/plain"}, {"content-length", "99"}, {"connection", "upgrade"}};
  b.body = "hello";
  EXPECT_EQ(scripted(b, 200, true),
            "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 99\r\nconnection: "
            "upgrade\r\n\r\nhello");
}

TEST(reply, has_no_body_where_http_allows_none) {
  for (const int status : {101, 204, 304}) {
    EXPECT_THAT(scripted({}, status), Not(HasSubstr("Content-Length")));
    EXPECT_THAT(scripted({}, status), testing::EndsWith("\r\n\r\n"));
  }
}

TEST(reply, comes_chunked_with_extension_and_trailers) {
  behaviour b;
  b.reply = reply_kind::chunked;
  b.body = "0123456789abcdef";
  b.chunk_ext = ";x=y";
  b.trailers = {{"T", "u"}};
  EXPECT_THAT(scripted(b), testing::EndsWith("Transfer-Encoding: chunked\r\n\r\n"
                                             "10;x=y\r\n0123456789abcdef\r\n0;x=y\r\nT: u\r\n\r\n"));
  b.body = "";
  EXPECT_THAT(scripted(b), testing::EndsWith("\r\n\r\n0;x=y\r\nT: u\r\n\r\n"));
}

TEST(reply, comes_unframed_raw_as_junk_or_not_at_all) {
  behaviour b;
  b.reply = reply_kind::unframed;
  EXPECT_THAT(scripted(b), Not(HasSubstr("Content-Length")));
  EXPECT_TRUE(closes_after(b, false));
  b.reply = reply_kind::raw;
  b.raw = "HTTP/0.9 whatever";
  EXPECT_EQ(scripted(b), b.raw);
  b.reply = reply_kind::junk;
  EXPECT_EQ(scripted(b).size(), 512u);
  EXPECT_THAT(scripted(b), Not(StartsWith("H")));
  b.reply = reply_kind::none;
  EXPECT_EQ(scripted(b), "");
}

TEST(reply, closes_when_asked_or_announced_unless_the_rule_lies) {
  behaviour b;
  EXPECT_FALSE(closes_after(b, false));
  EXPECT_TRUE(closes_after(b, true));
  b.headers = {{"connection", "Close"}};
  EXPECT_TRUE(closes_after(b, false));
  b.close = false;
  EXPECT_FALSE(closes_after(b, true));
}

TEST(reply, finds_the_final_status_in_raw_bytes) {
  EXPECT_EQ(status_in("HTTP/1.1 200 OK\r\n\r\n"), 200);
  EXPECT_EQ(status_in("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 503 X\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"), 503);
  EXPECT_EQ(status_in("see HTTP/1.1 200"), 0);
  EXPECT_EQ(status_in("HTTP/1.1 2"), 0);
  EXPECT_EQ(status_in("HTTP/1."), 0);
  EXPECT_EQ(status_in(""), 0);
}

TEST(reply, refuses_with_a_reason_that_is_json) {
  std::string out;
  append_refusal(out, 400, "a \"quote\"");
  EXPECT_EQ(out,
            "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nConnection: close\r\n"
            "Content-Length: 34\r\n\r\n{\"code\":400,\"error\":\"a \\\"quote\\\"\"}");
}

TEST(reply, floods_within_a_well_formed_beginning) {
  behaviour b;
  b.flood = endless::header;
  EXPECT_THAT(flood_head(b, 200), Not(HasSubstr("\r\n\r\n")));
  b.flood = endless::body;
  EXPECT_THAT(flood_head(b, 200), testing::EndsWith("Transfer-Encoding: chunked\r\n\r\n"));
  b.flood = endless::trailer;
  EXPECT_THAT(flood_head(b, 200), testing::EndsWith("\r\n0\r\n"));
  b.flood = endless::interim;
  EXPECT_EQ(flood_head(b, 200), "");
  for (const auto kind : {endless::header, endless::body, endless::trailer, endless::interim})
    EXPECT_THAT(std::string{flood_unit(kind)}, testing::EndsWith("\r\n"));
}

}  // namespace
}  // namespace sink
