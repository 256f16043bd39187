#include "core/http/credentials.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace sluice::core {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Credentials, OfAUserAreBasic) {
  const struct {
    const char* user;
    const char* value;
  } table[] = {
      {"Aladdin:open sesame", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="},  // RFC 7617 §2
      {"test:123\xc2\xa3", "Basic dGVzdDoxMjPCow=="},                 // RFC 7617 §2.1
      {"me", "Basic bWU6"},                                           // no password is an empty one
      {"me:", "Basic bWU6"},                                          //
      {"me:a:b", "Basic bWU6YTpi"},                                   // the first colon ends the name
      {":token", "Basic OnRva2Vu"},
  };
  for (const auto& row : table) {
    const auto made = basic_authorization(row.user);
    ASSERT_TRUE(made.has_value()) << row.user;
    EXPECT_EQ(*made, row.value);
  }
}

TEST(Credentials, OfNobodyOrWithAControlCharacterAreNone) {
  const struct {
    std::string user;
    const char* says;
  } table[] = {
      {"", "neither a name nor a password"},
      {":", "neither a name nor a password"},
      {"hidden:pass\r\nX: y", "has a control character"},
      {"hid\tden", "has a control character"},
      {std::string{"hidden:\0", 8}, "has a control character"},
      {"hidden:\x7f", "has a control character"},
  };
  for (const auto& row : table) {
    const auto made = basic_authorization(row.user);
    ASSERT_FALSE(made.has_value()) << row.user;
    EXPECT_THAT(made.error().what, HasSubstr(row.says));
    EXPECT_THAT(made.error().what, Not(HasSubstr("hid")));
    EXPECT_EQ(made.error().what.find('\n'), std::string::npos);
  }
}

TEST(Credentials, OfATokenAreBearer) {
  for (const auto* token : {"mF_9.B5f-4.1JqM", "YWJj+/==", "12|laravel", "x"})
    EXPECT_EQ(*bearer_authorization(token), std::string{"Bearer "} + token);
}

TEST(Credentials, OfATokenWithAnythingButVisibleLettersAreNone) {
  const struct {
    std::string token;
    const char* says;
  } table[] = {
      {"hidden token", "no space"},
      {"hidden\r\nX: y", "no control character"},
      {"hidden\t", "no control"},
      {std::string{"hidden\0", 7}, "no control character"},
      {"hidd\xc3\xa9n", "beyond ASCII"},
      {"\xef\xbb\xbfhidden", "beyond ASCII"},
      {"Bearer hidden", "the word Bearer,"},
      {"bearer hidden", "the word Bearer,"},
  };
  for (const auto& row : table) {
    const auto made = bearer_authorization(row.token);
    ASSERT_FALSE(made.has_value()) << row.token;
    EXPECT_THAT(made.error().what, HasSubstr(row.says));
    EXPECT_THAT(made.error().what, Not(HasSubstr("hid")));
    EXPECT_EQ(made.error().what.find('\n'), std::string::npos);
  }
}

}  // namespace
}  // namespace sluice::core
