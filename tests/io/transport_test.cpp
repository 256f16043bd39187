#include "io/net/transport.hpp"

#include "connection_fixture.hpp"
#include "support/forward_proxy.hpp"

#include <gmock/gmock.h>

namespace sluice::io {
namespace {

using namespace std::chrono_literals;
using proxy = support::forward_proxy;
using loop::reply;
using testing::HasSubstr;
using testing::Not;

/// A connection through a proxy, to an endpoint with TLS or without.
class transport_test : public with_peer {
 protected:
  void lead(loop::client& c, const std::string& via, std::vector<header> headers = {}) {
    auto p = core::parse_proxy(via).value();
    tls_options trust;
    trust.ca_file = scratch_.write("proxy-ca.pem", proxys_.certificate());
    std::vector<problem> problems;
    auto tls = p.at.tls ? make_tls_client(trust, problems) : nullptr;
    c.to.via = std::make_unique<proxy_route>(ioc_.get_executor(),
                                             proxy_terms{std::move(p), std::move(headers), std::move(tls)});
  }
  /// The endpoint takes `requests` on each connection.
  void serve(int requests) {
    script([this, requests](loop::listener& l) -> awaitable<void> {
      auto p = co_await l.accept();
      for (int i = 0; i < requests; ++i) {
        seen_.push_back(co_await p.read_request());
        co_await p.write(reply("200 OK", "fine"));
      }
      co_await p.read_to_end();
    });
  }
  void expect_refused(proxy::speaks what, const std::string& scheme, const std::string& answer, errc error,
                      const char* says) {
    SCOPED_TRACE(answer);
    proxy by{ioc_, what};
    by.answer = answer;
    auto c = make_client();
    lead(c, scheme + by.where());
    const auto r = exchange(c);
    EXPECT_EQ(r.outcome.error, error) << r.outcome.error.message();
    EXPECT_THAT(r.detail, HasSubstr(says));
    EXPECT_EQ(r.outcome.request, core::sent::nothing);
    EXPECT_EQ(by.connections, 1u);
    EXPECT_FALSE(listener_.somebody_waits());
  }

