// An observer hears of every attempt, and rates change while uploads wait for them.
#include "engine/uploader_fixture.hpp"
#include "support/loop_certificate.hpp"

namespace sluice {
namespace {

using namespace std::chrono_literals;
using namespace std::literals;
using std::chrono::steady_clock;

class attempt_observer : public with_endpoint {
 protected:
  config observed() {
    auto c = cfg();
    c.on_attempt = [this](const attempt_record& a) { heard_.push_back(a); };
    return c;
  }
  /// Takes `time` to answer, then says `what`.
  auto after(std::chrono::milliseconds time, std::string what) {
    return [this, time, what](const loop::got&) -> asio::awaitable<std::string> {
      asio::steady_timer pause{ioc_, time};
      co_await pause.async_wait(asio::use_awaitable);
      co_return what;
    };
  }
  static void expect_adds_up(const attempt_record& a) {
    EXPECT_LE(a.connect + a.handshake + a.send + a.wait + a.receive, a.total + 1us);
    EXPECT_GT(a.total, 0ns);
  }

  std::vector<attempt_record> heard_;
};

constexpr auto accepted = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

TEST_F(attempt_observer, hears_the_phases_of_a_new_connection_and_of_a_used_one) {
  const loop::authority authority;
  loop::endpoint server{ioc_, after(20ms, accepted), loop::serve_as(authority.issue())};
  auto c = observed();
  c.url = server.url();
  c.tls.ca_file = files_.write("ca.pem", authority.certificate());
  uploader up{ioc_.get_executor(), c};
  upload(up, data("bytes"));
  upload(up, data(std::string(100'000, 'x')));
  ASSERT_EQ(heard_.size(), 2u);
  for (const auto& a : heard_) {
    expect_adds_up(a);
    EXPECT_EQ(a.attempt, 1u);
    EXPECT_EQ(a.status, 200);
    EXPECT_EQ(a.verdict, verdict::accepted);
    EXPECT_EQ(a.error, error_code{});
    EXPECT_GT(a.send, 0ns);
    EXPECT_GE(a.wait, 19ms) << "the server's time";
    EXPECT_EQ(a.in_flight, 1u);
  }
  EXPECT_FALSE(heard_[0].reused);
  EXPECT_GT(heard_[0].connect, 0ns);
  EXPECT_GT(heard_[0].handshake, 0ns);
  EXPECT_EQ(heard_[0].size, 5u);
  EXPECT_TRUE(heard_[1].reused);
  EXPECT_EQ(heard_[1].connect, 0ns);
  EXPECT_EQ(heard_[1].handshake, 0ns);
  EXPECT_EQ(heard_[1].size, 100'000u);
  EXPECT_GT(heard_[1].bytes, 100'000u);
  EXPECT_GT(heard_[1].seq, heard_[0].seq);
}

TEST_F(attempt_observer, hears_of_every_attempt_before_its_file_is_done) {
  server_.say([n = 0](const loop::got&) mutable -> asio::awaitable<std::string> {
    co_return ++n == 1 ? "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n" : accepted;
  });
  auto c = observed();
  c.on_record = [this](const file_record&) { EXPECT_EQ(heard_.size(), 2u); };
  uploader up{ioc_.get_executor(), c};
  EXPECT_EQ(upload(up, data("bytes")).result.attempts, 2u);
  ASSERT_EQ(heard_.size(), 2u);
  EXPECT_EQ(heard_[0].status, 503);
  EXPECT_EQ(heard_[0].handshake, 0ns) << "no TLS, no handshake";
  EXPECT_EQ(heard_[0].verdict, verdict::transient);
  EXPECT_TRUE(heard_[0].error);
  EXPECT_EQ(heard_[1].attempt, 2u);
  EXPECT_EQ(heard_[1].verdict, verdict::accepted);
}

TEST_F(attempt_observer, hears_of_a_connection_that_is_not_made) {
  auto c = observed();
  const loop::dead_port dead{ioc_.get_executor(), "127.0.0.1"};
  c.url = "http://127.0.0.1:" + std::to_string(dead.port()) + "/";
  c.timeout.connect = 100ms;
  c.retry.retries = 0;
  uploader up{ioc_.get_executor(), c};
  upload(up, data("bytes"));
  ASSERT_EQ(heard_.size(), 1u);
  EXPECT_EQ(heard_[0].status, 0);
  EXPECT_FALSE(heard_[0].reused);
  EXPECT_EQ(heard_[0].bytes, 0u);
  EXPECT_EQ(heard_[0].send + heard_[0].wait + heard_[0].receive, 0ns);
  EXPECT_TRUE(heard_[0].error);
  expect_adds_up(heard_[0]);
}

TEST_F(attempt_observer, rate_that_is_raised_lets_those_that_wait_begin) {
  auto c = cfg();
  c.limit.requests_per_second = 0.01;
  uploader up{ioc_.get_executor(), c};
  const auto first = start(up, data("1")), second = start(up, data("2"));
  loop::run_until(ioc_, [&] { return first->has_value(); });
  settle();
  EXPECT_FALSE(second->has_value()) << "a hundred seconds later";
  up.set_rate(0);
  loop::run_until(ioc_, [&] { return second->has_value(); });
}

TEST_F(attempt_observer, byte_rate_changes_for_a_body_under_way) {
  auto c = cfg();
  c.limit.bytes_per_second = 20'000;
  uploader up{ioc_.get_executor(), c};
  const auto begun = steady_clock::now();
  const auto slow = start(up, data(std::string(1'000'000, 'x')));
  for (int turns = 0; turns < 100 && server_.in_flight == 0; ++turns) ioc_.run_for(2ms), ioc_.restart();
  EXPECT_FALSE(slow->has_value());
  up.set_limit_rate(0);
  loop::run_until(ioc_, [&] { return slow->has_value(); });
  EXPECT_LT(steady_clock::now() - begun, 10s) << "it would have been 50 s";
}

TEST_F(attempt_observer, of_a_trace_hears_each_step_and_the_end_of_an_idle_connection) {
  loop::endpoint server{ioc_, after(0ms, accepted)};
  auto c = cfg();
  std::vector<trace_event> steps;
  c.on_trace = [&](const trace_event& e) { steps.push_back(e); };
  c.url = server.url(), c.family = address_family::ipv4;  // localhost may be ::1 too, where nobody listens
  c.headers.push_back({"X-Room", "201", true});
  std::optional<uploader> up{std::in_place, ioc_.get_executor(), c};
  upload(*up, data("bytes"));
  ASSERT_EQ(steps.size(), 4u);
  EXPECT_EQ(steps[0].what, trace_event::kind::lookup);
  EXPECT_EQ(steps[1].what, trace_event::kind::connection);
  EXPECT_EQ(steps[2].what, trace_event::kind::request);
  EXPECT_THAT(steps[2].head, testing::HasSubstr("X-Room: ***\n"));
  EXPECT_EQ(steps[3].what, trace_event::kind::reply);
  EXPECT_EQ(steps[3].head, "HTTP/1.1 200 OK\nContent-Length: 0\n");
  up->update_header("X-Other", "fresh");
  upload(*up, data("bytes"));
  EXPECT_THAT(steps[4].head, testing::HasSubstr("X-Other: ***\n"));
  up.reset();
  EXPECT_EQ(steps.back().what, trace_event::kind::closed);
}

// The listener may be gone by then.
TEST_F(attempt_observer, of_a_trace_hears_nothing_of_what_a_loop_takes_with_it) {
  std::size_t heard = 0;
  auto turning = std::make_unique<asio::io_context>();
  auto server = std::make_unique<loop::endpoint>(*turning);
  auto c = cfg();
  c.on_trace = [&](const trace_event&) { ++heard; };
  c.url = server->url(), c.family = address_family::ipv4;
  uploader up{turning->get_executor(), c};
  up.async_upload(data("bytes"), [&](error_code, const upload_result&) { turning->stop(); });
  turning->run();
  EXPECT_EQ(heard, 4u);
  server.reset();
  turning.reset();
  EXPECT_EQ(heard, 4u);
}

}  // namespace
}  // namespace sluice
