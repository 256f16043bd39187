#include "core/net/proxy_dialogue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace sluice::core {
namespace {

using namespace std::string_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const url endpoint = *parse_url("https://up.example:8443/path");

std::unique_ptr<proxy_dialogue> connect_by(const char* via, const std::vector<header>& headers = {}) {
  return make_connect(endpoint, *parse_proxy(via), headers);
}

/// Bytes that come one by one, and those that come at once, say the same.
void hear_slowly(proxy_dialogue& d, std::string_view bytes) {
  std::string have;
  for (const char c : bytes) {
    have += c;
    have.erase(0, d.hear(have));
    if (d.is_over()) return;
  }
}

TEST(ConnectDialogue, AsksForTheEndpointWithItsPort) {
  EXPECT_EQ(connect_by("proxy:1", {{"User-Agent", "x"}})->take_unsent(),
            "CONNECT up.example:8443 HTTP/1.1\r\nHost: up.example:8443\r\nUser-Agent: x\r\n\r\n");
  const auto v6 = make_connect(*parse_url("https://[fe80::1%25lo]/"), *parse_proxy("proxy:1"), {});
  EXPECT_THAT(v6->take_unsent(), HasSubstr("CONNECT [fe80::1]:443 HTTP/1.1\r\nHost: [fe80::1]:443\r\n"));
}

TEST(ConnectDialogue, GivesTheProxyItsCredentialsAndHeaders) {
  const auto asked = connect_by("me:pw@proxy:1", {{"X-Team", "a"}})->take_unsent();
  EXPECT_THAT(asked, HasSubstr("Proxy-Authorization: Basic bWU6cHc=\r\n"));
  EXPECT_THAT(asked, HasSubstr("X-Team: a\r\n"));
  const auto own = connect_by("me:pw@proxy:1", {{"proxy-authorization", "Bearer x"}})->take_unsent();
  EXPECT_THAT(own, HasSubstr("proxy-authorization: Bearer x\r\n"));
  EXPECT_THAT(own, Not(HasSubstr("Basic")));
}

TEST(ConnectDialogue, LeavesWhatComesBehindTheAnswer) {
  const auto d = connect_by("proxy:1");
  const std::string answer = "HTTP/1.1 200 Connection established\r\nVia: 1.1 x\r\n\r\n";
  EXPECT_EQ(d->hear("HTTP/1.1 200 Conn"), 0u);
  EXPECT_FALSE(d->is_over());
  EXPECT_EQ(d->hear(answer + "rest"), answer.size());
  EXPECT_TRUE(d->is_over());
  EXPECT_FALSE(d->error());
}

TEST(ConnectDialogue, MeansByEachAnswer) {
  const struct {
    const char* answer;
    errc error;  ///< 0: a tunnel
    const char* says;
  } table[] = {
      {"HTTP/1.0 200 OK\n\n", errc{}, ""},
      {"HTTP/1.1 204\r\n\r\n", errc{}, ""},
      {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", errc{}, ""},
      {"HTTP/1.1 403 Forbidden\r\n\r\n", errc::proxy_refused,
       "status 403 Forbidden to CONNECT up.example:8443"},
      {"HTTP/1.1 302 Found\r\nLocation: x\r\n\r\n", errc::proxy_refused, "302"},
      {"HTTP/1.1 405 Method Not Allowed\r\n\r\n", errc::proxy_refused, "405"},
      {"HTTP/1.1 501 No\r\n\r\n", errc::proxy_refused, "501"},
      {"HTTP/1.1 502 Bad Gateway\r\n\r\n", errc::proxy_cannot_reach, "502 Bad Gateway"},
      {"HTTP/1.1 503 Service Unavailable\r\n\r\n", errc::proxy_cannot_reach, "503"},
      {"HTTP/1.1 504 Timeout\r\n\r\n", errc::proxy_cannot_reach, "504"},
      {"HTTP/1.1 429 Slow\r\n\r\n", errc::proxy_cannot_reach, "429"},
      {"HTTP/1.1 407 Auth\r\nProxy-Authenticate: Basic realm=\"x\"\r\n\r\n", errc::proxy_auth_refused,
       "asks for a user and a password"},
      {"HTTP/1.1 407 Auth\r\n\r\n", errc::proxy_auth_refused, "asks for a user and a password"},
      {"HTTP/1.1 407 Auth\r\nproxy-authenticate: Negotiate\r\nProxy-Authenticate: NTLM\r\n\r\n",
       errc::proxy_auth_refused, "it asks for Negotiate, NTLM, and only Basic is spoken here"},
      {"HTTP/1.1 407 Auth\r\nProxy-Authenticate: Digest realm=\"Basic, x\", qop=\"auth\"\r\n\r\n",
       errc::proxy_auth_refused, "it asks for Digest, and only Basic"},
      {"HTTP/1.1 407 Auth\r\nProxy-Authenticate: Digest a=b, Basic realm=\"x\"\r\n\r\n",
       errc::proxy_auth_refused, "asks for a user"},
      {"SSH-2.0-OpenSSH\r\n", errc::proxy_failed, "no HTTP: S"},
      {"HTTP/2 200\r\n\r\n", errc::proxy_failed, "HTTP/2"},
      {"HTTP/1.1 2x0 OK\r\n\r\n", errc::proxy_failed, "no HTTP/1.1"},
      {"HTTP/1.1 2000\r\n\r\n", errc::proxy_failed, "no HTTP/1.1"},
      {"HTTP/1.1 200", errc::proxy_failed, "never"},
  };
  for (const auto& row : table) {
    SCOPED_TRACE(row.answer);
    const auto d = connect_by("proxy:1");
    hear_slowly(*d, row.answer);
    if (row.says == "never"s) {
      EXPECT_FALSE(d->is_over());
      continue;
    }
    EXPECT_TRUE(d->is_over());
    EXPECT_EQ(d->error(), row.error == errc{} ? boost::system::error_code{} : make_error_code(row.error));
    EXPECT_THAT(d->detail(), HasSubstr(row.says));
  }
}

TEST(ConnectDialogue, SaysThatGivenCredentialsAreRefused) {
  const auto d = connect_by("me:hidden@proxy:1");
  d->hear("HTTP/1.1 407 Auth\r\nProxy-Authenticate: Basic realm=\"x\"\r\n\r\n");
  EXPECT_THAT(d->detail(), HasSubstr("does not take this user and password"));
  EXPECT_THAT(d->detail(), Not(HasSubstr("hidden")));
}

TEST(ConnectDialogue, ShowsNothingOfWhatItToldTheProxy) {
  for (const auto* said : {"403 no Basic bWU6aGlkZGVuLXB3", "403 bWU6aGlkZGVuLXB3 is no", "502 hidden-pw",
                           "407 X-Team: topsecret", "403 hidden-pw-and-more-hidden-pw"}) {
    const auto d = connect_by("me:hidden-pw@proxy:1", {{"X-Team", "topsecret"}});
    d->hear("HTTP/1.1 "s + said + "\r\n\r\n");
    EXPECT_THAT(d->detail(), HasSubstr("***")) << said;
    for (const auto* secret : {"bWU6", "hidden", "topsecret"})
      EXPECT_THAT(d->detail(), Not(HasSubstr(secret))) << said;
  }
  const auto other = connect_by("me:hidden-pw@proxy:1");
  other->hear("FTP hidden-pw\r\n\r\n");
  EXPECT_THAT(other->detail(), HasSubstr("it speaks no HTTP: FTP ***"));
}

TEST(ConnectDialogue, DoesNotReadAHeadWithoutEnd) {
  const auto d = connect_by("proxy:1");
  EXPECT_EQ(d->hear("HTTP/1.1 200 OK\r\nA: " + std::string(64 * 1024, 'x')), 0u);
  EXPECT_EQ(d->error(), errc::proxy_failed);
}

TEST(ConnectDialogue, ReadsTheSchemesOfAChallenge) {
  EXPECT_THAT(offered_schemes(" Negotiate , Basic realm=\"a, b\\\"c\", charset=UTF-8, NTLM abc=="),
              ElementsAre("Negotiate", "Basic", "NTLM"));
  EXPECT_THAT(offered_schemes(""), ElementsAre());
  EXPECT_THAT(offered_schemes("Digest realm = \"x\""), ElementsAre("Digest"));
}

TEST(Socks5Dialogue, GoesToANameWithoutLoggingIn) {
  const auto d = make_socks5("up.example", 443, *parse_proxy("socks5h://p:1"));
  EXPECT_EQ(d->take_unsent(), "\x05\x01\x00"s);
  EXPECT_EQ(d->hear("\x05"), 0u);
  EXPECT_EQ(d->hear("\x05\x00"s), 2u);
  EXPECT_EQ(d->take_unsent(), "\x05\x01\x00\x03\x0aup.example\x01\xbb"s);
  const auto answer = "\x05\x00\x00\x01\x7f\x00\x00\x01\x01\xbb"s;
  EXPECT_EQ(d->hear(answer.substr(0, 9)), 0u);
  EXPECT_EQ(d->hear(answer + "rest"), answer.size());
  EXPECT_TRUE(d->is_over());
  EXPECT_FALSE(d->error());
}

TEST(Socks5Dialogue, GoesToAddresses) {
  const auto request = [](const char* host) {
    const auto d = make_socks5(host, 443, *parse_proxy("socks5://p:1"));
    d->hear("\x05\x00"s);
    return d->take_unsent();
  };
  EXPECT_EQ(request("127.0.0.1"), "\x05\x01\x00\x01\x7f\x00\x00\x01\x01\xbb"s);
  EXPECT_EQ(request("::1"), "\x05\x01\x00\x04"s + std::string(15, '\0') + "\x01\x01\xbb"s);
}

TEST(Socks5Dialogue, LogsInWhereItIsAsked) {
  const auto d = make_socks5("h", 1, *parse_proxy("socks5h://me:pw@p:1"));
  EXPECT_EQ(d->take_unsent(), "\x05\x02\x00\x02"s);
  EXPECT_EQ(d->hear("\x05\x02"s), 2u);
  EXPECT_EQ(d->take_unsent(), "\x01\x02me\x02pw"s);
  EXPECT_EQ(d->hear("\x01\x00"s), 2u);
  EXPECT_EQ(d->take_unsent(), "\x05\x01\x00\x03\x01h\x00\x01"s);
}

TEST(Socks5Dialogue, ReadsAnswersWithEachKindOfAddress) {
  for (const auto& answer :
       {"\x05\x00\x00\x01"s + std::string(6, 'x'), "\x05\x00\x00\x04"s + std::string(18, 'x'),
        "\x05\x00\x00\x03\x03"s + std::string(5, 'x')}) {
    const auto d = make_socks5("h", 1, *parse_proxy("socks5h://p:1"));
    hear_slowly(*d, "\x05\x00"s + answer);
    EXPECT_TRUE(d->is_over());
    EXPECT_FALSE(d->error());
  }
}

TEST(Socks5Dialogue, MeansByEachRefusal) {
  const struct {
    std::string heard;
    errc error;
    const char* says;
  } table[] = {
      {"\x05\xff"s, errc::proxy_auth_refused, "asks for a user"},
      {"\x05\x02"s, errc::proxy_auth_refused, "asks for a user"},
      {"\x04\x00"s, errc::proxy_failed, "does not speak SOCKS 5"},
      {"HTTP/1.1 400"s, errc::proxy_failed, "does not speak SOCKS 5"},
      {"\x05\x00\x04\x00"s, errc::proxy_failed, "does not speak SOCKS 5"},
      {"\x05\x00\x05\x01"s, errc::proxy_cannot_reach, "SOCKS reply 1, general failure"},
      {"\x05\x00\x05\x02"s, errc::proxy_refused, "not allowed"},
      {"\x05\x00\x05\x03"s, errc::proxy_cannot_reach, "network"},
      {"\x05\x00\x05\x04"s, errc::proxy_cannot_reach, "host unreachable"},
      {"\x05\x00\x05\x05"s, errc::proxy_cannot_reach, "connection refused"},
      {"\x05\x00\x05\x06"s, errc::proxy_cannot_reach, "time to live"},
      {"\x05\x00\x05\x07"s, errc::proxy_refused, "connects nobody"},
      {"\x05\x00\x05\x08"s, errc::proxy_refused, "address"},
      {"\x05\x00\x05\x63"s, errc::proxy_failed, "99"},
      {"\x05\x00\x05\x00\x00\x07\x01"s, errc::proxy_failed, "no address"},
  };
  for (const auto& row : table) {
    const auto d = make_socks5("h", 1, *parse_proxy("socks5h://p:1"));
    hear_slowly(*d, row.heard);
    EXPECT_EQ(d->error(), row.error) << row.says;
    EXPECT_THAT(d->detail(), HasSubstr(row.says));
  }
  const auto d = make_socks5("h", 1, *parse_proxy("socks5h://me:hidden@p:1"));
  hear_slowly(*d, "\x05\x02\x01\x01"s);
  EXPECT_EQ(d->error(), errc::proxy_auth_refused);
  EXPECT_EQ(d->detail(), "it does not take this user and password");
}

}  // namespace
}  // namespace sluice::core
