#include "sink/session.hpp"
#include "sink/endpoint.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace sink {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

const std::string answer_ok = "HTTP/1.1 200 OK\r\n";
const std::string big_body(8'000'000, 'x');  // more than sockets hold

TEST(session, takes_files_one_after_another_on_one_connection) {
  endpoint e;
  client c{e};
  for (const std::string name : {"a", "b"}) {
    c.send(upload(name, "bytes", "Idempotency-Key: k-" + name + "\r\n"));
    EXPECT_THAT(c.reply(), EndsWith("{\"code\":0,\"size\":5}"));
  }
  const auto lines = e.stop();
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[1]["n"], 2);
  EXPECT_EQ(lines[1]["conn"], 1);
  EXPECT_EQ(lines[1]["name"], "b");
  EXPECT_EQ(lines[1]["key"], "k-b");
  EXPECT_EQ(lines[1]["fields"], nlohmann::json::parse(R"([["mark","x"]])"));
  EXPECT_EQ(lines[1]["verdict"], "accepted");
  EXPECT_EQ(lines[1]["reply"], "whole");
  EXPECT_EQ(lines[1]["sha256"], "277089d91c0bdf4f2e6862ba7e4a07605119431f5d13f726dd352b06f1b206a9");
  EXPECT_EQ(e.count().accepted, 2u);
  EXPECT_EQ(e.count().bytes, 10u);
  EXPECT_EQ(e.count().connections, 1u);
  EXPECT_EQ(e.count().handshakes, 0u);
}

TEST(session, takes_requests_that_come_before_the_last_reply_went_out) {
  endpoint e{R"({"match":{"name":"a"},"delay_ms":50})"};
  client c{e};
  c.send(upload("a", "1") + upload("b", "22"));
  EXPECT_THAT(c.reply(), EndsWith("\"size\":1}"));
  EXPECT_THAT(c.reply(), EndsWith("\"size\":2}"));
}

TEST(session, takes_a_request_in_pieces_however_small) {
  endpoint e;
  client c{e};
  for (const char byte : upload("a", "bytes")) c.send({&byte, 1});
  EXPECT_THAT(c.reply(), StartsWith(answer_ok));
}

TEST(session, takes_a_chunked_request_and_can_stop_in_it) {
  auto text = upload("a", "bytes");
  const auto body = text.substr(text.find("\r\n\r\n") + 4);
  text.resize(text.find("Content-Length"));
  char size[16];
  std::snprintf(size, sizeof size, "%zx", body.size() - 1);
  for (const std::string rule : {"{}", R"({"early":3,"then":"keep"})"}) {
    endpoint e{rule};
    client c{e};
    c.send(text + "Transfer-Encoding: chunked\r\n\r\n1\r\n-\r\n" + size + ";x\r\n" + body.substr(1) +
           "\r\n0\r\n\r\n");
    EXPECT_THAT(c.reply(), StartsWith(answer_ok));
    EXPECT_EQ(e.stop().at(0)["verdict"], "accepted");
  }
}

TEST(session, refuses_what_is_malformed_and_ends) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "405 "},
      {"nonsense\r\n\r\n", "400 "},
      {"POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\nx", "Content-Type"},
      {"POST / HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=B\r\nContent-Length: 3\r\n\r\n--C",
       "begin"},
      {"POST / HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=B\r\nContent-Length: 3\r\n\r\n--B",
       "ends before"},
      {"POST / HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=B\r\nTransfer-Encoding: "
       "chunked\r\n\r\nz\r\n",
       "chunks"},
  };
  for (const auto& [request, what] : table) {
    endpoint e;
    client c{e};
    c.send(request);
    c.shut_down_sending();
    EXPECT_THAT(c.rest(), HasSubstr(what));
    const auto lines = e.stop();
    ASSERT_EQ(lines.size(), 1u) << request;
    EXPECT_EQ(lines[0]["verdict"], "malformed");
    EXPECT_EQ(lines[0]["complete"], false);
    EXPECT_NE(lines[0]["reason"], "");
  }
}

TEST(session, records_a_request_whose_client_leaves) {
  endpoint e;
  {
    client c{e};
    c.send(cut_upload("a", "bytes", 12));
    c.shut_down_sending();
    EXPECT_EQ(c.rest(), "");
  }
  const auto lines = e.stop();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0]["verdict"], "incomplete");
  EXPECT_EQ(lines[0]["reply"], "none");
  EXPECT_EQ(lines[0]["status"], 0);
  EXPECT_EQ(lines[0]["name"], "a");
  EXPECT_EQ(lines[0]["sha256"], "");
}

TEST(session, records_a_request_that_is_under_way_when_the_server_stops) {
  endpoint e;
  client c{e};
  c.send(cut_upload("a", "bytes", 1));
  EXPECT_EQ(c.within(milliseconds{100}), "");
  const auto lines = e.stop();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0]["verdict"], "incomplete");
}

