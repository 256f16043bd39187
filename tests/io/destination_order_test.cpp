#include "io/net/destination_order.hpp"

#include <gtest/gtest.h>

#include <string>

namespace sluice::io {
namespace {

destination way(const std::string& to, const std::string& from) {
  destination d{boost::asio::ip::make_address(to)};
  if (!from.empty()) d.from = boost::asio::ip::make_address(from);
  return d;
}

struct pair {
  const char *why, *to, *from, *worse, *worse_from;
};

constexpr pair pairs[] = {
    {"IPv6 goes first", "2001:db8::1", "2001:db8::2", "192.0.2.1", "192.0.2.2"},
    {"a way goes first", "192.0.2.1", "192.0.2.2", "2001:db8::1", ""},
    {"equal scopes go first", "192.0.2.1", "192.0.2.2", "2001:db8::1", "fe80::2"},
    {"a private network does not reach the world by IPv6", "192.0.2.1", "10.0.0.2", "2001:db8::1", "fd00::2"},
    {"but a private address does", "fd00::1", "fd00::2", "2001:db8::1", "fd00::2"},
    {"a tunnel is for want of better", "192.0.2.1", "192.0.2.2", "2002:c000:201::1", "2002:c000:202::1"},
    {"loopback", "::1", "::1", "127.0.0.1", "127.0.0.1"},
    {"the nearer scope", "fe80::1", "fe80::2", "2001:db8::1", "2001:db8::2"},
};

TEST(destination_order, is_that_of_rfc_6724) {
  for (const auto& p : pairs) {
    const auto better = way(p.to, p.from), worse = way(p.worse, p.worse_from);
    EXPECT_TRUE(is_better(better, worse)) << p.why;
    EXPECT_FALSE(is_better(worse, better)) << p.why;
    EXPECT_FALSE(is_better(better, better)) << p.why;
  }
}

TEST(destination_order, knows_the_way_to_loopback) {
  EXPECT_EQ(source_towards(boost::asio::ip::make_address("127.0.0.9")),
            boost::asio::ip::make_address("127.0.0.1"));
}

}  // namespace
}  // namespace sluice::io
