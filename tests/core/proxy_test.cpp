#include "core/net/proxy.hpp"

#include <sluice/config.hpp>
#include <sluice/result.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

namespace sluice::core {
namespace {

using testing::HasSubstr;
using testing::Not;
using kind = proxy::kind;

TEST(Proxy, IsReadFromSchemeHostAndPort) {
  const struct {
    const char* text;
    kind speaks;
    const char* host;
    int port;
    const char* shown;
  } table[] = {
      {"proxy:3128", kind::http, "proxy", 3128, "http://proxy:3128"},
      {"http://Proxy.Example:8080/", kind::http, "proxy.example", 8080, "http://proxy.example:8080"},
      {"HTTPS://proxy:443", kind::https, "proxy", 443, "https://proxy:443"},
      {"socks5://10.0.0.1:1080", kind::socks5, "10.0.0.1", 1080, "socks5://10.0.0.1:1080"},
      {"socks5h://[::1]:1080", kind::socks5h, "::1", 1080, "socks5h://[::1]:1080"},
      {"http://[fe80::1%25eth0]:80", kind::http, "fe80::1", 80, "http://[fe80::1]:80"},
  };
  for (const auto& row : table) {
    SCOPED_TRACE(row.text);
    const auto p = parse_proxy(row.text);
    ASSERT_TRUE(p.has_value()) << p.error().what;
    EXPECT_EQ(p->speaks, row.speaks);
    EXPECT_EQ(p->at.host, row.host);
    EXPECT_EQ(p->at.port, row.port);
    EXPECT_EQ(p->at.tls, row.speaks == kind::https);
    EXPECT_EQ(p->shown(), row.shown);
    EXPECT_FALSE(p->login);
  }
}

TEST(Proxy, HasCredentialsThatMayBeEscaped) {
  const struct {
    const char *text, *user, *password;
  } table[] = {
      {"me:secret@proxy:1", "me", "secret"},
      {"http://me:a%40b%3A@proxy:1", "me", "a@b:"},
      {"http://me:p:q@proxy:1", "me", "p:q"},
      {"http://me:p@q@proxy:1", "me", "p@q"},
      {"http://me@proxy:1", "me", ""},
      {"socks5://me:100%@proxy:1", "me", "100%"},
      {"socks5://me:%4g%4@proxy:1", "me", "%4g%4"},
      {"http://:only@proxy:1", "", "only"},
  };
  for (const auto& row : table) {
    SCOPED_TRACE(row.text);
    const auto p = parse_proxy(row.text);
    ASSERT_TRUE(p.has_value()) << p.error().what;
    ASSERT_TRUE(p->login);
    EXPECT_EQ(p->login->user, row.user);
    EXPECT_EQ(p->login->password, row.password);
    EXPECT_THAT(p->shown(), Not(HasSubstr("me")));
  }
  EXPECT_EQ((credentials{"Aladdin", "open sesame"}.basic()), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
}

TEST(Proxy, ThatIsNoneIsToldInOneLineWithoutItsCredentials) {
  const struct {
    const char *text, *says;
  } table[] = {
      {"ftp://u:hidden@proxy:21", "'ftp://' is no scheme of a proxy"},
      {"socks4://u:hidden@proxy:1080", "socks5://"},
      {"u:hidden://more@proxy:1080", "what stands before '://' is no scheme"},
      {"u%hidden://more@proxy:1080", "what stands before '://' is no scheme"},
      {"u:hidden@proxy", "no port: write 'proxy:PORT'"},
      {"http://proxy", "no port"},
      {"http://proxy:", "no port"},
      {"http://[::1]", "no port"},
      {"::1", "brackets"},
      {"", "no host"},
      {"http://", "no host"},
      {"http://u:hidden@", "no host"},
      {"http://:3128", "no host"},
      {"http://proxy:99999", "1 to 65535"},
      {"http://proxy:3128/path", "no path"},
      {"http://u:hidden%0d%0aX@proxy:3128", "control character"},
      {"http://u:hidden\n@proxy:3128", "control character"},
      {"http://pro xy:3128", "space"},
  };
  for (const auto& row : table) {
    SCOPED_TRACE(row.text);
    const auto p = parse_proxy(row.text);
    ASSERT_FALSE(p.has_value());
    EXPECT_THAT(p.error().what, HasSubstr(row.says));
    EXPECT_THAT(p.error().what, Not(HasSubstr("hidden")));
    EXPECT_EQ(p.error().what.find('\n'), std::string::npos);
  }
}

bool exempt(const char* no_proxy, const std::string& endpoint) {
  return is_exempt(no_proxy, *parse_url("https://" + endpoint + "/"));
}

TEST(Proxy, IsNotAskedForTheHostsOfTheList) {  // the rows of curl's tests/unit/unit1614, and more
  const struct {
    const char *no_proxy, *host;
    bool exempt;
  } table[] = {
      {"", "a.example", false},
      {"*", "a.example", true},
      {"b.example,*", "a.example", true},
      {"*.example", "a.example", false},
      {"example", "a.example", true},
      {".example", "a.example", true},
      {".example", "example", true},
      {"example.", "a.example", true},
      {"example", "a.example.", true},
      {"EXAMPLE", "a.example", true},
      {"ample", "a.example", false},
      {"a.example.com", "a.example", false},
      {"x, a.example", "a.example", true},
      {"x a.example", "a.example", true},
      {"x,,a.example,", "a.example", true},
      {".", "a.example", false},
      {"localhost", "localhost", true},
      {"127.0.0.1", "127.0.0.1", true},
      {"127.0.0.1", "127.0.0.11", false},
      {"0.0.1", "127.0.0.1", false},
      {"192.168.0.0/16", "192.168.0.1", true},
      {"192.168.0.0/16", "192.169.0.1", false},
      {"192.168.0.0/20", "192.168.15.1", true},
      {"192.168.0.0/20", "192.168.16.1", false},
      {"192.168.0.1/32", "192.168.0.1", true},
      {"192.168.0.1/33", "192.168.0.1", false},
      {"192.168.0.0/", "192.168.0.0", false},
      {"192.168.0.0/x", "192.168.0.0", false},
      {"0.0.0.0/0", "192.168.0.1", true},
      {"0.0.0.0/0", "[::1]", false},
      {"::1", "[::1]", true},
      {"[::1]", "[::1]", true},
      {"fd00::/8", "[fd12::1]", true},
      {"fd00::/8", "[fe12::1]", false},
      {"10.0.0.0/8", "10.example", false},
  };
  for (const auto& row : table)
    EXPECT_EQ(exempt(row.no_proxy, row.host), row.exempt) << row.no_proxy << " | " << row.host;
}

using variables = std::map<std::string, std::string>;
proxy_options chosen(const std::string& url, const variables& set) {
  return proxy_of_environment(url, [&](const char* name) {
    const auto it = set.find(name);
    return it == set.end() ? nullptr : it->second.c_str();
  });
}

TEST(Proxy, OfTheEnvironmentIsTheOneThatCurlTakes) {
  const std::string tls = "https://host/", plain = "http://host/";
  const struct {
    std::string endpoint;
    variables set;
    const char *url, *from;
  } table[] = {
      {tls, {{"https_proxy", "a:1"}, {"HTTPS_PROXY", "b:1"}}, "a:1", "https_proxy"},
      {tls, {{"https_proxy", ""}, {"HTTPS_PROXY", "b:1"}, {"all_proxy", "c:1"}}, "b:1", "HTTPS_PROXY"},
      {tls, {{"http_proxy", "a:1"}}, "", ""},
      {tls, {{"http_proxy", "a:1"}, {"ALL_PROXY", "c:1"}}, "c:1", "ALL_PROXY"},
      {plain, {{"http_proxy", "a:1"}, {"https_proxy", "b:1"}}, "a:1", "http_proxy"},
      {plain, {{"HTTP_PROXY", "a:1"}}, "", ""},
      {plain, {{"HTTP_PROXY", "a:1"}, {"all_proxy", "c:1"}, {"ALL_PROXY", "d:1"}}, "c:1", "all_proxy"},
      {"HTTP://host/", {{"http_proxy", "a:1"}}, "a:1", "http_proxy"},
      {tls, {}, "", ""},
  };
  for (const auto& row : table) {
    const auto p = chosen(row.endpoint, row.set);
    EXPECT_EQ(p.url, row.url) << row.endpoint;
    EXPECT_EQ(p.from, row.from) << row.endpoint;
  }
  EXPECT_EQ(chosen(tls, {{"NO_PROXY", "a"}, {"no_proxy", "b"}}).no_proxy, "b");
  EXPECT_EQ(chosen(tls, {{"NO_PROXY", "a"}}).no_proxy, "a");
}

TEST(Proxy, InUseIsShownWithoutCredentials) {
  config cfg;
  cfg.url = "https://host/";
  EXPECT_EQ(proxy_in_use(cfg).url, "");
  cfg.proxy.url = "me:secret@proxy:3128", cfg.proxy.from = "HTTPS_PROXY";
  EXPECT_EQ(proxy_in_use(cfg).url, "http://proxy:3128");
  EXPECT_EQ(proxy_in_use(cfg).from, "HTTPS_PROXY");
  cfg.proxy.no_proxy = "host";
  EXPECT_EQ(proxy_in_use(cfg).url, "");
  cfg.proxy = {.url = "proxy"};
  EXPECT_EQ(proxy_in_use(cfg).url, "");
}

}  // namespace
}  // namespace sluice::core
