#include "core/http/token.hpp"

#include <gtest/gtest.h>

using namespace std::literals;
using namespace sluice::core;

namespace {

TEST(Token, HasExactlyTheCharactersOfRfc9110) {
  const auto allowed = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"sv;
  for (int c = 0; c < 256; ++c)
    EXPECT_EQ(is_token_char(static_cast<char>(c)), allowed.find(static_cast<char>(c)) != allowed.npos) << c;
  EXPECT_TRUE(is_token("app_key"));
  EXPECT_FALSE(is_token(""));
  EXPECT_FALSE(is_token("a b"));
}

TEST(Token, CaseIsThatOfAscii) {
  EXPECT_EQ(lower("Host-Ä.EXAMPLE"), "host-Ä.example");
  EXPECT_TRUE(equal_ignoring_case("ACCEPT", "accept"));
  EXPECT_FALSE(equal_ignoring_case("accept", "accept-"));
  EXPECT_FALSE(equal_ignoring_case("@", "`")) << "they differ by the case bit only";
}

}  // namespace
