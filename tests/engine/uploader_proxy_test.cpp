// config::proxy as an embedder meets it: what it refuses, and an http:// endpoint behind an HTTP proxy.
#include "uploader_fixture.hpp"

#include "support/problem_lines.hpp"

namespace sluice {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class uploader_proxy : public with_endpoint {
 protected:
  /// The server is the proxy, and sees all that a proxy would see.
  config through_server() const {
    auto c = cfg();
    c.proxy.url = "me:hidden@" + c.url.substr(7, c.url.find('/', 7) - 7);
    c.proxy.from = "--proxy";
    c.url = "http://endpoint.invalid:8080/up";
    return c;
  }
};

TEST_F(uploader_proxy, gets_requests_for_http_in_absolute_form) {
  auto c = through_server();
  c.proxy.headers = {{"X-Team", "a"}};
  uploader up{ioc_.get_executor(), c};
  EXPECT_EQ(upload(up, file("a")).result.fate, fate::accepted);
  ASSERT_EQ(server_.count(), 1u);
  const auto& got = server_.requests[0];
  EXPECT_THAT(got.head, StartsWith("POST http://endpoint.invalid:8080/up HTTP/1.1\r\n"));
  EXPECT_EQ(got.header("Host"), "endpoint.invalid:8080");
  EXPECT_EQ(got.header("Proxy-Authorization"), "Basic bWU6aGlkZGVu");
  EXPECT_EQ(got.header("X-Team"), "a");
}

TEST_F(uploader_proxy, keeps_its_fields_when_the_headers_change) {
  uploader up{ioc_.get_executor(), through_server()};
  up.update_header("X-New", "b");
  EXPECT_EQ(upload(up, file("a")).result.fate, fate::accepted);
  ASSERT_EQ(server_.count(), 1u);
  EXPECT_EQ(server_.requests[0].header("Proxy-Authorization"), "Basic bWU6aGlkZGVu");
  EXPECT_EQ(server_.requests[0].header("X-New"), "b");
}

TEST_F(uploader_proxy, gets_another_login_while_it_lives) {
  auto c = through_server();
  c.proxy.user = "me:one", c.user = "you:two";
  uploader up{ioc_.get_executor(), c};
  upload(up, file("a"));
  up.update_credentials({.user = "you:three", .proxy_user = "me:four"});
  upload(up, file("b"));
  up.update_credentials({.user = "you:three"});
  upload(up, file("c"));
  EXPECT_THROW(up.update_credentials({.proxy_user = "me:a\nb"}), std::invalid_argument);
  ASSERT_EQ(server_.count(), 3u);
  EXPECT_EQ(server_.requests[0].header("Proxy-Authorization"), "Basic bWU6b25l");
  EXPECT_EQ(server_.requests[0].header("Authorization"), "Basic eW91OnR3bw==");
  EXPECT_EQ(server_.requests[1].header("Proxy-Authorization"), "Basic bWU6Zm91cg==");
  EXPECT_EQ(server_.requests[1].header("Authorization"), "Basic eW91OnRocmVl");
  EXPECT_EQ(server_.requests[2].header("Proxy-Authorization"), "Basic bWU6aGlkZGVu") << "that of the URL";
}

TEST_F(uploader_proxy, is_not_asked_for_hosts_of_the_list) {
  auto c = cfg();
  c.proxy.url = "http://127.0.0.1:1", c.proxy.no_proxy = "localhost";
  c.proxy.user = "me:hidden";
  uploader up{ioc_.get_executor(), c};
  EXPECT_EQ(upload(up, file("a")).result.fate, fate::accepted);
  ASSERT_EQ(server_.count(), 1u);
  EXPECT_THAT(server_.requests[0].head, StartsWith("POST /up "));
  EXPECT_THAT(server_.requests[0].head, Not(HasSubstr("Proxy")));
}

TEST_F(uploader_proxy, that_refuses_us_ends_a_drain_with_its_own_line) {
  server_.say(loop::reply("407 Proxy Authentication Required"));
  for (int i = 0; i < 9; ++i) file("f" + std::to_string(i));
  uploader up{ioc_.get_executor(), through_server()};
  const auto o = drain(up);
  EXPECT_EQ(o.error, errc::refused);
  EXPECT_EQ(o.summary.reason, stop_reason::refused);
  EXPECT_THAT(o.summary.detail, StartsWith("status 407, the proxy refuses our credentials"));
  EXPECT_THAT(o.summary.proxy.url, StartsWith("http://localhost:"));
  EXPECT_EQ(o.summary.proxy.from, "--proxy");
  EXPECT_THAT(to_json(o.summary), Not(HasSubstr("hidden")));
}

TEST_F(uploader_proxy, that_is_not_there_ends_a_drain_as_unreachable) {
  auto c = through_server();
  loop::listener gone{ioc_.get_executor()};
  gone.close();
  c.proxy.url = "127.0.0.1:" + std::to_string(gone.port());
  c.retry.retries = 0;
  for (int i = 0; i < 9; ++i) file("f" + std::to_string(i));
  uploader up{ioc_.get_executor(), c};
  const auto o = drain(up);
  EXPECT_EQ(o.summary.reason, stop_reason::unreachable);
  EXPECT_THAT(o.summary.detail, StartsWith("the proxy cannot be reached (http://127.0.0.1:"));
}

TEST_F(uploader_proxy, configuration_that_cannot_work_is_refused) {
  const struct {
    void (*breaks)(config&);
    const char* line;
  } table[] = {
      {[](config& c) { c.proxy.url = "proxy"; }, "proxy.url: no port"},
      {[](config& c) { c.proxy.url = "ftp://proxy:1"; }, "proxy.url: 'ftp://' is no scheme of a proxy"},
      {[](config& c) { c.proxy.user = "me:a\nb"; }, "proxy.user: the user or the password has a control"},
      {[](config& c) { c.proxy.url = "socks5://me@proxy:1"; },
       "proxy.url: SOCKS takes a user and a password"},
      {[](config& c) { c.proxy.url = "socks5://proxy:1", c.proxy.user = "me:" + std::string(256, 'x'); },
       "proxy.user: SOCKS takes"},
      {[](config& c) { c.proxy.url = "socks5://proxy:1", c.proxy.headers = {{"A", "b"}}; },
       "proxy.headers and proxy.url: SOCKS has no headers"},
      {[](config& c) { c.proxy.headers = {{"A", "b\r\nC: d"}}; }, "proxy.headers: the value of \"A\""},
      {[](config& c) { c.proxy.headers = {{"Host", "b"}}; }, "proxy.headers: \"Host\" is written by"},
      {[](config& c) { c.addresses = {{"127.0.0.1", 0}}; },
       "addresses and proxy.url: a proxy finds the endpoint"},
      {[](config& c) { c.connector = [](const connect_target&, const connect_done&) {}; },
       "connector and proxy.url: cannot be combined with a proxy"},
      {[](config& c) { c.proxy.url = "https://proxy:1", c.proxy.tls.ca_file = "/nowhere"; },
       "proxy.tls.ca_file: cannot read certificates"},
  };
  for (const auto& row : table) {
    auto c = through_server();
    row.breaks(c);
    const auto found = problems(c);
    ASSERT_EQ(found.size(), 1u) << row.line;
    EXPECT_THAT(to_string(found[0]), StartsWith(row.line));
    EXPECT_THAT(to_string(found[0]), Not(HasSubstr("hidden")));
  }
}

}  // namespace
}  // namespace sluice
