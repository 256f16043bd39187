// How the way to the endpoint is given on the command line: addresses by hand, one family, our own end, a
// Unix socket.
#include "e2e/e2e.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <atomic>
#include <memory>
#include <thread>

namespace e2e {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class ways : public test {
 protected:
  ways() { files.add_many(12, 500); }

  static std::string port_of(const support::sink& to) {
    const auto colon = to.url().rfind(':');
    return to.url().substr(colon + 1, to.url().find('/', colon) - colon - 1);
  }
  /// A name for the sink that no DNS knows, at its port.
  static std::string named(const support::sink& to, const std::string& host) {
    return "https://" + host + ":" + port_of(to) + "/upload";
  }
  outcome send_by(const support::sink& to, const std::string& url, const arguments& more,
                  const std::vector<std::string>& environment = {}) const {
    arguments all{"--on-success", "delete", "--window", "4"};
    if (!to.ca().empty()) all.insert(all.end(), {"--cacert", to.ca()});
    all.insert(all.end(), more.begin(), more.end());
    auto c = send_command(url, all);
    c.environment = environment;
    return run(c);
  }
  void expect_sent(const support::sink& to, const outcome& o) {
    EXPECT_EQ(o.code, 0) << o.err;
    EXPECT_THAT(files.left(), IsEmpty());
    EXPECT_TRUE(judged(to, o).clean()) << judged(to, o).text();
  }
};

TEST_F(ways, resolve_tries_a_server_before_its_name_leads_there) {
  support::sink to;
  const auto port = port_of(to);
  const auto o =
      send_by(to, named(to, "localhost"), {"--resolve", "localhost:" + port + ":127.0.0.2,127.0.0.1"});
  expect_sent(to, o);
  for (const auto& r : to.ledger()) EXPECT_EQ(r.line.at("headers").at("host"), "localhost:" + port);
}

TEST_F(ways, resolve_changes_no_name_that_tls_verifies) {
  support::sink to;
  const auto o = send_by(to, named(to, "other.example"),
                         {"--resolve", "other.example:" + port_of(to) + ":127.0.0.1", "--retry", "0"});
  EXPECT_EQ(o.code, 7) << o.err;
  EXPECT_THAT(o.err, HasSubstr("certificate"));
  EXPECT_THAT(to.ledger(), IsEmpty());
  expect_all_kept();
}

TEST_F(ways, host_by_hand_goes_with_resolve) {
  support::sink to;
  const auto o = send_by(to, named(to, "localhost"),
                         {"--resolve", "*:" + port_of(to) + ":127.0.0.1", "-H", "Host: next.example"});
  expect_sent(to, o);
  for (const auto& r : to.ledger()) EXPECT_EQ(r.line.at("headers").at("host"), "next.example");
}

TEST_F(ways, resolve_from_file_and_environment_is_the_same) {
  support::sink to;
  const auto entry = "localhost:" + port_of(to) + ":127.0.0.1";
  support::write_file(room / "conf", R"({"resolve": [")" + entry + R"("], "ipv4": true})");
  expect_sent(to, send_by(to, named(to, "localhost"), {"-K", room / "conf"}));
  files.add_many(3, 10);
  const auto o = send_by(to, named(to, "localhost"), {}, {"SLUICE_RESOLVE=nonsense"});
  EXPECT_EQ(o.code, 2);
  EXPECT_THAT(o.err, StartsWith("sluice: SLUICE_RESOLVE: 'nonsense' is not complete"));
}

TEST_F(ways, connections_come_from_the_address_or_interface_that_was_given) {
  support::sink to;
  for (const auto* from : {"127.0.0.9", "lo"}) {
    if (files.left().empty()) files.add_many(3, 10);
    const auto o = send_by(to, to.url(), {"--interface", from, "-4"});
    EXPECT_EQ(o.code, 0) << o.err;
    EXPECT_THAT(files.left(), IsEmpty());
  }
}

/// A side-car: what comes to its Unix socket goes to the sink.
class side_car {
 public:
  side_car(const std::string& path, const support::sink& to)
      : acceptor_{loop_, local::endpoint{path}}, to_{to.url()} {
    boost::asio::co_spawn(loop_, accept(), boost::asio::detached);
    thread_ = std::thread{[this] { loop_.run(); }};
  }
  ~side_car() {
    loop_.stop();
    thread_.join();
  }
  side_car(const side_car&) = delete;
  std::atomic<unsigned> connections = 0;