  loop::authority proxys_;
  std::vector<std::string> seen_;
};
INSTANTIATE_TEST_SUITE_P(, transport_test, testing::Bool(), plain_or_tls);

TEST_P(transport_test, goes_through_each_kind_of_proxy_and_keeps_its_tunnel) {
  for (const auto* scheme : {"http://", "https://", "socks5://", "socks5h://"}) {
    SCOPED_TRACE(scheme);
    const std::string_view name = scheme;
    if (!GetParam() && !name.starts_with("socks")) continue;  // the absolute form has no tunnel
    const auto what = name.starts_with("socks") ? proxy::speaks::socks5 : proxy::speaks::http;
    proxy by{ioc_, what, name == "https://" ? loop::serve_as(proxys_.issue()) : nullptr};
    seen_.clear();
    serve(3);
    auto c = make_client();
    lead(c, scheme + by.where());
    for (const auto* bytes : {"one", "", "three"}) {
      const auto r = exchange(c, bytes);
      ASSERT_TRUE(r.outcome.reply) << r.outcome.error.message() << " " << r.detail;
      EXPECT_EQ(r.outcome.reply->body, "fine");
      EXPECT_EQ(r.outcome.request, core::sent::whole);
      EXPECT_TRUE(r.detail.empty()) << r.detail;
      EXPECT_TRUE(seen_.back().ends_with(bytes + std::string{">"}));
    }
    EXPECT_EQ(by.connections, 1u);
    ASSERT_EQ(by.questions.size(), 1u);
    const auto port = ":" + std::to_string(listener_.port());
    if (name == "socks5://")  // SOCKS 5 gets an address, and localhost may have two
      EXPECT_THAT(by.questions[0], testing::AnyOf(HasSubstr("127.0.0.1" + port), HasSubstr("::1" + port)));
    else
      EXPECT_THAT(by.questions[0], HasSubstr("localhost" + port));
  }
}

TEST_P(transport_test, carries_a_large_body_through_two_layers_of_tls_unharmed) {
  if (!GetParam()) return;
  std::string bytes(3'000'000, 'x');
  for (std::size_t i = 0; i < bytes.size(); i += 7) bytes[i] = static_cast<char>(i);
  proxy by{ioc_, proxy::speaks::http, loop::serve_as(proxys_.issue())};
  serve(1);
  auto c = make_client();
  lead(c, "https://" + by.where());
  const auto r = exchange(c, bytes);
  ASSERT_TRUE(r.outcome.reply) << r.outcome.error.message() << " " << r.detail;
  EXPECT_FALSE(r.outcome.early);
  EXPECT_GE(r.kernel_bytes, bytes.size());
  EXPECT_TRUE(seen_.back().ends_with(bytes + ">"));
}

TEST_P(transport_test, says_what_an_http_proxy_refuses) {
  if (!GetParam()) return;
  const auto expect = [&](const char* answer, errc error, const char* says) {
    expect_refused(proxy::speaks::http, "http://", answer, error, says);
  };
  expect("HTTP/1.1 407 Auth\r\nProxy-Authenticate: Basic realm=\"x\"\r\n\r\n", errc::proxy_auth_refused,
         "a user and a password");
  expect("HTTP/1.1 407 Auth\r\nProxy-Authenticate: NTLM\r\n\r\n", errc::proxy_auth_refused, "NTLM");
  expect("HTTP/1.1 403 Forbidden\r\n\r\n", errc::proxy_refused, "status 403");
  expect("HTTP/1.1 502 Bad Gateway\r\n\r\n", errc::proxy_cannot_reach, "status 502");
  expect("SSH-2.0\r\n", errc::proxy_failed, "no HTTP");
  expect("HTTP/1.1 200", errc::proxy_failed, "it closed the connection");
}

TEST_P(transport_test, says_what_a_socks_proxy_refuses) {
  expect_refused(proxy::speaks::socks5, "socks5h://", std::string("\x05\x02\0\x01\0\0\0\0\0\0", 10),
                 errc::proxy_refused, "not allowed");
  expect_refused(proxy::speaks::socks5, "socks5h://", std::string("\x05\x05\0\x01\0\0\0\0\0\0", 10),
                 errc::proxy_cannot_reach, "connection refused");
}

TEST_P(transport_test, tells_a_proxy_that_is_not_there_from_the_endpoint) {
  loop::listener gone{ioc_.get_executor()};
  gone.close();
  auto c = make_client();
  lead(c, "me:hidden@127.0.0.1:" + std::to_string(gone.port()));
  const auto r = exchange(c);
  EXPECT_EQ(r.outcome.error, errc::proxy_unreachable) << r.outcome.error.message();
  EXPECT_THAT(r.detail,
              HasSubstr("http://127.0.0.1:" + std::to_string(gone.port()) + ": Connection refused"));
  EXPECT_THAT(r.detail, Not(HasSubstr("hidden")));
}

TEST_P(transport_test, verifies_the_proxy_as_it_verifies_the_endpoint) {
  if (!GetParam()) return;
  loop::authority stranger;
  proxy by{ioc_, proxy::speaks::http, loop::serve_as(stranger.issue())};
  auto c = make_client();
  lead(c, "https://" + by.where());
  const auto r = exchange(c);
  EXPECT_EQ(r.outcome.error, errc::proxy_identity) << r.outcome.error.message();
  EXPECT_TRUE(by.questions.empty());
}

TEST_P(transport_test, tells_the_endpoints_certificate_from_the_proxys) {
  if (!GetParam()) return;
  proxy by{ioc_};
  script([](loop::listener& l) -> awaitable<void> { co_await l.accept(); });
  tls_.ca_file = scratch_.write("other.pem", proxys_.certificate());
  auto c = make_client();
  lead(c, by.where());
  EXPECT_EQ(exchange(c).outcome.error, errc::tls_identity);
}

TEST_P(transport_test, has_the_time_to_connect_for_the_proxy_too) {
  if (!GetParam()) return;
  proxy by{ioc_};
  by.is_silent = true;
  auto timeout = loop::patient();
  timeout.connect = 200ms;
  auto c = make_client(timeout);
  lead(c, by.where());
  const auto r = exchange(c);
  EXPECT_EQ(r.outcome.error, errc::connect_timeout);
  EXPECT_THAT(r.detail, HasSubstr("no answer of the proxy http://127.0.0.1"));
}

TEST_P(transport_test, can_be_aborted_while_the_proxy_thinks) {
  if (!GetParam()) return;
  proxy by{ioc_};
  by.is_silent = true;
  auto c = make_client();
  lead(c, by.where());
  loop::hand_fed body{ioc_.get_executor(), "bytes"};
  start(c, body);
  loop::run_until(ioc_, [&] { return !by.questions.empty(); });
  c.connection.abort(asio::error::operation_aborted);
  EXPECT_EQ(finish().outcome.error, asio::error::operation_aborted);
}

TEST_P(transport_test, gives_its_credentials_to_the_proxy_alone) {
  if (!GetParam()) return;
  proxy by{ioc_};
  serve(1);
  auto c = make_client();
  lead(c, "me:hidden@" + by.where(), {{"X-Team", "a"}});
  ASSERT_TRUE(exchange(c).outcome.reply);
  EXPECT_THAT(by.questions.at(0), HasSubstr("Proxy-Authorization: Basic bWU6aGlkZGVu\r\nX-Team: a\r\n"));
  EXPECT_THAT(seen_.at(0), Not(HasSubstr("Proxy")));
  EXPECT_THAT(seen_.at(0), Not(HasSubstr("X-Team")));
}

/// The endpoint's name has several addresses, and the proxy is told one of them.
class told_address_test : public transport_test {
 protected:
  static lookup_terms terms(const std::vector<const char*>& addresses) {
    lookup_terms all;
    for (const auto* a : addresses) all.known.push_back(asio::ip::make_address(a));
    return all;
  }
  std::string asked(std::size_t i) const {
    return by_.questions.at(i).substr(0, by_.questions[i].rfind(':'));
  }

