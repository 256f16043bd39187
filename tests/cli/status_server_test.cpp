// The server by its raw bytes. One loop has both ends: a client never waits without turning it.
#include "cli/monitor/status_server.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <memory>
#include <optional>

namespace sluice::cli {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using namespace std::chrono_literals;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class client {
 public:
  client(asio::io_context& loop, std::uint16_t port, const char* host = "127.0.0.1")
      : loop_{loop}, socket_{loop} {
    socket_.connect({asio::ip::make_address(host), port});
    socket_.non_blocking(true);
  }

  void send(std::string_view bytes) { asio::write(socket_, asio::buffer(bytes)); }
  /// Turns the loop until `holds` of all that came; false after a long while, or when no more can come.
  template <class Holds>
  bool until(Holds holds) {
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (!holds(text_)) {
      if (closed_ || std::chrono::steady_clock::now() > end) return false;
      turn();
    }
    return true;
  }
  void turn() {
    loop_.run_for(1ms);
    loop_.restart();
    if (!closed_) read();
  }
  bool until_closed() {
    until([this](auto&) { return closed_; });
    return closed_;
  }
  /// One whole reply, taken off what came. Of a HEAD request it has no body.
  std::string reply(bool head_only = false) {
    std::size_t length = 0;
    until([&](const std::string& t) {
      const auto head = t.find("\r\n\r\n");
      if (head == std::string::npos) return false;
      const auto at = t.find("Content-Length: ");
      length = head + 4 + (head_only || at > head ? 0 : std::stoul(t.substr(at + 16)));
      return t.size() >= length;
    });
    const auto one = text_.substr(0, length);
    text_.erase(0, length);
    return one;
  }
  std::string ask(const std::string& target, const std::string& host = "localhost") {
    send("GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
    return reply();
  }
  const std::string& text() const { return text_; }
  bool closed() const { return closed_; }
  tcp::socket& socket() { return socket_; }

 private:
  void read() {
    std::array<char, 65536> some;
    boost::system::error_code ec;
    for (;;) {
      const auto n = socket_.read_some(asio::buffer(some), ec);
      text_.append(some.data(), n);
      if (ec == asio::error::would_block) return;
      if (ec) closed_ = true;
      if (ec) return;
    }
  }
  asio::io_context& loop_;
  tcp::socket socket_;
  std::string text_;
  bool closed_ = false;
};

class status_server_test : public testing::Test {
 protected:
  void serve(status_limits limits = {.beat = 20ms}, const char* address = "127.0.0.1") {
    server.emplace(loop.get_executor(), shown, [this] { return ++looks, now; }, limits);
    ASSERT_FALSE(server->listen(address, 0));
    ASSERT_GT(server->port(), 0);
  }
  client connect() { return {loop, server->port()}; }