 private:
  using local = boost::asio::local::stream_protocol;
  using tcp = boost::asio::ip::tcp;

  boost::asio::awaitable<void> accept() {
    const auto colon = to_.rfind(':');
    const auto port = static_cast<std::uint16_t>(std::stoul(to_.substr(colon + 1)));
    for (;;) {
      auto client =
          std::make_shared<local::socket>(co_await acceptor_.async_accept(boost::asio::use_awaitable));
      auto server = std::make_shared<tcp::socket>(loop_);
      ++connections;
      co_await server->async_connect({boost::asio::ip::address_v4::loopback(), port},
                                     boost::asio::use_awaitable);
      boost::asio::co_spawn(loop_, move_bytes(client, server), boost::asio::detached);
      boost::asio::co_spawn(loop_, move_bytes(server, client), boost::asio::detached);
    }
  }
  template <class From, class To>
  static boost::asio::awaitable<void> move_bytes(std::shared_ptr<From> from, std::shared_ptr<To> to) {
    std::array<char, 16 * 1024> bytes;
    boost::system::error_code ec;
    while (!ec) {
      const auto n = co_await from->async_read_some(
          boost::asio::buffer(bytes), boost::asio::redirect_error(boost::asio::use_awaitable, ec));
      if (!ec)
        co_await boost::asio::async_write(*to, boost::asio::buffer(bytes, n),
                                          boost::asio::redirect_error(boost::asio::use_awaitable, ec));
    }
    boost::system::error_code ignored;
    to->shutdown(To::shutdown_send, ignored);
  }

