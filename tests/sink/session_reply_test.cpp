#include "sink/endpoint.hpp"
#include "sink/reply.hpp"
#include "sink/session.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace sink {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

const std::string ok_reply = "HTTP/1.1 200 OK\r\n";
const std::string big(8'000'000, 'x');  // more than sockets hold

struct outcome {
  std::string bytes;
  client::ending ended;
  nlohmann::json line;
};

// One upload to a server with one rule, read until the connection is quiet or ends.
outcome play(const std::string& rule, const std::string& content = "bytes",
             milliseconds quiet = milliseconds{200}) {
  endpoint e{rule};
  client c{e};
  c.send(upload("a", content));
  const auto bytes = c.within(quiet);
  return {bytes, c.ended(), e.stop().at(0)};
}

TEST(session_reply, goes_through_the_statuses_of_each_name) {
  endpoint e{R"({"match":{"name":"a"},"status":[503,429,200],"headers":{"Retry-After":"1"}})"};
  client c{e};
  for (const std::string status : {"503", "429", "200", "200"}) {
    c.send(upload("a", "1"));
    EXPECT_THAT(c.reply(), StartsWith("HTTP/1.1 " + status));
  }
  const auto lines = e.stop();
  EXPECT_EQ(lines[0]["verdict"], "refused");
  EXPECT_EQ(lines[0]["status"], 503);
  EXPECT_EQ(lines[2]["verdict"], "accepted");
}

TEST(session_reply, comes_late) {
  const auto begin = steady_clock::now();
  EXPECT_THAT(play(R"({"delay_ms":100})", "x", milliseconds{300}).bytes, StartsWith(ok_reply));
  EXPECT_GE(steady_clock::now() - begin, milliseconds{100});
}

TEST(session_reply, comes_early_and_the_request_is_not_read) {
  for (const std::string early : {"\"headers\"", "\"part\"", "2000"}) {
    const auto o = play(R"({"status":413,"early":)" + early + "}", big, milliseconds{3000});
    EXPECT_THAT(o.bytes, StartsWith("HTTP/1.1 413 "));
    EXPECT_THAT(o.bytes, HasSubstr("Connection: close"));
    EXPECT_EQ(o.ended, client::ending::fin);
    EXPECT_EQ(o.line["verdict"], "incomplete");
    EXPECT_EQ(o.line["reply"], "early");
    EXPECT_EQ(o.line["status"], 413);
    EXPECT_LT(o.line["size"], 100'000);
  }
  const auto small = play(R"({"match":{"name":"a"},"early":"part"})");
  EXPECT_EQ(small.line["size"], 0) << "not a byte of the content was looked at";
  EXPECT_EQ(small.line["verdict"], "incomplete");
}

TEST(session_reply, comes_early_and_the_request_is_read_nevertheless) {
  for (const std::string then : {"drain", "keep"}) {
    const auto o = play(R"({"early":"part","then":")" + then + "\"}", big);
    EXPECT_THAT(o.bytes, StartsWith(ok_reply));
    EXPECT_EQ(o.ended, then == "keep" ? client::ending::none : client::ending::fin);
    EXPECT_EQ(o.line["verdict"], "accepted");
    EXPECT_EQ(o.line["reply"], "early");
    EXPECT_EQ(o.line["complete"], true);
  }
}

TEST(session_reply, comes_before_the_rest_of_the_body_was_sent) {
  endpoint e{R"({"early":10,"then":"keep"})"};
  client c{e};
  const auto whole = upload("a", "1");
  const auto head = whole.find("\r\n\r\n") + 4;
  c.send(whole.substr(0, head + 9));
  EXPECT_EQ(c.within(milliseconds{100}), "");
  c.send(whole.substr(head + 9, 1));
  EXPECT_THAT(c.reply(), StartsWith(ok_reply));
  c.send(whole.substr(head + 10) + upload("b", "2"));
  EXPECT_THAT(c.reply(), StartsWith(ok_reply));
  EXPECT_EQ(e.stop().at(1)["name"], "b");
}

TEST(session_reply, comes_early_and_is_followed_by_a_reset) {
  const auto o = play(R"({"early":"headers","then":"rst"})", big);
  EXPECT_EQ(o.ended, client::ending::reset);
  EXPECT_EQ(o.line["verdict"], "incomplete");
}

TEST(session_reply, never_comes) {
  EXPECT_EQ(play(R"({"reply":"none"})").ended, client::ending::fin);
  EXPECT_EQ(play(R"({"reply":"none","how":"rst"})").ended, client::ending::reset);
  EXPECT_EQ(play(R"({"reply":"none","how":"stall"})").ended, client::ending::none);
  const auto undecided = play(R"({"reply":"none"})");
  EXPECT_EQ(undecided.bytes, "");
  EXPECT_EQ(undecided.line["verdict"], "none");
  EXPECT_EQ(undecided.line["reply"], "none");
  const auto committed = play(R"({"reply":"none","status":200})");
  EXPECT_EQ(committed.line["verdict"], "accepted");
  EXPECT_EQ(committed.line["status"], 0);
}

