// A forward proxy between the program and its endpoint: how it is given, what is told of it, and what its
// refusals mean.
#include "e2e/e2e.hpp"
#include "support/proxy_beside.hpp"

namespace e2e {
namespace {

using speaks = support::forward_proxy::speaks;
using support::proxy_beside;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

constexpr const char* password = "CANARY-8d1f";

class proxies : public test {
 protected:
  proxies() { files.add_many(40, 2000); }

  outcome send_by(const support::sink& to, const arguments& more,
                  const std::vector<std::string>& environment = {}) const {
    arguments all{"--on-success", "delete", "--window", "4", "-v"};
    all.insert(all.end(), more.begin(), more.end());
    auto c = send_command(to, all);
    c.environment = environment;
    const auto o = run(c);
    EXPECT_THAT(o.err, Not(HasSubstr(password)));
    EXPECT_THAT(o.summary.dump(), Not(HasSubstr(password)));
    return o;
  }
};

TEST_F(proxies, carry_a_run_with_as_many_tunnels_as_connections) {
  for (const auto what : {speaks::http, speaks::socks5}) {
    if (files.left().empty()) files.add_many(40, 2000);
    support::sink to;
    proxy_beside by{what};
    by.start();
    const auto scheme = what == speaks::http ? std::string{"http://"} : std::string{"socks5h://"};
    const auto o = send_by(to, {"-x", scheme + by.proxy.where()});
    by.stop();
    EXPECT_EQ(o.code, 0) << o.err;
    EXPECT_THAT(files.left(), IsEmpty());
    EXPECT_THAT(o.err, StartsWith("sluice: through " + scheme + by.proxy.where() + " (--proxy)\n"));
    EXPECT_EQ(o.summary.at("proxy").at("url"), scheme + by.proxy.where());
    EXPECT_EQ(o.summary.at("proxy").at("from"), "--proxy");
    EXPECT_EQ(by.proxy.connections, o.count("connections"));
    EXPECT_LE(by.proxy.connections, 8u);
    EXPECT_TRUE(judged(to, o).clean()) << judged(to, o).text();
  }
}

TEST_F(proxies, are_taken_from_the_environment) {
  support::sink to;
  proxy_beside by;
  by.start();
  const auto o = send_by(to, {}, {"HTTPS_PROXY=http://me:" + std::string{password} + "@" + by.proxy.where()});
  by.stop();
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(o.summary.at("proxy").at("from"), "HTTPS_PROXY");
  ASSERT_FALSE(by.proxy.questions.empty());
  EXPECT_THAT(by.proxy.questions[0], HasSubstr("Proxy-Authorization: Basic "));
  for (const auto& r : to.ledger()) EXPECT_FALSE(r.line.at("headers").contains("proxy-authorization"));
}

TEST_F(proxies, of_the_environment_are_overruled) {
  const std::vector<std::string> nowhere{"HTTPS_PROXY=http://127.0.0.1:9"};
  for (const arguments& more : {arguments{"-x", ""}, arguments{"--noproxy", "127.0.0.1"}}) {
    if (files.left().empty()) files.add_many(3, 20);
    support::sink to;
    const auto o = send_by(to, more, nowhere);
    EXPECT_EQ(o.code, 0) << o.err;
    EXPECT_FALSE(o.summary.contains("proxy"));
    EXPECT_THAT(o.err, Not(HasSubstr("through")));
  }
}

TEST_F(proxies, that_refuse_end_the_run_with_one_line_and_their_own_exit_code) {
  const struct {
    const char* answer;
    int code;
    const char* says;
  } table[] = {
      {"HTTP/1.1 407 Auth\r\nProxy-Authenticate: Basic realm=\"x\"\r\n\r\n", 7,
       "sluice: the proxy refuses our credentials (status 407 Auth to CONNECT 127.0.0.1:"},
      {"HTTP/1.1 407 Auth\r\nProxy-Authenticate: Negotiate\r\n\r\n", 7, "it asks for Negotiate"},
      {"HTTP/1.1 403 Forbidden\r\n\r\n", 7,
       "the proxy refuses the way to the endpoint (status 403 Forbidden"},
      {"HTTP/1.1 502 Bad Gateway\r\n\r\n", 5, "the proxy cannot reach the endpoint (status 502 Bad Gateway"},
      {"SSH-2.0-x\r\n", 5, "the proxy gave no answer as a proxy gives it"},
  };
  for (const auto& row : table) {
    SCOPED_TRACE(row.answer);
    support::sink to;
    proxy_beside by;
    by.proxy.answer = row.answer;
    by.start();
    const auto o =
        send_by(to, {"-x", "me:" + std::string{password} + "@" + by.proxy.where(), "--retry", "0"});
    EXPECT_EQ(o.code, row.code) << o.err;
    EXPECT_THAT(o.err, HasSubstr(row.says));
    EXPECT_THAT(o.err, Not(HasSubstr("the endpoint refuses us")));
    EXPECT_THAT(o.summary.at("detail").get<std::string>(), HasSubstr("the proxy"));
    expect_all_kept();
    EXPECT_THAT(to.ledger(), IsEmpty());
  }
}

TEST_F(proxies, that_are_not_there_are_told_from_the_endpoint) {
  support::sink to;
  const auto o = send_by(to, {"-x", "127.0.0.1:9", "--retry", "0"});
  EXPECT_EQ(o.code, 5) << o.err;
  EXPECT_THAT(o.err, HasSubstr("the proxy cannot be reached (http://127.0.0.1:9: Connection refused)"));
  expect_all_kept();
}

TEST_F(proxies, that_are_none_are_told_in_one_line_and_nothing_is_sent) {
  const struct {
    arguments given;
    std::vector<std::string> environment;
    const char* says;
  } table[] = {
      {{"-x", "ftp://me:CANARY-8d1f@p:1"}, {}, "sluice: --proxy: 'ftp://' is no scheme of a proxy"},
      {{"-x", "proxy"}, {}, "sluice: --proxy: no port: write 'proxy:PORT'"},
      {{"-x", "me:CANARY-8d1f%0a@p:1"}, {}, "sluice: --proxy: the user or the password has a control"},
      {{"-x", "p:1", "--proxy-user", "me:CANARY-8d1f\n"}, {}, "sluice: --proxy-user: the user or"},
      {{}, {"https_proxy=proxy"}, "sluice: https_proxy: no port"},
      {{}, {"SLUICE_PROXY=proxy"}, "sluice: SLUICE_PROXY: no port"},
      {{"-x", "p:1", "--proxy-insecure", "--proxy-cacert", "x"}, {}, "sluice: --proxy-insecure"},
      {{"-x", "https://p:1", "--proxy-cacert", "/nowhere"}, {}, "sluice: --proxy-cacert: cannot read"},
  };
  for (const auto& row : table) {
    support::sink to;
    const auto o = send_by(to, row.given, row.environment);
    EXPECT_EQ(o.code, 2) << o.err;
    EXPECT_EQ(support::lines_of(o.err).size(), 1u) << o.err;
    EXPECT_THAT(o.err, StartsWith(row.says));
    expect_all_kept();
    EXPECT_EQ(to.stop().at("connections"), 0);
  }
}

TEST_F(proxies, get_user_and_password_from_a_file) {
  support::write_file(room / "login", std::string{"me:"} + password + "\nnot this\n");
  support::sink to;
  proxy_beside by;
  by.start();
  const auto o = send_by(to, {"-x", by.proxy.where(), "--proxy-user", "@" + (room / "login").string(),
                              "--proxy-header", "X-Team: a"});
  by.stop();
  EXPECT_EQ(o.code, 0) << o.err;
  ASSERT_FALSE(by.proxy.questions.empty());
  EXPECT_THAT(by.proxy.questions[0], HasSubstr("Proxy-Authorization: Basic bWU6Q0FOQVJZLThkMWY=\r\n"));
  EXPECT_THAT(by.proxy.questions[0], HasSubstr("X-Team: a\r\n"));
}

}  // namespace
}  // namespace e2e
