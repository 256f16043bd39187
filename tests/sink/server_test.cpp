#include "sink/server.hpp"
#include "sink/endpoint.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace sink {
namespace {

using testing::StartsWith;

const std::string ok = "HTTP/1.1 200 OK\r\n";

TEST(server, lets_connections_wait_when_there_are_enough) {
  endpoint e{"", [](options& o) { o.max_connections = 1; }};
  auto first = std::make_unique<client>(e);
  client second{e};
  first->send(upload("a", "1"));
  second.send(upload("b", "1"));
  EXPECT_THAT(first->reply(), StartsWith(ok));
  EXPECT_EQ(second.within(milliseconds{100}), "");
  first.reset();
  EXPECT_THAT(second.reply(), StartsWith(ok));
}

TEST(server, pauses_before_each_accept) {
  const auto begin = steady_clock::now();  // the first pause begins with the server
  endpoint e{"", [](options& o) { o.accept_delay = milliseconds{60}; }};
  for (int turn = 0; turn < 2; ++turn) {
    client c{e};
    c.send(upload("a", "1"));
    EXPECT_THAT(c.reply(), StartsWith(ok));
  }
  EXPECT_GE(steady_clock::now() - begin, milliseconds{120});
}

TEST(server, ends_whatever_its_connections_are_doing) {
  endpoint e{
      R"({"match":{"path":"/late"},"delay_ms":600000},{"match":{"path":"/stall"},"reply":"none","how":"stall"},
                {"match":{"path":"/flood"},"endless":"body"},{"match":{"path":"/slow"},"slow_reply":{"bytes_per_s":1}},
                {"match":{"path":"/close"},"close":true})"};
  client idle{e}, late{e}, stalled{e}, flooded{e}, slow{e}, closing{e};
  late.send(upload("a", "1", "", "/late"));
  stalled.send(upload("b", "1", "", "/stall"));
  flooded.send(upload("c", "1", "", "/flood"));
  slow.send(upload("d", "1", "", "/slow"));
  closing.send(upload("e", "1", "", "/close"));
  idle.send("POST /");
  EXPECT_THAT(closing.reply(), StartsWith(ok));
  EXPECT_EQ(late.within(milliseconds{100}), "");
  const auto begin = steady_clock::now();
  EXPECT_EQ(e.stop().size(), 5u);
  EXPECT_LT(steady_clock::now() - begin, milliseconds{1000});
}

TEST(server, says_when_it_cannot_listen_there) {
  options o;
  o.host = "203.0.113.1";
  service s{o};
  asio::io_context loop;
  EXPECT_THROW(server(loop, s), usage_error);
}

TEST(server, counts) {
  counts c;
  c.requests = 1, c.accepted = 2, c.files = 3, c.bytes = 4, c.connections = 5, c.handshakes = 6,
  c.app_bytes = 7;
  EXPECT_EQ(to_json(c),
            "{\"requests\":1,\"accepted\":2,\"files\":3,\"bytes\":4,\"connections\":5,\"handshakes\":6,\"app_"
            "bytes\":7}\n");
}

}  // namespace
}  // namespace sink
