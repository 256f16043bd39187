#include "core/report/masking.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::core {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(masking, knows_the_names_of_secrets) {
  for (const auto* name : {"Authorization",
                           "PROXY-AUTHORIZATION",
                           "Cookie",
                           "Set-Cookie",
                           "app_key",
                           "App-Key",
                           "X-API-Key",
                           "apikey",
                           "access_token",
                           "X-Access-Token",
                           "X-Auth",
                           "X-Auth-User",
                           "X-Amz-Security-Token",
                           "client_secret",
                           "X-Password",
                           "X-Passwd",
                           "X-Amz-Signature",
                           "sig",
                           "X-Session-Id",
                           "jwt",
                           "X-Vault-Token",
                           "DD-API-KEY",
                           "X-Key-Id",
                           "Authentication-Info",
                           "Private-Token",
                           "x-pwd",
                           "CF-Access-Client-Secret",
                           "X-Functions-Key",
                           "Ocp-Apim-Subscription-Key"})
    EXPECT_TRUE(is_secret_name(name)) << name;
}

TEST(masking, shows_the_values_of_other_names) {
  for (const auto* name : {"Host",
                           "User-Agent",
                           "Accept",
                           "Accept-Encoding",
                           "Content-Type",
                           "Content-Length",
                           "Idempotency-Key",
                           "idempotency-key",
                           "WWW-Authenticate",
                           "Proxy-Authenticate",
                           "Keep-Alive",
                           "Date",
                           "Server",
                           "X-Room",
                           "X-Author",
                           "X-Request-Id",
                           "ETag",
                           "Retry-After",
                           "Signal",
                           "Compass",
                           ""})
    EXPECT_FALSE(is_secret_name(name)) << name;
}

TEST(masking, leaves_no_value_in_the_query_of_a_url) {
  const struct {
    const char *url, *shown;
  } table[]{
      {"/upload", "/upload"},
      {"/upload?", "/upload?"},
      {"/u?X-Amz-Signature=abc&partNumber=1", "/u?X-Amz-Signature=***&partNumber=***"},
      {"/u?a=&b=2&&c", "/u?a=&b=***&&***"},
      {"/u?wholetoken", "/u?***"},
      {"/u?a=b=c?d", "/u?a=***"},
      {"http://host:80/u?sig=1", "http://host:80/u?sig=***"},
      {"https://me:pw@host/u", "https://***@host/u"},
      {"https://me@host?x=1", "https://***@host?x=***"},
      {"https://host/a@b?c=d", "https://host/a@b?c=***"},
      {"", ""},
  };
  for (const auto& [url, shown] : table) {
    std::vector<std::string> secrets;
    EXPECT_EQ(mask_url(url, secrets), shown) << url;
  }
  std::vector<std::string> secrets;
  mask_url("https://me:pw@h/?sig=abc&t=def", secrets);
  EXPECT_THAT(secrets, ElementsAre("me:pw", "abc", "def"));
}

TEST(masking, shows_a_request_without_what_is_secret_by_name_or_by_declaration) {
  const auto shown = mask_request(
      "POST /u?sig=S1 HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer TOKEN1\r\nX-Room: 201\r\n"
      "X-Odd: from a file\r\napp_key:KEY1\r\nEmpty:\r\n\r\n--form\r\nCookie: not a header\r\n",
      std::vector<header>{{"X-Room", "201"}, {"x-odd", "from a file", true}});
  EXPECT_EQ(shown.text,
            "POST /u?sig=*** HTTP/1.1\nHost: h\nAuthorization: ***\nX-Room: 201\nX-Odd: ***\napp_key: ***\n"
            "Empty: \n");
  EXPECT_THAT(shown.secrets, ElementsAre("S1", "Bearer TOKEN1", "TOKEN1", "from a file", "a file", "KEY1"));
}

TEST(masking, takes_a_request_that_is_none) {
  for (const auto* head : {"", "\r\n", "GET", "GET ", " ", "GET  HTTP/1.1", "\n\n\n", ":\r\n:\r\n"})
    EXPECT_THAT(mask_request(head, {}).secrets, IsEmpty()) << head;
}

TEST(masking, shows_a_reply_without_secrets_and_without_repetitions_of_them) {
  const auto shown = mask_reply(
      "HTTP/1.1 400 no such TOKEN-1234\nSet-Cookie: id=7\nX-Echo: key TOKEN-1234, TOKEN-1234!\n"
      "WWW-Authenticate: Basic realm=\"x\"\nLocation: https://h/?t=9\nX-Short: abc\n",
      {"TOKEN-1234", "abc"});
  EXPECT_EQ(shown,
            "HTTP/1.1 400 no such ***\nSet-Cookie: ***\nX-Echo: key ***, ***!\n"
            "WWW-Authenticate: Basic realm=\"x\"\nLocation: https://h/?t=***\nX-Short: abc\n");
  EXPECT_EQ(mask_reply("HTTP/1.1 200 OK\n", {"******", "***"}), "HTTP/1.1 200 OK\n");
  EXPECT_THAT(mask_repeated("a ****** b", {"******"}), Not(HasSubstr("******")));
  EXPECT_EQ(mask_repeated("x abcdefTAIL y", {"abcdef", "abcdefTAIL"}), "x *** y")
      << "no rest of a longer one";
}

}  // namespace
}  // namespace sluice::core