  boost::asio::io_context loop_{1};
  local::acceptor acceptor_;
  std::string to_;
  std::thread thread_;
};

TEST_F(ways, unix_socket_leads_to_a_side_car_with_tls_and_without) {
  for (const bool tls : {true, false}) {
    if (files.left().empty()) files.add_many(12, 500);
    support::sink to{"[]", tls ? arguments{} : arguments{"--http"}};
    const auto path = room / (tls ? "tls" : "plain");
    side_car by{path, to};
    const auto url = std::string{tls ? "https" : "http"} + "://localhost/upload";
    // A proxy of the environment is not asked for a Unix socket.
    const auto o = send_by(to, url, {"--unix-socket", path},
                           {"HTTPS_PROXY=http://127.0.0.1:9", "http_proxy=http://127.0.0.1:9"});
    expect_sent(to, o);
    EXPECT_FALSE(o.summary.contains("proxy"));
    EXPECT_EQ(by.connections, o.count("connections"));
    for (const auto& r : to.ledger()) EXPECT_EQ(r.line.at("headers").at("host"), "localhost");
  }
}

TEST_F(ways, unix_socket_that_is_not_there_is_an_endpoint_that_cannot_be_reached) {
  support::sink to;
  const auto path = (room / "nobody").string();
  const auto o = send_by(to, to.url(), {"--unix-socket", path, "--retry", "0"});
  EXPECT_EQ(o.code, 5) << o.err;
  EXPECT_THAT(o.err, HasSubstr("the endpoint cannot be reached: No such file or directory ('" + path + "')"));
  expect_all_kept();
}

TEST_F(ways, that_cannot_be_are_told_in_one_line_and_nothing_is_sent) {
  const auto file = (room / "file").string();
  support::write_file(file, "no socket");
  const struct {
    const char* url;
    arguments given;
    std::vector<std::string> environment;
    std::string says;
  } table[] = {
      {"",
       {"--resolve", "other:443:127.0.0.1"},
       {},
       "--resolve: 'other:443' is not what this run connects to"},
      {"", {"--resolve", "127.0.0.1:1:127.0.0.1"}, {}, "--resolve: '127.0.0.1:1' is not what"},
      {"", {"--resolve", "127.0.0.1:443"}, {}, "--resolve: '127.0.0.1:443' is not complete"},
      {"", {"--resolve", "127.0.0.1:443:nowhere"}, {}, "--resolve: 'nowhere' is not an IP address"},
      {"https://host.example/",
       {"--resolve", "host.example:443:127.0.0.1", "-6"},
       {},
       "--resolve and --ipv6: "},
      {"https://host.example/", {"--resolve", "host.example:443:::1", "-4"}, {}, "--resolve and --ipv4: "},
      {"https://host.example/",
       {"--resolve", "host.example:443:127.0.0.1", "-x", "p:1"},
       {},
       "--resolve and --proxy: the proxy looks up the endpoint's name"},
      {"https://host.example/",
       {"--resolve", "host.example:443:127.0.0.1"},
       {"HTTPS_PROXY=http://p:1"},
       "--resolve and HTTPS_PROXY: the proxy looks up the endpoint's name"},
      {"https://[::1]/", {"-4"}, {}, "URL and --ipv4: '::1' is an IPv6 address"},
      {"https://127.0.0.1/", {"-6"}, {}, "URL and --ipv6: '127.0.0.1' is an IPv4 address"},
      {"https://127.0.0.1/", {}, {"SLUICE_IPV6=true"}, "URL and SLUICE_IPV6: '127.0.0.1' is an IPv4 address"},
      {"https://host.example/",
       {"-6", "-x", "127.0.0.1:1"},
       {},
       "--proxy and --ipv6: '127.0.0.1' is an IPv4"},
      {"", {"-4", "-6"}, {}, "--ipv4 and --ipv6 contradict each other"},
      {"", {"--interface", "no-such-if"}, {}, "--interface: 'no-such-if' is neither an interface"},
      {"", {"--interface", "192.0.2.1"}, {}, "--interface: '192.0.2.1' is no address of this machine"},
      {"", {"--interface", ""}, {}, "--interface: the value is empty"},
      {"https://[::1]/", {"--interface", "127.0.0.1"}, {}, "URL and --interface: '::1' is an IPv6 address"},
      {"", {"--unix-socket", ""}, {}, "--unix-socket: the value is empty"},
      {"", {"--unix-socket", file}, {}, "--unix-socket: '" + file + "' is no Unix socket"},
      {"", {"--unix-socket", std::string(108, 'x')}, {}, "--unix-socket: 'xxx"},
      {"",
       {"--unix-socket", "s", "-x", "p:1"},
       {},
       "--unix-socket and --proxy: a Unix socket is on this machine"},
      {"", {"--unix-socket", "s", "-4"}, {}, "--unix-socket and --ipv4: "},
      {"", {"--unix-socket", "s", "--interface", "lo"}, {}, "--unix-socket and --interface: "},
      {"", {"--unix-socket", "s", "--spread"}, {}, "--unix-socket and --spread: "},
      {"", {"-H", "Host: next.example"}, {}, "--header: \"Host\" is written by sluice itself"},
  };
  support::sink to;
  for (const auto& row : table) {
    SCOPED_TRACE(row.says);
    const auto o = send_by(to, *row.url != '\0' ? row.url : to.url(), row.given, row.environment);
    EXPECT_EQ(o.code, 2) << o.err;
    EXPECT_EQ(support::lines_of(o.err).size(), 1u) << o.err;
    EXPECT_THAT(o.err, StartsWith("sluice: " + row.says));
    expect_all_kept();
  }
  EXPECT_EQ(to.stop().at("connections"), 0);
}

// A network of its own, whose loopback is down, has no addresses.
TEST_F(ways, family_that_this_machine_has_not_is_told_in_one_line) {
  if (support::run({.arguments = {"/usr/bin/unshare", "--net", "true"}}).code != 0)
    GTEST_SKIP() << "no network namespaces here";
  const struct {
    arguments given;
    const char* says;
  } table[] = {
      {{"-4"}, "sluice: --ipv4: this machine has no IPv4 address"},
      {{"-6"}, "sluice: --ipv6: this machine has no IPv6 address"},
      {{"--resolve", "host.example:443:::1"},
       "sluice: --resolve: this machine has no address of the family of '::1'"},
      {{"--interface", "::1"}, "sluice: --interface: '::1' is no address of this machine"},
  };
  for (const auto& row : table) {
    auto c = send_command("https://host.example/", row.given);
    c.arguments.insert(c.arguments.begin(), {"/usr/bin/unshare", "--net"});
    const auto o = run(c);
    EXPECT_EQ(o.code, 2) << o.err;
    EXPECT_EQ(support::lines_of(o.err).size(), 1u) << o.err;
    EXPECT_THAT(o.err, StartsWith(row.says));
  }
  expect_all_kept();
}

}  // namespace
}  // namespace e2e
