#include "core/pacing/idle_limit.hpp"

#include <gtest/gtest.h>

namespace sluice::core {
namespace {

using namespace std::chrono_literals;

const steady_time now{std::chrono::hours{1}};

TEST(idle_limit, is_what_was_configured_until_something_is_known) {
  const idle_limit limit{15s};
  EXPECT_TRUE(limit.allows(0s, now));
  EXPECT_TRUE(limit.allows(14'999ms, now));
  EXPECT_FALSE(limit.allows(15s, now));
}

TEST(idle_limit, is_four_fifths_of_what_the_server_tells) {
  idle_limit limit{15s};
  limit.told(5s);
  EXPECT_TRUE(limit.allows(3'999ms, now));
  EXPECT_FALSE(limit.allows(4s, now));
  limit.told(60s);
  EXPECT_TRUE(limit.allows(14s, now)) << "the last word counts";
  EXPECT_FALSE(limit.allows(15s, now)) << "and never more than configured";
  limit.told(0s);
  EXPECT_FALSE(limit.allows(0s, now));
}

TEST(idle_limit, is_learned_from_connections_that_died_unanswered) {
  idle_limit limit{15s};
  limit.died(1s, now);
  EXPECT_TRUE(limit.allows(799ms, now));
  EXPECT_FALSE(limit.allows(800ms, now));
  limit.died(5s, now);
  EXPECT_FALSE(limit.allows(800ms, now)) << "the shortest counts";
  EXPECT_TRUE(limit.allows(14s, now + 10min)) << "a server that was started again looks the same";
  limit.died(5s, now + 10min);
  EXPECT_TRUE(limit.allows(3s, now + 11min));
}

TEST(idle_limit, learns_nothing_from_a_connection_that_hardly_rested) {
  idle_limit limit{15s};
  limit.died(19ms, now);
  EXPECT_TRUE(limit.allows(14s, now));
}

// tinyproxy closes after each reply, and passes on one that says the opposite.
TEST(idle_limit, is_nothing_where_the_server_closes_after_each_reply_without_a_word) {
  idle_limit limit{15s};
  limit.died(1ms, now);
  limit.died(0ms, now);
  EXPECT_TRUE(limit.allows(0ms, now)) << "two may be chance";
  limit.died(1ms, now);
  EXPECT_FALSE(limit.allows(0ms, now));
  EXPECT_TRUE(limit.allows(0ms, now + 10min));
  limit.died(1ms, now + 10min);
  limit.died(1ms, now + 10min);
  EXPECT_TRUE(limit.allows(0ms, now + 10min)) << "it begins anew";
  limit.died(1ms, now + 10min);
  EXPECT_FALSE(limit.allows(0ms, now + 19min));
}

TEST(idle_limit, is_not_learned_from_a_restart_of_a_server_that_keeps_connections) {
  idle_limit limit{15s};
  limit.answered();
  for (int i = 0; i < 100; ++i) limit.died(1ms, now);
  EXPECT_TRUE(limit.allows(14s, now));
}

TEST(keep_alive, is_read_as_servers_write_it) {
  struct {
    const char* value;
    std::optional<std::chrono::seconds> timeout;
    std::optional<unsigned> max;
  } const table[] = {
      {"timeout=5, max=100", 5s, 100u},
      {"max=0,timeout=15", 15s, 0u},
      {"TimeOut = \"65\"", 65s, std::nullopt},
      {"timeout=99999999999999999999", 1'000'000s, std::nullopt},
      {"timeout=5", 5s, std::nullopt},
      {"", std::nullopt, std::nullopt},
      {"timeout", std::nullopt, std::nullopt},
      {"timeout=", std::nullopt, std::nullopt},
      {"timeout=-1, max=x", std::nullopt, std::nullopt},
      {"300", std::nullopt, std::nullopt},
      {",=,;timeout=3", std::nullopt, std::nullopt},
  };
  for (const auto& row : table) {
    const auto terms = parse_keep_alive(row.value);
    EXPECT_EQ(terms.timeout, row.timeout) << row.value;
    EXPECT_EQ(terms.max, row.max) << row.value;
  }
}

}  // namespace
}  // namespace sluice::core
