#include "sink/request_parser.hpp"

#include <gtest/gtest.h>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <string>

namespace sink {
namespace {

struct result {
  std::string target, body, error;
  std::size_t left = 0;
};

// Feeds at most `step` new bytes at a time, as a socket would.
result parse(const std::string& text, std::size_t step) {
  request_head head;
  request_parser parser{head};
  result r;
  std::size_t begin = 0, end = 0;
  while (!parser.is_done()) {
    request_parser::error_code ec;
    if (begin != end) {
      begin += parser.put(boost::asio::buffer(text.data() + begin, end - begin), ec);
      r.body += parser.take_piece();
      if (ec && ec != boost::beast::http::error::need_more) {
        r.error = ec.message();
        break;
      }
    }
    if (begin != end && !ec) continue;
    if (end == text.size()) break;
    end = std::min(text.size(), end + step);
  }
  r.target = head.target();
  r.left = text.size() - begin;
  return r;
}

const std::string post = "POST /a?b HTTP/1.1\r\nHost: x\r\n";

TEST(request_parser, gives_the_same_body_in_any_chunking) {
  const std::string sized = post + "Content-Length: 11\r\n\r\nhello world";
  const std::string chunked =
      post + "Transfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n6\r\n world\r\n0\r\nT: u\r\n\r\n";
  for (const auto& text : {sized, chunked}) {
    for (std::size_t step = 1; step <= text.size(); ++step) {
      const auto r = parse(text + "POST", step);
      EXPECT_EQ(r.body, "hello world") << step;
      EXPECT_EQ(r.target, "/a?b");
      EXPECT_EQ(r.error, "");
      EXPECT_LE(r.left, text.size() + 4);
    }
    EXPECT_EQ(parse(text + "POST", text.size() + 4).left, 4u) << "the next request's bytes are not touched";
  }
}

TEST(request_parser, refuses_framing_that_is_wrong) {
  for (const std::string rest :
       {"Content-Length: x\r\n\r\n", "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\nz\r\n",
        "no colon\r\n\r\n"})
    EXPECT_NE(parse(post + rest, 1000).error, "") << rest;
  EXPECT_NE(parse("\x16\x03\x01 hello", 1000).error, "");
  EXPECT_NE(parse(post + "X: " + std::string(max_request_head_bytes, 'x') + "\r\n\r\n", 1000).error, "");
}

TEST(request_head, keeps_headers_in_order_under_lower_case_names) {
  request_head head;
  for (int turn = 0; turn < 2; ++turn) {
    head.clear();
    head.set_line("POST", "/x");
    head.add("Content-TYPE", "a/B");
    head.add("X-Twice", "1");
    head.add("x-twice", "2");
    head.add("Empty", "");
    ASSERT_EQ(head.size(), 4u);
    EXPECT_EQ(head[0].name, "content-type");
    EXPECT_EQ(head[0].value, "a/B");
    EXPECT_EQ(head[2].value, "2");
    EXPECT_EQ(head.find("x-twice"), "1");
    EXPECT_EQ(head.find("empty"), "");
    EXPECT_EQ(head.find("absent"), "");
  }
}

}  // namespace
}  // namespace sink
