// config::addresses and config::connector: how an embedder says where, and over what, the endpoint is
// reached.
#include "uploader_fixture.hpp"

#include "support/loop_certificate.hpp"

#include <fcntl.h>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl/context.hpp>

namespace sluice {
namespace {

using asio::ip::tcp;
using testing::HasSubstr;

class own_connection : public with_endpoint {
 protected:
  /// The server's port, under a name that no DNS knows.
  config elsewhere() const {
    auto c = cfg();
    c.url = "http://endpoint.invalid:" + c.url.substr(c.url.rfind(':') + 1);
    return c;
  }
  std::uint16_t port() const {
    const auto url = cfg().url;
    return static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
  }
  /// Connects to the server, as a caller's code would.
  connector honest() {
    return [this](const connect_target& to, const connect_done& done) {
      asked_.push_back(to.host + ":" + std::to_string(to.port));
      auto s = std::make_shared<tcp::socket>(ioc_);
      s->async_connect({asio::ip::address_v4::loopback(), port()},
                       [s, done](error_code ec) { done(ec, ec ? -1 : s->release()); });
    };
  }
  std::vector<std::string> asked_;
};

TEST_F(own_connection, addresses_are_taken_instead_of_dns) {
  auto c = elsewhere();
  c.addresses = {{"127.0.0.1", 0}};
  uploader up{ioc_.get_executor(), c};
  EXPECT_EQ(upload(up, file("a")).result.fate, fate::accepted);
  EXPECT_THAT(server_.requests[0].header("Host"), HasSubstr("endpoint.invalid"));
}

TEST_F(own_connection, addresses_are_tried_in_turn_and_may_have_ports) {
  auto c = elsewhere();
  loop::listener closed{ioc_.get_executor()};
  closed.close();
  c.addresses = {{"127.0.0.1", closed.port()}, {"127.0.0.1", port()}};
  uploader up{ioc_.get_executor(), c};
  EXPECT_EQ(upload(up, file("a")).result.fate, fate::accepted);
}

TEST_F(own_connection, address_that_is_a_name_is_refused) {
  auto c = cfg();
  c.addresses = {{"localhost", 0}};
  const auto found = problems(c);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].member, "addresses");
  EXPECT_THAT(found[0].what, HasSubstr("'localhost' is not an IP address"));
}

TEST_F(own_connection, connector_makes_each_connection_and_knows_the_url) {
  auto c = elsewhere();
  c.window = window::fixed(2);
  c.connector = honest();
  uploader up{ioc_.get_executor(), c};
  server_.hold();
  const auto a = start(up, file("a")), b = start(up, file("b"));
  loop::run_until(ioc_, [&] { return server_.in_flight == 2; });
  server_.let_go();
  loop::run_until(ioc_, [&] { return a->has_value() && b->has_value(); });
  EXPECT_EQ(upload(up, file("c")).result.fate, fate::accepted);
  EXPECT_EQ(asked_, (std::vector<std::string>(2, "endpoint.invalid:" + std::to_string(port()))));
}

TEST_F(own_connection, tls_goes_over_what_the_connector_made_and_is_verified) {
  const loop::authority authority;
  loop::endpoint secure{ioc_, loop::serve_as(authority.issue({.names = "DNS:endpoint.invalid"}))};
  auto trusting = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
  trusting->add_certificate_authority(asio::buffer(authority.certificate()));
  const auto url = secure.url();
  const auto to = static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
  for (const auto* host : {"endpoint.invalid", "other.invalid"}) {
    auto c = cfg();
    c.url = "https://" + std::string{host} + "/up";
    c.tls.context = trusting;
    c.connector = [&](const connect_target&, const connect_done& done) {
      tcp::socket s{ioc_};
      s.connect({asio::ip::address_v4::loopback(), to});
      done({}, s.release());
    };
    uploader up{ioc_.get_executor(), c};
    const auto r = upload(up, file("a")).result;
    EXPECT_EQ(r.fate == fate::accepted, host == std::string{"endpoint.invalid"}) << r.error.message();
  }
}

TEST_F(own_connection, any_stream_socket_serves) {
  asio::local::stream_protocol::socket ours{ioc_}, theirs{ioc_};
  asio::local::connect_pair(ours, theirs);
  auto c = elsewhere();
  c.connector = [&](const connect_target&, const connect_done& done) { done({}, ours.release()); };
  uploader up{ioc_.get_executor(), c};
  const auto outcome = start(up, data("over a pair of sockets"));
  std::string seen;
  loop::beside(ioc_, [&]() -> asio::awaitable<void> {
    std::array<char, 4096> bytes{};
    while (seen.find("over a pair of sockets") == std::string::npos) {
      const auto n = co_await theirs.async_read_some(asio::buffer(bytes), asio::use_awaitable);
      seen.append(bytes.data(), n);
    }
    const auto yes = loop::reply("200 OK");
    co_await theirs.async_write_some(asio::buffer(yes), asio::use_awaitable);
  });
  loop::run_until(ioc_, [&] { return outcome->has_value(); });
  EXPECT_EQ((*outcome)->result.fate, fate::accepted);
}

TEST_F(own_connection, connector_that_fails_is_an_endpoint_that_cannot_be_reached) {
  auto c = elsewhere();
  c.retry.retries = 0;
  for (const error_code why : {error_code{asio::error::connection_refused}, error_code{}}) {
    c.connector = [&](const connect_target&, const connect_done& done) { done(why, -1); };
    uploader up{ioc_.get_executor(), c};
    const auto r = upload(up, file("a")).result;
    EXPECT_EQ(r.fate, fate::deferred);
    EXPECT_TRUE(r.error);
  }
}

TEST_F(own_connection, connector_that_is_silent_is_given_up_and_what_it_makes_later_is_closed) {
  auto c = elsewhere();
  c.retry.retries = 0;
  c.timeout.connect = std::chrono::milliseconds{100};
  std::vector<connect_done> waiting;
  c.connector = [&](const connect_target&, connect_done done) { waiting.push_back(std::move(done)); };
  uploader up{ioc_.get_executor(), c};
  EXPECT_EQ(upload(up, file("a")).result.error, errc::connect_timeout);
  asio::local::stream_protocol::socket ours{ioc_}, theirs{ioc_};
  asio::local::connect_pair(ours, theirs);
  const int late = ours.release();
  ASSERT_EQ(waiting.size(), 1u);
  waiting[0]({}, late);
  EXPECT_EQ(::fcntl(late, F_GETFD), -1) << "a socket that nobody waits for stays open";
}

TEST_F(own_connection, connector_is_left_alone_when_the_upload_or_the_uploader_ends) {
  auto c = elsewhere();
  std::vector<connect_done> waiting;
  c.connector = [&](const connect_target&, connect_done done) { waiting.push_back(std::move(done)); };
  std::optional<uploader> up{std::in_place, ioc_.get_executor(), c};
  const auto outcome = start(*up, file("a"));
  loop::run_until(ioc_, [&] { return !waiting.empty(); });
  up.reset();
  loop::run_until(ioc_, [&] { return outcome->has_value(); });
  EXPECT_EQ((*outcome)->error, asio::error::operation_aborted);
  waiting[0](asio::error::operation_aborted, -1);
  settle();
}

}  // namespace
}  // namespace sluice
