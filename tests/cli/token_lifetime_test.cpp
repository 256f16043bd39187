#include "cli/secrets/token_lifetime.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace sluice::cli {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

const token_lifetime::time lifetime_start = token_lifetime::time{} + 1000s;

TEST(token_lifetime, asks_a_tenth_before_the_end_and_a_minute_at_most) {
  const struct {
    std::chrono::seconds life;
    std::optional<std::chrono::milliseconds> wait;
  } table[] = {
      {0s, std::nullopt},  // no life is left: a 401 will tell
      {1s, 1000ms},        // never more than once a second
      {2s, 1800ms},       {10s, 9s},        {60s, 54s},
      {599s, 539'100ms},  {600s, 540s},     {601s, 541s},
      {3600s, 3540s},     {24h, 24h - 60s}, {token_lifetime::longest * 9, token_lifetime::longest - 60s},
  };
  for (const auto& row : table) EXPECT_EQ(token_lifetime::wait_for(row.life), row.wait) << row.life.count();
}

TEST(token_lifetime, is_unknown_until_it_is_told) {
  token_lifetime l;
  EXPECT_FALSE(l.due());
  l.failed(lifetime_start);
  EXPECT_FALSE(l.due()) << "nothing says that it will end";
  l.came(3600s, lifetime_start);
  EXPECT_EQ(l.due(), lifetime_start + 3540s);
  l.came(std::nullopt, lifetime_start + 10s);
  EXPECT_FALSE(l.due());
  l.came(0s, lifetime_start);
  EXPECT_FALSE(l.due());
}

TEST(token_lifetime, command_that_fails_is_asked_again_later_each_time) {
  token_lifetime l;
  l.came(10s, lifetime_start);
  auto now = *l.due();
  for (const auto wait : {1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s}) {
    l.failed(now);
    EXPECT_EQ(l.due(), now + wait);
    now = *l.due();
  }
  l.came(10s, now);
  EXPECT_EQ(l.due(), now + 9s);
  l.failed(now + 9s);
  EXPECT_EQ(l.due(), now + 10s) << "one that came begins anew";
}

TEST(token_lifetime, is_read_from_a_comment_of_the_output) {
  const struct {
    const char* output;
    std::optional<std::chrono::seconds> life;
  } table[] = {
      {"", std::nullopt},
      {"Authorization: Bearer x\n", std::nullopt},
      {"Authorization: Bearer x\n# expires-in: 3600\n", 3600s},
      {"# expires-in: 3600\nAuthorization: Bearer x", 3600s},
      {"#expires-in:3600", 3600s},
      {"  # \t expires-in: \t 3600 \r\n", 3600s},
      {"# expires-in: 60\n# expires-in: 30\n# expires-in: 90\n", 30s},  // the first that ends
      {"# expires-in: 0\n", 0s},
      {"# expires-in: 18446744073709551615\n", token_lifetime::longest},
      {"# a note about expires-in: soon\n", std::nullopt},
      {"expires-in: 3600\n", std::nullopt},  // a header of this name
  };
  for (const auto& [output, life] : table) {
    std::string problem;
    EXPECT_EQ(lifetime_in(output, problem), life) << output;
    EXPECT_EQ(problem, "") << output;
  }
}

TEST(token_lifetime, that_is_no_number_is_told_without_the_output) {
  for (const auto* output :
       {"a: b\n# expires-in: hidden\n", "a: b\n# expires-in: -1\n", "\n# expires-in:\n",
        "\n# expires-in: 3600s hidden\n", "\n# expires-in: 1.5\n", "\n# expires-in: null\n"}) {
    std::string problem;
    EXPECT_EQ(lifetime_in(output, problem), std::nullopt) << output;
    EXPECT_THAT(problem, HasSubstr("line 2 of its output: expires-in is not a whole number of seconds"));
    EXPECT_THAT(problem, Not(HasSubstr("hidden")));
  }
}

}  // namespace
}  // namespace sluice::cli