  asio::io_context loop{1};
  telemetry shown{"a → b"};
  progress now;
  int looks = 0;
  std::optional<status_server> server;
};

TEST_F(status_server_test, answers_with_the_page_the_metrics_and_its_health) {
  serve();
  auto c = connect();
  const auto page = c.ask("/");
  EXPECT_THAT(page, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(page, AllOf(HasSubstr("Content-Type: text/html; charset=utf-8\r\n"), HasSubstr("</html>"),
                          HasSubstr("Content-Security-Policy: default-src 'none'; style-src 'sha256-"),
                          HasSubstr("X-Content-Type-Options: nosniff\r\n"),
                          HasSubstr("Cache-Control: no-store\r\n")));
  EXPECT_THAT(page, Not(HasSubstr("Access-Control")));
  const auto metrics = c.ask("/metrics");
  EXPECT_THAT(metrics, AllOf(HasSubstr("Content-Type: text/plain; version=0.0.4"),
                             HasSubstr("\nsluice_in_flight 0\n"), HasSubstr("\nprocess_open_fds ")));
  EXPECT_THAT(c.ask("/healthz"), AllOf(StartsWith("HTTP/1.1 200"), EndsWith("\r\n\r\nidle\n")));
  EXPECT_THAT(c.ask("/none"), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(c.ask("/healthz"), StartsWith("HTTP/1.1 200")) << "one connection for all of them";
}

TEST_F(status_server_test, health_is_503_with_a_reason_while_it_is_paused) {
  serve();
  now.endpoint.state = endpoint_state::paused, now.endpoint.why = "until it is resumed";
  auto c = connect();
  std::string last;
  for (int i = 0; i < 1000 && !last.starts_with("HTTP/1.1 503"); ++i) last = c.ask("/healthz");
  EXPECT_THAT(last, AllOf(StartsWith("HTTP/1.1 503"), HasSubstr("\r\n\r\npaused: ")));
}

TEST_F(status_server_test, head_is_the_head_of_the_same_reply) {
  serve();
  auto c = connect();
  for (const auto* target : {"/", "/metrics", "/healthz", "/events", "/none"}) {
    c.send(std::string{"HEAD "} + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const auto head = c.reply(true);
    EXPECT_THAT(head, EndsWith("\r\n\r\n")) << target;
    EXPECT_THAT(head, HasSubstr("Content-Length: ")) << target;
  }
  EXPECT_THAT(c.ask("/healthz"), EndsWith("idle\n")) << "no body came in between";
}

TEST_F(status_server_test, other_methods_are_refused_and_what_they_bring_is_not_read) {
  serve();
  for (const auto* method : {"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "BREW"}) {
    auto c = connect();
    c.send(std::string{method} + " / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello");
    EXPECT_THAT(c.reply(), AllOf(StartsWith("HTTP/1.1 405"), HasSubstr("Allow: GET, HEAD\r\n"),
                                 HasSubstr("Connection: close\r\n")))
        << method;
    EXPECT_TRUE(c.until_closed());
  }
}

TEST_F(status_server_test, a_body_is_refused_however_it_is_framed) {
  serve();
  for (const auto* framing :
       {"Content-Length: 1", "Content-Length: 99999999999", "Transfer-Encoding: chunked"}) {
    auto c = connect();
    c.send(std::string{"GET / HTTP/1.1\r\nHost: localhost\r\n"} + framing + "\r\n\r\n");
    EXPECT_THAT(c.reply(), StartsWith("HTTP/1.1 413")) << framing;
  }
  auto c = connect();
  c.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
  EXPECT_THAT(c.reply(), StartsWith("HTTP/1.1 200"));
}

TEST_F(status_server_test, a_head_has_eight_kibibytes_at_the_most) {
  serve();
  const std::string begin = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ";
  auto fits = connect();
  fits.send(begin + std::string(8 * 1024 - begin.size() - 4, 'x') + "\r\n\r\n");
  EXPECT_THAT(fits.reply(), StartsWith("HTTP/1.1 200"));
  auto c = connect();
  c.send(begin + std::string(9000, 'x') + "\r\n\r\n");
  EXPECT_THAT(c.reply(), StartsWith("HTTP/1.1 431"));
  EXPECT_TRUE(c.until_closed());
  auto fields = connect();
  std::string many = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n";
  while (many.size() < 20'000) many += "A: b\r\n";
  fields.send(many);
  EXPECT_THAT(fields.reply(), StartsWith("HTTP/1.1 431"));
}

TEST_F(status_server_test, what_is_not_http_is_told_so) {
  serve();
  for (const auto* junk : {"\x16\x03\x01\x02\r\n\r\n", "GET / HTTP/9.1\r\n\r\n", "GET  / HTTP/1.1\r\n\r\n",
                           "GET / HTTP/1.1\r\nHost : localhost\r\n\r\n",
                           "GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"}) {
    auto c = connect();
    c.send(junk);
    EXPECT_THAT(c.reply(), StartsWith("HTTP/1.1 400")) << junk;
    EXPECT_TRUE(c.until_closed());
  }
}

TEST_F(status_server_test, on_the_loopback_only_who_asked_for_it_is_answered) {
  serve();
  for (const std::string host : {"evil.example", "evil.example:80", "127.0.0.1.evil.example"})
    EXPECT_THAT(connect().ask("/metrics", host), StartsWith("HTTP/1.1 421")) << host;
  for (const std::string host : {"localhost", "127.0.0.1", "[::1]"})
    EXPECT_THAT(connect().ask("/metrics", host + ":" + std::to_string(server->port())),
                StartsWith("HTTP/1.1 200"));
  auto none = connect();
  none.send("GET /metrics HTTP/1.0\r\n\r\n");
  EXPECT_THAT(none.reply(), StartsWith("HTTP/1.1 400"));
  auto two = connect();
  two.send("GET /metrics HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n");
  EXPECT_THAT(two.reply(), StartsWith("HTTP/1.1 400"));
}

TEST_F(status_server_test, beyond_the_loopback_any_name_may_lead_to_it) {
  serve({.beat = 20ms}, "0.0.0.0");
  EXPECT_THAT(connect().ask("/healthz", "status.example"), StartsWith("HTTP/1.1 200"));
}

TEST_F(status_server_test, requests_that_come_together_are_answered_in_turn) {
  serve();
  auto c = connect();
  c.send(
      "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /none HTTP/1.1\r\nHost: localhost\r\n\r\n"
      "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\nGET / HTTP/1.1\r\n");
  EXPECT_THAT(c.reply(), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(c.reply(), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(c.reply(), AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("Connection: close")));
  EXPECT_TRUE(c.until_closed());
  EXPECT_EQ(c.text(), "");
}

TEST_F(status_server_test, http_1_0_is_answered_and_closed) {
  serve();
  auto c = connect();
  c.send("GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n");
  EXPECT_TRUE(c.until_closed());
  EXPECT_THAT(c.text(), EndsWith("idle\n"));
}

TEST_F(status_server_test, who_sends_nothing_or_half_a_head_is_dropped) {
  serve({.patience = 50ms, .beat = 20ms});
  auto silent = connect(), half = connect();
  half.send("GET /healthz HTTP/1.1\r\nHos");
  EXPECT_TRUE(silent.until_closed());
  EXPECT_TRUE(half.until_closed());
  auto idle = connect();
  EXPECT_THAT(idle.ask("/healthz"), StartsWith("HTTP/1.1 200"));
  EXPECT_TRUE(idle.until_closed()) << "between requests as well";
}

TEST_F(status_server_test, who_is_too_many_is_told_so_and_the_next_has_room_again) {
  serve({.connections = 3, .beat = 20ms});
  std::vector<std::unique_ptr<client>> many;
  for (int i = 0; i < 3; ++i) {
    many.push_back(std::make_unique<client>(loop, server->port()));
    EXPECT_THAT(many.back()->ask("/healthz"), StartsWith("HTTP/1.1 200"));
  }
  auto c = connect();
  EXPECT_THAT(c.ask("/healthz"), AllOf(StartsWith("HTTP/1.1 503"), HasSubstr("too many connections")));
  EXPECT_TRUE(c.until_closed());
  many.pop_back();
  std::string last;
  for (int i = 0; i < 1000 && !last.starts_with("HTTP/1.1 200"); ++i) last = connect().ask("/healthz");
  EXPECT_THAT(last, StartsWith("HTTP/1.1 200"));
}

TEST_F(status_server_test, a_crowd_that_says_nothing_holds_no_more_than_twice_the_connections) {
  serve({.connections = 2, .beat = 20ms});
  std::vector<std::unique_ptr<client>> crowd;
  for (int i = 0; i < 12; ++i) crowd.push_back(std::make_unique<client>(loop, server->port()));
  const auto ended = [&] {
    for (auto& c : crowd) c->turn();
    return std::ranges::count_if(crowd, [](auto& c) { return c->closed() && c->text().empty(); });
  };
  for (int i = 0; i < 20'000 && ended() < 8; ++i) {
  }
  EXPECT_EQ(ended(), 8) << "two are served, two are told that there is no room";
}

TEST_F(status_server_test, events_begin_with_the_history_and_go_on_every_beat) {
  serve();
  auto c = connect();
  c.send("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const auto count = [](const std::string& t, const std::string& what) {
    int n = 0;
    for (auto at = t.find(what); at != std::string::npos; at = t.find(what, at + 1)) ++n;
    return n;
  };
  EXPECT_TRUE(c.until([&](auto& t) { return count(t, "event: now\n") >= 3; }));
  EXPECT_THAT(c.text(),
              AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), HasSubstr("Content-Type: text/event-stream\r\n"),
                    HasSubstr("\r\n\r\nevent: history\ndata: {\"title\":\"a → b\"")));
  EXPECT_EQ(count(c.text(), "event: errors\n"), 1) << "sent again only when they are others";
  file_record r;
  r.fate = fate::rejected, r.path = "name";
  shown.record(r);
  EXPECT_TRUE(c.until([&](auto& t) { return count(t, "event: errors\n") == 2; }));
  EXPECT_THAT(c.text(), HasSubstr("\"file\":\"name\""));
  c.send("x");
  EXPECT_TRUE(c.until_closed()) << "it was asked for nothing more";
}

TEST_F(status_server_test, a_watcher_that_leaves_makes_room) {
  serve({.connections = 1, .beat = 20ms});
  {
    auto c = connect();
    c.send("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_TRUE(c.until([](auto& t) { return t.find("event: now") != std::string::npos; }));
    EXPECT_THAT(connect().ask("/healthz"), StartsWith("HTTP/1.1 503")) << "who watches counts";
  }
  std::string last;
  for (int i = 0; i < 1000 && !last.starts_with("HTTP/1.1 200"); ++i) last = connect().ask("/healthz");
  EXPECT_THAT(last, StartsWith("HTTP/1.1 200"));
}

TEST_F(status_server_test, a_watcher_that_does_not_read_is_dropped) {
  for (int i = 0; i < 20; ++i) {
    file_record r;
    r.fate = fate::rejected, r.path = std::string(160, 'x');
    shown.record(r);
  }
  serve({.connections = 1, .patience = 100ms, .beat = 1ms, .send_buffer = 4096});
  tcp::socket slow{loop};
  slow.open(tcp::v4());
  slow.set_option(asio::socket_base::receive_buffer_size{2048});
  slow.connect({asio::ip::make_address("127.0.0.1"), server->port()});
  asio::write(slow, asio::buffer(std::string_view{"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n"}));
  std::string last;
  for (int i = 0; i < 20'000 && !last.starts_with("HTTP/1.1 200"); ++i) last = connect().ask("/healthz");
  EXPECT_THAT(last, StartsWith("HTTP/1.1 200")) << "the only place is free again";
}

TEST_F(status_server_test, samples_once_a_beat_however_often_it_is_asked) {
  serve({.beat = 3'600'000ms});
  auto c = connect();
  const auto first = c.ask("/metrics");
  file_record r;
  r.fate = fate::accepted;
  shown.record(r);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(c.ask("/metrics"), first) << "made once";
  EXPECT_EQ(looks, 1);
}

TEST_F(status_server_test, metrics_are_of_the_last_beat) {
  serve();
  auto c = connect();
  EXPECT_THAT(c.ask("/metrics"), HasSubstr("\nsluice_in_flight 0\n"));
  now.in_flight = 5;
  std::string last;
  for (int i = 0; i < 1000 && last.find("\nsluice_in_flight 5\n") == std::string::npos; ++i)
    last = c.ask("/metrics");
  EXPECT_THAT(last, HasSubstr("\nsluice_in_flight 5\n"));
}

TEST_F(status_server_test, no_program_that_is_started_inherits_a_socket) {
  serve();
  auto c = connect();
  c.ask("/healthz");
  int ours = 0;
  for (int fd = 3; fd < 256; ++fd) {
    sockaddr_in at{};
    socklen_t size = sizeof at;
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size) != 0 ||
        ntohs(at.sin_port) != server->port())
      continue;
    ++ours;
    EXPECT_EQ(::fcntl(fd, F_GETFD), FD_CLOEXEC);
  }
  EXPECT_EQ(ours, 2) << "the one that listens, and the client's";
}

TEST_F(status_server_test, says_why_it_cannot_listen) {
  serve();
  status_server second{loop.get_executor(), shown, [] { return progress{}; }};
  EXPECT_EQ(second.listen("127.0.0.1", server->port()), boost::system::errc::address_in_use);
  EXPECT_EQ(second.port(), 0);
  EXPECT_EQ(second.listen("not an address", 0), boost::system::errc::invalid_argument);
  EXPECT_FALSE(second.listen("localhost", 0)) << "and may be asked again";
}

TEST_F(status_server_test, stopped_leaves_no_work_and_touches_nothing_more) {
  serve();
  auto asked = connect(), watching = connect(), silent = connect();
  EXPECT_THAT(asked.ask("/healthz"), StartsWith("HTTP/1.1 200"));
  watching.send("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_TRUE(watching.until([](auto& t) { return t.find("event: now") != std::string::npos; }));
  server->stop();
  server.reset();
  const int before = looks;
  loop.run();  // ends: nothing is left to do
  EXPECT_EQ(looks, before);
  EXPECT_TRUE(asked.until_closed() && watching.until_closed() && silent.until_closed());
}

}  // namespace
}  // namespace sluice::cli
