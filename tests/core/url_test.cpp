#include "core/url.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

using namespace std::literals;
using namespace sluice::core;
using testing::HasSubstr;
using testing::Not;

namespace {

std::string problem_of(std::string_view text) {
  const auto parsed = parse_url(text);
  return parsed ? "" : parsed.error().what;
}

struct good_url {
  std::string_view text;
  bool tls, ip;
  std::string host;
  int port;
  std::string target, authority;
};

TEST(Url, IsTakenApart) {
  const good_url table[] = {
      {"https://host/upload", true, false, "host", 443, "/upload", "host"},
      {"http://host/upload", false, false, "host", 80, "/upload", "host"},
      {"HTTPS://Host.EXAMPLE/Up", true, false, "host.example", 443, "/Up", "host.example"},
      {"https://host", true, false, "host", 443, "/", "host"},
      {"https://host?a=b/c", true, false, "host", 443, "/?a=b/c", "host"},
      {"https://host/p?q#fragment", true, false, "host", 443, "/p?q", "host"},
      {"https://host#fragment", true, false, "host", 443, "/", "host"},
      {"https://host:8443/", true, false, "host", 8443, "/", "host:8443"},
      {"https://host:443/", true, false, "host", 443, "/", "host"},
      {"https://host:/", true, false, "host", 443, "/", "host"},
      {"http://host:443/", false, false, "host", 443, "/", "host:443"},
      {"https://host:00080/", true, false, "host", 80, "/", "host:80"},
      {"https://a_b-c.d/", true, false, "a_b-c.d", 443, "/", "a_b-c.d"},
      {"https://10.0.0.1:65535/x", true, true, "10.0.0.1", 65535, "/x", "10.0.0.1:65535"},
      {"https://1.2.3.4x/", true, false, "1.2.3.4x", 443, "/", "1.2.3.4x"},
      {"https://[::1]/", true, true, "::1", 443, "/", "[::1]"},
      {"https://[2001:DB8::1]:8443/x", true, true, "2001:db8::1", 8443, "/x", "[2001:db8::1]:8443"},
      {"https://[::ffff:1.2.3.4]", true, true, "::ffff:1.2.3.4", 443, "/", "[::ffff:1.2.3.4]"},
      {"https://host/p@q://r", true, false, "host", 443, "/p@q://r", "host"},
  };
  for (const auto& expected : table) {
    const auto parsed = parse_url(expected.text);
    ASSERT_TRUE(parsed) << expected.text << ": " << problem_of(expected.text);
    EXPECT_EQ(parsed->tls, expected.tls) << expected.text;
    EXPECT_EQ(parsed->host, expected.host);
    EXPECT_EQ(parsed->host_is_ip, expected.ip) << expected.text;
    EXPECT_EQ(parsed->port, expected.port) << expected.text;
    EXPECT_EQ(parsed->target, expected.target);
    EXPECT_EQ(parsed->authority(), expected.authority);
  }
}

TEST(Url, WithoutASchemeShowsItWithOne) {
  for (const auto text : {"host:8080/path", "//host:8080/path", "https:/host:8080/path",
                          "http:host:8080/path", "://host:8080/path"})
    EXPECT_EQ(problem_of(text), "no scheme: write https://host:8080/path") << text;
  EXPECT_EQ(problem_of("host/path?sig=secret"), "no scheme: write https://host/path");
  EXPECT_THAT(problem_of("host/?u=http://x"), HasSubstr("write https://host/"));
  for (const auto text : {"", "https:", "//", "https://", "https:///path", "https://:443/", "https://?q"})
    EXPECT_THAT(problem_of(text), HasSubstr("no host: write https://host/path")) << text;
}

TEST(Url, OfAnotherSchemeIsRefused) {
  for (const auto text : {"ftp://host/", "wss://host/", "httpss://host/", "1://host"})
    EXPECT_THAT(problem_of(text), HasSubstr("is not known: write https:// or http://")) << text;
}

TEST(Url, UserAndPasswordAreRefusedAndNotShown) {
  for (const auto text : {"https://user:secret@host/", "https://secret@host", "secret@host/path",
                          "http://u:secret@[::1]/", "https://secret\\@host", "https://sec ret@host/"}) {
    EXPECT_THAT(problem_of(text), HasSubstr("-H \"Authorization: Basic")) << text;
    EXPECT_THAT(problem_of(text), Not(HasSubstr("secret")));
  }
}

TEST(Url, CharactersThatMustBeEncoded) {
  EXPECT_THAT(problem_of("https://host/a b"), HasSubstr("%20"));
  EXPECT_THAT(problem_of(" https://host/"), HasSubstr("space"));
  EXPECT_THAT(problem_of("https://host/\r\nX: y"), HasSubstr("control character"));
  EXPECT_THAT(problem_of("https://host/\0"sv), HasSubstr("control character"));
  EXPECT_THAT(problem_of("https://host/\x7f"), HasSubstr("control character"));
  EXPECT_THAT(problem_of("https://bücher.example/"), HasSubstr("xn--"));
}

TEST(Url, PortsOutOfRange) {
  for (const auto port : {"0", "65536", "99999", "100000", "18446744073709551617", "-1", "8o", "80x"})
    EXPECT_THAT(problem_of("https://host:"s + port + "/"), HasSubstr("from 1 to 65535")) << port;
}

TEST(Url, BadHostNames) {
  for (const auto host : {"a..b", ".a", "a.", "."})
    EXPECT_THAT(problem_of("https://"s + host), HasSubstr("dots")) << host;
  for (const auto host : {"a\\b", "a%41", "a,b", "a]", "a*", "a\"b"})
    EXPECT_THAT(problem_of("https://"s + host + "/"), HasSubstr("character")) << host;
  EXPECT_EQ(problem_of("https://" + std::string(63, 'a') + "/"), "");
  EXPECT_THAT(problem_of("https://" + std::string(64, 'a') + "/"), HasSubstr("over 63"));
  std::string longest = "a";
  while (longest.size() < 253) longest += ".a";
  EXPECT_EQ(problem_of("https://" + longest), "");
  EXPECT_THAT(problem_of("https://" + longest + "a"), HasSubstr("over 253"));
}

// A slip before it hid from the reader where the password was, and the complaint showed it.
TEST(Url, APasswordBehindASlipIsNotShown) {
  for (const auto text : {"https:/user:secret@host/", "//user:secret@host/", "://user:secret@host/",
                          "https:tps://user:secret@host/", "https:user:secret@host", "/user:secret@host"}) {
    EXPECT_THAT(problem_of(text), testing::Not(HasSubstr("secret"))) << text;
    EXPECT_NE(problem_of(text), "") << text;
  }
  EXPECT_EQ(problem_of("https:/host/a@b"), "no scheme: write https://host/path");
}

TEST(Url, BadAddresses) {
  for (const auto host :
       {"1.2.3", "1.2.3.4.5", "1.2.3.256", "010.1.1.1", "127.1", "2130706433", "host.1", "1.2.3.00"})
    EXPECT_THAT(problem_of("https://"s + host), HasSubstr("not an IPv4 address")) << host;
  for (const auto host : {"", ":", ":::", "1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
                          "1:2:3:4:5:6:7:8::", "::1::", "12345::", "g::", "::1.2.3",
                          "1.2.3.4::", "1:2:3:4:5:6:7:1.2.3.4", "fe80::1%25eth0", "::1.2.3.4:5", "1::2:"})
    EXPECT_THAT(problem_of("https://["s + host + "]/"), HasSubstr("not an IPv6 address")) << host;
  for (const auto host :
       {"::", "1::", "1:2:3:4:5:6:7:8", "::2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "1:2:3:4:5:6:1.2.3.4"})
    EXPECT_EQ(problem_of("https://["s + host + "]/"), "") << host;
  EXPECT_THAT(problem_of("https://[::1/"), HasSubstr("not closed"));
  EXPECT_THAT(problem_of("https://[::1]x/"), HasSubstr("after ]"));
  EXPECT_THAT(problem_of("https://::1/"), HasSubstr("brackets"));
}

TEST(Url, AnyBytesAreAUrlOrAProblemOfOneLine) {
  std::mt19937_64 random{3986};
  const std::string_view pieces[] = {"https://"sv, "http:"sv, "/"sv,  "//"sv, ":"sv,    "@"sv,
                                     "["sv,        "]"sv,     "?"sv,  "#"sv,  "host"sv, "."sv,
                                     "1"sv,        "255"sv,   "::"sv, " "sv,  "\0"sv,   "\xff"sv};
  int good = 0;
  for (int i = 0; i < 100'000; ++i) {
    std::string text = random() % 2 ? "https://" : "";
    for (auto n = random() % 7; n > 0; --n) text += pieces[random() % std::size(pieces)];
    if (random() % 8 == 0) text += static_cast<char>(random());
    const auto parsed = parse_url(text);
    if (!parsed) {
      ASSERT_FALSE(parsed.error().what.empty());
      ASSERT_EQ(parsed.error().what.find_first_of("\r\n\0"sv), std::string::npos);
      continue;
    }
    ++good;
    ASSERT_FALSE(parsed->host.empty());
    ASSERT_TRUE(parsed->target.starts_with('/'));
    ASSERT_EQ(parsed->target.find_first_of(" \r\n#"), std::string::npos);
    const auto again =
        parse_url((parsed->tls ? "https://" : "http://") + parsed->authority() + parsed->target);
    ASSERT_TRUE(again) << text;
    ASSERT_EQ(again->host, parsed->host);
    ASSERT_EQ(again->port, parsed->port);
    ASSERT_EQ(again->target, parsed->target);
  }
  EXPECT_GT(good, 1'000);
}

}  // namespace