TEST(session, closes_when_the_client_asks) {
  endpoint e;
  client c{e};
  c.send(upload("a", "bytes", "Connection: close\r\n"));
  EXPECT_THAT(c.rest(), HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_EQ(c.ended(), client::ending::fin);
}

TEST(session, closes_after_so_many_requests) {
  endpoint e{"", [](options& o) { o.max_requests_per_connection = 2; }};
  client c{e};
  c.send(upload("a", "1"));
  EXPECT_THAT(c.reply(), testing::Not(HasSubstr("Connection")));
  c.send(upload("b", "1"));
  EXPECT_THAT(c.rest(), HasSubstr("Connection: close"));
}

TEST(session, closes_an_idle_connection_when_told_to) {
  endpoint e{"", [](options& o) { o.keepalive_timeout = milliseconds{50}; }};
  client c{e};
  c.send(upload("a", "1"));
  EXPECT_THAT(c.rest(), StartsWith(answer_ok));
  EXPECT_EQ(c.ended(), client::ending::fin);
}

TEST(session, writes_the_ledger_before_it_replies) {
  endpoint e{R"({"delay_ms":10000})"};
  client c{e};
  c.send(upload("a", "1"));
  EXPECT_EQ(c.within(milliseconds{100}), "");
  const auto lines = e.stop();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0]["verdict"], "accepted");
}

TEST(session, says_continue_when_asked_and_the_rule_allows) {
  const auto with = [](const std::string& rule) {
    endpoint e{rule};
    client c{e};
    const auto whole = upload("a", "1", "Expect: 100-continue\r\n");
    const auto head = whole.find("\r\n\r\n") + 4;
    c.send(whole.substr(0, head));
    auto said = c.within(milliseconds{100});
    c.send(whole.substr(head));
    return said + "|" + c.within(milliseconds{400});
  };
  EXPECT_THAT(with("{}"), StartsWith("HTTP/1.1 100 Continue\r\n\r\n|" + answer_ok));
  EXPECT_THAT(with(R"({"continue":false})"), StartsWith("|" + answer_ok));
  EXPECT_THAT(with(R"({"continue":200})"), StartsWith("|HTTP/1.1 100 Continue\r\n\r\n" + answer_ok));
  EXPECT_THAT(with(R"({"early":"headers","status":417,"then":"keep"})"), StartsWith("HTTP/1.1 417 "));
}

TEST(session, stops_reading_where_the_rule_says) {
  const auto before = bytes_before_content("a");
  for (const std::string how : {"fin", "rst"}) {
    endpoint e{R"({"cut_request_after":)" + std::to_string(before + 1000) + R"(,"how":")" + how + "\"}"};
    client c{e};
    c.send(upload("a", big_body));
    EXPECT_EQ(c.rest(), "");
    EXPECT_EQ(c.ended(), how == "fin" ? client::ending::fin : client::ending::reset);
    const auto lines = e.stop();
    ASSERT_EQ(lines.size(), 1u);
    EXPECT_EQ(lines[0]["verdict"], "incomplete");
    EXPECT_EQ(lines[0]["size"], 1000);
  }
}

TEST(session, stops_at_the_very_byte_of_a_file_it_knows_by_name) {
  endpoint e{R"({"match":{"name":"a"},"cut_request_after":)" + std::to_string(bytes_before_content("a") + 3) +
             "}"};
  client c{e};
  c.send(upload("a", "bytes"));
  EXPECT_EQ(c.rest(), "");
  const auto line = e.stop().at(0);
  EXPECT_EQ(line["size"], 3);
  EXPECT_EQ(line["complete"], false);
}

TEST(session, stalls_until_the_client_gives_up) {
  endpoint e{R"({"cut_request_after":0,"how":"stall"})"};
  {
    client c{e};
    c.send(cut_upload("a", "1", 1));
    EXPECT_EQ(c.within(milliseconds{100}), "");
    EXPECT_EQ(c.ended(), client::ending::none);
  }
  EXPECT_EQ(e.stop().at(0)["size"], 0);
}

TEST(session, reads_slowly) {
  endpoint e{R"({"match":{"path":"/upload"},"slow_read":{"bytes_per_s":1000000}})"};
  client c{e};
  const auto begin = steady_clock::now();
  c.send(upload("a", std::string(250'000, 'x')));
  c.reply();
  EXPECT_GE(steady_clock::now() - begin, milliseconds{100});
}

TEST(session, takes_what_is_put_and_says_its_digests_right_and_wrong) {
  endpoint e{"", [](options& o) { o.digests = true, o.falsify = 2; }};
  client c{e};
  const std::string request = "PUT /in/a%20b HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc";
  c.send(request);
  const auto right = c.reply();
  EXPECT_THAT(right, HasSubstr("ETag: \"900150983cd24fb0d6963f7d28e17f72\"\r\n"));
  EXPECT_THAT(right, HasSubstr("Repr-Digest: sha-256=:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=:\r\n"));
  EXPECT_THAT(right, HasSubstr(R"("crc32":"352441c2")"));
  c.send(request);
  const auto wrong = c.reply();
  EXPECT_THAT(wrong, HasSubstr("ETag: \"900150983cd24fb0d6963f7d28e17f73\"\r\n"));
  EXPECT_THAT(wrong, HasSubstr(R"("crc32":"352441c3")"));
  const auto lines = e.stop();
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0]["method"], "PUT");
  EXPECT_EQ(lines[0]["path"], "/in/a%20b");
  EXPECT_EQ(lines[0]["name"], "a b");
  EXPECT_FALSE(lines[0].contains("falsified"));
  EXPECT_EQ(lines[1]["falsified"], true);
  EXPECT_EQ(lines[1]["sha256"], lines[0]["sha256"]) << "the ledger has what came";
}

}  // namespace
}  // namespace sink