  const std::string refused_{"\x05\x05\0\x01\0\0\0\0\0\0", 10};
  const std::string no_such_kind_{"\x05\x08\0\x01\0\0\0\0\0\0", 10};
  proxy by_{ioc_, proxy::speaks::socks5};
};
INSTANTIATE_TEST_SUITE_P(, told_address_test, testing::Bool(), plain_or_tls);

TEST_P(told_address_test, goes_on_to_the_next_when_the_proxy_does_not_reach_one) {
  by_.of_host = {{"192.0.2.1", refused_}, {"2001:db8::1", no_such_kind_}};
  serve(2);
  auto c = make_client(loop::patient(), terms({"192.0.2.1", "2001:db8::1", "127.0.0.1"}));
  lead(c, "socks5://" + by_.where());
  const auto r = exchange(c);
  ASSERT_TRUE(r.outcome.reply) << r.outcome.error.message() << " " << r.detail;
  EXPECT_TRUE(r.detail.empty()) << r.detail;
  ASSERT_EQ(by_.questions.size(), 3u);
  EXPECT_EQ(asked(0), "192.0.2.1");
  EXPECT_EQ(asked(1), "2001:db8::1");
  EXPECT_EQ(asked(2), "127.0.0.1");
  EXPECT_EQ(exchange(c).outcome.request, core::sent::whole);
  EXPECT_EQ(by_.connections, 3u) << "the tunnel is kept";
}

TEST_P(told_address_test, that_came_to_nothing_is_told_last_by_the_next_connection) {
  by_.of_host = {{"192.0.2.1", refused_}};
  script([](loop::listener& l) -> awaitable<void> {
    for (int i = 0; i < 2; ++i) {
      auto p = co_await l.accept();
      co_await p.read_request();
      co_await p.write(reply("200 OK", "fine", "Connection: close\r\n"));
      p.close();
    }
  });
  auto c = make_client(loop::patient(), terms({"192.0.2.1", "127.0.0.1"}));
  lead(c, "socks5://" + by_.where());
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(exchange(c).outcome.reply);
  ASSERT_EQ(by_.questions.size(), 3u);
  EXPECT_EQ(asked(2), "127.0.0.1");
}

TEST_P(told_address_test, that_the_proxy_is_silent_about_has_half_of_the_time) {
  by_.of_host = {{"192.0.2.1", ""}};
  serve(1);
  auto timeout = loop::patient();
  timeout.connect = 1s;
  auto c = make_client(timeout, terms({"192.0.2.1", "127.0.0.1"}));
  lead(c, "socks5://" + by_.where());
  const auto begun = std::chrono::steady_clock::now();
  const auto r = exchange(c);
  ASSERT_TRUE(r.outcome.reply) << r.outcome.error.message() << " " << r.detail;
  EXPECT_GE(std::chrono::steady_clock::now() - begun, 400ms);
  EXPECT_EQ(by_.questions.size(), 2u);
}

TEST_P(told_address_test, says_the_last_refusal_when_no_address_is_reached) {
  by_.of_host = {{"192.0.2.1", no_such_kind_}, {"192.0.2.2", refused_}};
  auto c = make_client(loop::patient(), terms({"192.0.2.1", "192.0.2.2"}));
  lead(c, "socks5://" + by_.where());
  const auto r = exchange(c);
  EXPECT_EQ(r.outcome.error, errc::proxy_cannot_reach) << r.outcome.error.message();
  EXPECT_THAT(r.detail, HasSubstr("connection refused"));
  EXPECT_EQ(r.outcome.request, core::sent::nothing);
  EXPECT_EQ(by_.questions.size(), 2u);
  EXPECT_FALSE(listener_.somebody_waits());
}

TEST_P(told_address_test, is_asked_for_once_by_a_proxy_that_refuses_us) {
  by_.answer = "\x05\xff";
  auto c = make_client(loop::patient(), terms({"192.0.2.1", "192.0.2.2"}));
  lead(c, "socks5://" + by_.where());
  const auto r = exchange(c);
  EXPECT_EQ(r.outcome.error, errc::proxy_auth_refused) << r.outcome.error.message() << r.detail;
  EXPECT_EQ(by_.connections, 1u);
}

TEST_P(told_address_test, that_shows_anothers_certificate_is_passed_over) {
  if (!GetParam()) return;
  loop::authority stranger;
  loop::listener other{ioc_.get_executor(), loop::serve_as(stranger.issue())};
  loop::beside(ioc_, [&]() -> awaitable<void> {
    try {
      co_await other.accept();
    } catch (const std::exception&) {  // the client breaks the handshake off
    }
  });
  by_.leads = {{"192.0.2.1", other.port()}};
  serve(1);
  auto c = make_client(loop::patient(), terms({"192.0.2.1", "127.0.0.1"}));
  lead(c, "socks5://" + by_.where());
  const auto r = exchange(c);
  ASSERT_TRUE(r.outcome.reply) << r.outcome.error.message() << " " << r.detail;
  EXPECT_EQ(seen_.size(), 1u);
}

}  // namespace
}  // namespace sluice::io