TEST(session_reply, is_cut_at_its_very_byte) {
  std::string whole;
  append_default_reply(whole, 5, false);
  for (const std::size_t n : {0u, 1u, 9u, 40u, unsigned(whole.size()) - 1}) {
    const auto o = play(R"({"cut_reply_after":)" + std::to_string(n) + "}");
    EXPECT_EQ(o.bytes, whole.substr(0, n));
    EXPECT_EQ(o.ended, client::ending::fin);
    EXPECT_EQ(o.line["verdict"], "accepted");
    EXPECT_EQ(o.line["reply"], "cut");
  }
  EXPECT_EQ(play(R"({"cut_reply_after":5,"how":"stall"})").ended, client::ending::none);
}

TEST(session_reply, comes_in_every_framing) {
  EXPECT_THAT(play(R"({"reply":"chunked","body":"hello","trailers":{"T":"u"}})").bytes,
              EndsWith("5\r\nhello\r\n0\r\nT: u\r\n\r\n"));
  const auto unframed = play(R"({"reply":"unframed","body":"hello"})");
  EXPECT_THAT(unframed.bytes, EndsWith("\r\n\r\nhello"));
  EXPECT_EQ(unframed.ended, client::ending::fin);
  const auto raw = play(R"({"reply":"raw","raw":"HTTP/1.1 204 X\r\n\r\n"})");
  EXPECT_EQ(raw.bytes, "HTTP/1.1 204 X\r\n\r\n");
  EXPECT_EQ(raw.line["verdict"], "accepted");
  EXPECT_EQ(raw.line["status"], 204);
  EXPECT_EQ(play(R"({"reply":"junk"})").bytes.size(), 512u);
  EXPECT_EQ(play(R"({"reply":"junk"})").line["verdict"], "none");
}

TEST(session_reply, has_other_bytes_before_and_after_it) {
  const auto o = play(R"({"interim":[103,100],"extra":"HTTP/1.1 500 X\r\n\r\n"})");
  EXPECT_THAT(o.bytes,
              StartsWith("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" + ok_reply));
  EXPECT_THAT(o.bytes, EndsWith("}HTTP/1.1 500 X\r\n\r\n"));
  EXPECT_EQ(o.line["status"], 200);
}

TEST(session_reply, is_followed_by_bytes_on_the_idle_connection) {
  const auto kept = play(R"({"idle_bytes":{"after_ms":50,"bytes":"HTTP/1.1 408 X\r\n\r\n"}})");
  EXPECT_THAT(kept.bytes, EndsWith("}HTTP/1.1 408 X\r\n\r\n"));
  EXPECT_EQ(kept.ended, client::ending::none);
  const auto closed = play(R"({"idle_bytes":{"after_ms":20,"then":"close"}})");
  EXPECT_THAT(closed.bytes, EndsWith("}"));
  EXPECT_EQ(closed.ended, client::ending::fin);
}

TEST(session_reply, leaves_the_connection_alone_when_it_is_used_in_time) {
  endpoint e{R"({"times":1,"per":"rule","idle_bytes":{"after_ms":100,"bytes":"late"}})"};
  client c{e};
  for (int turn = 0; turn < 2; ++turn) {
    c.send(upload("a", "1"));
    EXPECT_THAT(c.reply(), StartsWith(ok_reply));
  }
  EXPECT_EQ(c.within(milliseconds{200}), "");
}

TEST(session_reply, trickles) {
  const auto o = play(R"({"slow_reply":{"bytes_per_s":200}})", "bytes", milliseconds{300});
  EXPECT_THAT(o.bytes, EndsWith("}"));
}

TEST(session_reply, closes_as_announced_or_not) {
  EXPECT_THAT(play(R"({"close":true})").bytes, HasSubstr("Connection: close"));
  EXPECT_EQ(play(R"({"close":true})").ended, client::ending::fin);
  EXPECT_EQ(play(R"({"headers":{"Connection":"close"},"close":false})").ended, client::ending::none);
}

TEST(session_reply, goes_on_for_ever_until_the_client_leaves) {
  for (const std::string what : {"header", "body", "interim", "trailer"}) {
    endpoint e{R"({"endless":")" + what + "\"}"};
    {
      client c{e};
      c.send(upload("a", "1"));
      EXPECT_GE(c.rest(2'000'000).size(), 2'000'000u);
    }
    const auto line = e.stop().at(0);
    EXPECT_EQ(line["reply"], "cut");
    EXPECT_EQ(line["verdict"], what == "interim" ? "none" : "accepted");
  }
}

TEST(session_reply, ends_even_for_a_client_that_takes_it_all) {
  endpoint e{R"({"endless":"body"})"};
  client c{e};
  c.send(upload("a", "1"));
  const auto all = c.rest(300'000'000).size();
  EXPECT_GE(all, 256u * 1024 * 1024);
  EXPECT_LT(all, 257u * 1024 * 1024);
}

TEST(session_reply, stores_what_was_accepted_only) {
  scratch dir;
  static std::string where;
  where = dir.path();
  endpoint e{R"({"match":{"name":"bad"},"status":500})", [](options& o) { o.store = where; }};
  client c{e};
  for (const std::string name : {"bad", "good"}) {
    c.send(upload(name, "bytes of " + name));
    c.reply();
  }
  const auto lines = e.stop();
  EXPECT_FALSE(lines[0].contains("stored"));
  EXPECT_EQ(content_of(dir / lines[1]["stored"].get<std::string>()), "bytes of good");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator{dir.path()}, {}), 1);
}

}  // namespace
}  // namespace sink
