// config::resolve, family, interface and unix_socket as an embedder meets them.
#include "uploader_fixture.hpp"

#include "support/forward_proxy.hpp"
#include "support/problem_lines.hpp"

#include <sys/socket.h>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>

#include <list>

namespace sluice {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;
using proxy = support::forward_proxy;

class uploader_way : public with_endpoint {
 protected:
  std::string port() const {
    const auto url = cfg().url;
    return url.substr(url.rfind(':') + 1, url.rfind('/') - url.rfind(':') - 1);
  }
  /// The server's port, under a name that no DNS knows.
  config elsewhere() const {
    auto c = cfg();
    c.url = "http://endpoint.invalid:" + port() + "/up";
    c.retry.retries = 0;
    return c;
  }
  config resolved(const std::string& addresses) const {
    auto c = elsewhere();
    c.resolve = {"endpoint.invalid:" + port() + ":" + addresses};
    return c;
  }
  fate sent(const config& c) {
    uploader up{ioc_.get_executor(), c};
    return upload(up, file("a")).result.fate;
  }
};

TEST_F(uploader_way, leads_to_the_addresses_of_resolve_and_the_name_stays_the_urls) {
  EXPECT_EQ(sent(resolved("127.0.0.1")), fate::accepted);
  EXPECT_EQ(server_.requests.at(0).header("Host"), "endpoint.invalid:" + port());
}

TEST_F(uploader_way, races_the_addresses_of_resolve) {
  EXPECT_EQ(sent(resolved("127.0.0.2,[::1],127.0.0.1")), fate::accepted);
}

TEST_F(uploader_way, takes_a_host_header_by_hand_where_the_address_is_by_hand) {
  auto c = resolved("127.0.0.1");
  c.headers = {{"Host", "next.example"}};
  uploader up{ioc_.get_executor(), c};
  EXPECT_EQ(upload(up, file("a")).result.fate, fate::accepted);
  EXPECT_EQ(server_.requests.at(0).header("Host"), "next.example");
  up.update_header("Host", "last.example:1");
  EXPECT_EQ(upload(up, file("b")).result.fate, fate::accepted);
  EXPECT_EQ(server_.requests.at(1).header("Host"), "last.example:1");
  EXPECT_THROW(up.update_header("Host", "a b"), std::invalid_argument);
  uploader ordinary{ioc_.get_executor(), cfg()};
  EXPECT_THROW(ordinary.update_header("Host", "next.example"), std::invalid_argument);
}

TEST_F(uploader_way, finds_the_proxy_by_resolve) {
  auto c = cfg();
  c.url = "http://endpoint.invalid:8080/up";
  c.proxy.url = "http://proxy.invalid:" + port();
  c.resolve = {"*:" + port() + ":127.0.0.1"};
  EXPECT_EQ(sent(c), fate::accepted);
  EXPECT_THAT(server_.requests.at(0).head, StartsWith("POST http://endpoint.invalid:8080/up "));
}

TEST_F(uploader_way, tells_a_socks_proxy_the_addresses_of_resolve) {
  proxy by{ioc_, proxy::speaks::socks5};
  by.of_host["192.0.2.1"] = std::string{"\x05\x04\0\x01\0\0\0\0\0\0", 10};
  auto c = resolved("192.0.2.1,127.0.0.1");
  c.proxy.url = "socks5://" + by.where();
  EXPECT_EQ(sent(c), fate::accepted);
  EXPECT_THAT(by.questions, ElementsAre("192.0.2.1:" + port(), "127.0.0.1:" + port()));
}

TEST_F(uploader_way, comes_from_the_address_or_the_interface_that_was_given) {
  for (const auto* from : {"127.0.0.9", "lo"}) {
    auto c = cfg();
    c.interface = from;
    EXPECT_EQ(sent(c), fate::accepted) << from;
  }
}

TEST_F(uploader_way, leads_over_a_unix_socket) {
  const auto path = files_.path() / "socket";
  asio::local::stream_protocol::acceptor there{ioc_, path.string()};
  // The side-car is the test itself.
  auto side_car = std::make_shared<asio::local::stream_protocol::socket>(ioc_);
  auto c = elsewhere();
  c.unix_socket = path;
  uploader up{ioc_.get_executor(), c};
  const auto outcome = start(up, data("over a Unix socket"));
  bool is_there = false;
  there.async_accept(*side_car, [&](error_code) { is_there = true; });
  loop::run_until(ioc_, [&] { return is_there; });
  std::string got;
  loop::run_until(ioc_, [&] {
    std::array<char, 4096> some;
    error_code ec;
    side_car->non_blocking(true);
    got.append(some.data(), side_car->read_some(asio::buffer(some), ec));
    return got.find("over a Unix socket") != got.npos;
  });
  EXPECT_THAT(got, HasSubstr("\r\nHost: endpoint.invalid:"));
  asio::write(*side_car, asio::buffer(loop::reply("200 OK")));
  loop::run_until(ioc_, [&] { return outcome->has_value(); });
  EXPECT_EQ((*outcome)->result.fate, fate::accepted);
}

TEST_F(uploader_way, to_a_unix_socket_that_is_not_there_yet_is_one_to_an_endpoint_that_is_away) {
  auto c = elsewhere();
  c.unix_socket = files_.path() / "nobody";
  file("a");
  uploader up{ioc_.get_executor(), c};
  const auto o = drain(up);
  EXPECT_EQ(o.summary.reason, stop_reason::unreachable);
  EXPECT_THAT(o.summary.detail, HasSubstr("No such file or directory ('" + c.unix_socket.string() + "')"));
}

TEST_F(uploader_way, that_cannot_be_is_told_in_one_line) {
  const struct {
    void (*breaks)(config&);
    const char* line;
  } table[] = {
      {[](config& c) { c.resolve = {"nonsense"}; }, "resolve: 'nonsense' is not complete"},
      {[](config& c) { c.resolve = {"other:443:127.0.0.1"}; },
       "resolve: 'other:443' is not what this run connects to: the URL's is 'host.example:443'"},
      {[](config& c) { c.resolve = {"host.example:80:127.0.0.1"}; },
       "resolve: 'host.example:80' is not what"},
      {[](config& c) { c.resolve = {"*:80:127.0.0.1"}; }, "resolve: '*:80' is not what"},
      {[](config& c) { c.resolve = {"host.example:443:fe80::1%no-such-if"}; },
       "resolve: 'fe80::1%no-such-if' has a zone that is no interface here"},
      {[](config& c) { c.resolve = {"host.example:443:127.0.0.1"}, c.family = address_family::ipv6; },
       "resolve and family: there is no IPv6 address for 'host.example'"},
      {[](config& c) { c.resolve = {"host.example:443:::1"}, c.interface = "127.0.0.1"; },
       "resolve and interface: there is no IPv4 address for 'host.example'"},
      {[](config& c) {
         c.resolve = {"host.example:443:127.0.0.1"}, c.proxy.url = "http://proxy.example:3128";
       },
       "resolve and proxy.url: the proxy looks up"},
      {[](config& c) { c.resolve = {"other:3128:127.0.0.1"}, c.proxy.url = "http://proxy.example:3128"; },
       "resolve: 'other:3128' is not what this run connects to: the URL's is 'host.example:443', and the "
       "proxy's 'proxy.example:3128'"},
      {[](config& c) { c.resolve = {"host.example:443:::1"}, c.addresses = {{"127.0.0.1"}}; },
       "resolve and addresses: the addresses are known already"},
      {[](config& c) { c.family = address_family::ipv6, c.addresses = {{"127.0.0.1"}}; },
       "family and addresses: the addresses are known already"},
      {[](config& c) { c.interface = "127.0.0.1", c.addresses = {{"::1"}}; },
       "addresses and interface: there is no IPv4 address"},
      {[](config& c) { c.url = "https://[::1]/", c.family = address_family::ipv4; },
       "url and family: '::1' is an IPv6 address, and only IPv4 may be used"},
      {[](config& c) { c.url = "https://192.0.2.1/", c.family = address_family::ipv6; },
       "url and family: '192.0.2.1' is an IPv4 address, and only IPv6 may be used"},
      {[](config& c) { c.proxy.url = "http://192.0.2.1:1", c.family = address_family::ipv6; },
       "proxy.url and family: '192.0.2.1' is an IPv4 address"},
      {[](config& c) {
         c.url = "https://192.0.2.1/", c.proxy.url = "socks5://proxy.example:1",
         c.family = address_family::ipv6;
       },
       "url and family: '192.0.2.1' is an IPv4 address"},
      {[](config& c) { c.interface = "127.0.0.1", c.family = address_family::ipv6; },
       "interface and family: '127.0.0.1' is an IPv4 address, and only IPv6 may be used"},
      {[](config& c) { c.interface = "192.0.2.1"; }, "interface: '192.0.2.1' is no address of this machine"},
      {[](config& c) { c.interface = "no-such-if"; }, "interface: 'no-such-if' is neither"},
      {[](config& c) { c.unix_socket = "/"; }, "unix_socket: '/' is no Unix socket"},
      {[](config& c) { c.unix_socket = std::string(108, 'x'); }, "unix_socket: 'xxx"},
      {[](config& c) { c.unix_socket = "s", c.proxy.url = "http://proxy.example:1"; },
       "unix_socket and proxy.url: a Unix socket is on this machine"},
      {[](config& c) { c.unix_socket = "s", c.resolve = {"host.example:443:::1"}; },
       "unix_socket and resolve: "},
      {[](config& c) { c.unix_socket = "s", c.addresses = {{"127.0.0.1"}}; }, "unix_socket and addresses: "},
      {[](config& c) { c.unix_socket = "s", c.family = address_family::ipv4; }, "unix_socket and family: "},
      {[](config& c) { c.unix_socket = "s", c.interface = "lo"; }, "unix_socket and interface: "},
      {[](config& c) { c.unix_socket = "s", c.spread = true; }, "unix_socket and spread: "},
      {[](config& c) {
         c.connector = [](const connect_target&, const connect_done&) {}, c.unix_socket = "s";
       },
       "unix_socket and connector: "},
      {[](config& c) {
         c.connector = [](const connect_target&, const connect_done&) {},
         c.resolve = {"host.example:443:::1"};
       },
       "resolve and connector: "},
      {[](config& c) { c.connector = [](const connect_target&, const connect_done&) {}, c.interface = "lo"; },
       "interface and connector: "},
      {[](config& c) {
         c.connector = [](const connect_target&, const connect_done&) {}, c.family = address_family::ipv4;
       },
       "family and connector: "},
      {[](config& c) { c.headers = {{"Host", "next.example"}}; }, "headers: \"Host\" is written by sluice"},
      {[](config& c) { c.headers = {{"Host", "a b"}}, c.resolve = {"host.example:443:127.0.0.1"}; },
       "headers: the value of \"Host\" is not the name of a host"},
      {[](config& c) {
         c.headers = {{"Host", "a"}, {"host", "b"}}, c.resolve = {"host.example:443:127.0.0.1"};
       },
       "headers: \"Host\" is given twice"},
      {[](config& c) {
         c.headers = {{"Host", "a"}}, c.proxy.url = "http://proxy.example:3128";
         c.resolve = {"proxy.example:3128:127.0.0.1"};
       },
       "headers: \"Host\" is written by sluice"},
  };
  for (const auto& row : table) {
    config c;
    c.url = "https://host.example/up";
    row.breaks(c);
    EXPECT_THAT(support::lines_of(problems(c)), ElementsAre(StartsWith(row.line))) << row.line;
  }
}

TEST_F(uploader_way, that_can_be_has_no_problem) {
  const struct {
    const char* url;
    void (*makes)(config&);
  } table[] = {
      {"https://[::1]/",
       [](config& c) { c.resolve = {"[::1]:443:127.0.0.1"}, c.family = address_family::ipv4; }},
      {"https://[::1]/",
       [](config& c) {
         c.proxy.url = "http://proxy.example:3128", c.family = address_family::ipv4;  // the proxy goes there
       }},
      {"https://host.example/", [](config& c) { c.resolve = {"HOST.example.:443:127.0.0.1,::1"}; }},
      {"https://host.example:8443/", [](config& c) { c.resolve = {"*:8443:127.0.0.1"}; }},
      {"https://host.example/", [](config& c) { c.interface = "lo", c.addresses = {{"127.0.0.1"}}; }},
      {"https://host.example/",
       [](config& c) {
         c.unix_socket = "s", c.proxy.url = "p:1", c.proxy.no_proxy = "*";  // no proxy is asked
       }},
  };
  for (const auto& row : table) {
    config c;
    c.url = row.url;
    row.makes(c);
    EXPECT_THAT(support::lines_of(problems(c)), IsEmpty());
  }
}

}  // namespace
}  // namespace sluice
