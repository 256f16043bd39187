#include "cli/host.hpp"

#include <gtest/gtest.h>

namespace sluice::cli {
namespace {

TEST(is_loopback, is_this_machine_and_no_other) {
  for (const auto* host : {"127.0.0.1", "127.8.9.10", "::1", "localhost"})
    EXPECT_TRUE(is_loopback(host)) << host;
  for (const auto* host : {"example.com", "10.0.0.1", "0.0.0.0", "::", "128.0.0.1", "localhost.example.com",
                           "127.0.0.1.example.com", "fe80::1", ""})
    EXPECT_FALSE(is_loopback(host)) << host;
}

TEST(host_of, is_what_a_connection_is_made_to) {
  EXPECT_EQ(host_of("https://host/path"), "host");
  EXPECT_EQ(host_of("https://host:8443/path"), "host");
  EXPECT_EQ(host_of("https://host"), "host");
  EXPECT_EQ(host_of("https://host?a=://127.0.0.1/"), "host");
  EXPECT_EQ(host_of("https://host#127.0.0.1"), "host");
  EXPECT_EQ(host_of("https://[::1]:8443/path"), "::1");
}

}  // namespace
}  // namespace sluice::cli
