#include "cli/monitor/request_rules.hpp"

#include <gtest/gtest.h>

namespace sluice::cli {
namespace {

TEST(request_rules, know_what_there_is) {
  EXPECT_EQ(resource_at("/"), resource::page);
  EXPECT_EQ(resource_at("/?refresh"), resource::page);
  EXPECT_EQ(resource_at("/metrics"), resource::metrics);
  EXPECT_EQ(resource_at("/healthz?x=/"), resource::health);
  EXPECT_EQ(resource_at("/events"), resource::events);
  for (const auto* other :
       {"", "*", "/metrics/", "//", "/METRICS", "/..", "/%6detrics", "http://localhost/metrics"})
    EXPECT_EQ(resource_at(other), std::nullopt) << other;
}

TEST(request_rules, know_this_machine) {
  for (const auto* host : {"localhost", "localhost:9000", "127.0.0.1", "127.0.0.1:80", "127.1.2.3:9", "[::1]",
                           "[::1]:9000", "localhost:"})
    EXPECT_TRUE(is_local_host(host)) << host;
  for (const auto* host : {"",
                           ":80",
                           "evil.example",
                           "localhost.evil.example",
                           "127.0.0.1.evil.example:80",
                           "evil.example:localhost",
                           "localhost:80@evil.example",
                           "::1",
                           "[127.0.0.1]",
                           "[::1",
                           "::1]",
                           "[::1]x:80",
                           "10.0.0.1",
                           "[fe80::1]",
                           "0.0.0.0",
                           "127.1",
                           "0x7f.0.0.1",
                           "localhost ",
                           "localhost.",
                           "local host",
                           "localhost:80:80",
                           "[]:1"})
    EXPECT_FALSE(is_local_host(host)) << host;
}

struct rule {
  asked request;
  bool local_only;
  unsigned status;  ///< 0: answered
};

TEST(request_rules, refuse_what_is_not_for_them) {
  const rule all[] = {
      {{.method = "GET", .target = "/", .host = "localhost"}, true, 0},
      {{.method = "HEAD", .target = "/metrics", .host = "[::1]:3"}, true, 0},
      {{.method = "POST", .target = "/", .host = "localhost"}, true, 405},
      {{.method = "OPTIONS", .target = "*", .host = "localhost"}, true, 405},
      {{.method = "get", .target = "/", .host = "localhost"}, true, 405},
      {{.method = "GET", .target = "/", .host = "localhost", .has_body = true}, true, 413},
      {{.method = "GET", .target = "/"}, true, 400},
      {{.method = "GET", .target = "/"}, false, 400},
      {{.method = "GET", .target = "/", .host = "evil.example"}, true, 421},
      {{.method = "GET", .target = "/none", .host = "evil.example"}, true, 421},
      {{.method = "GET", .target = "/", .host = "status.example:9"}, false, 0},
      {{.method = "GET", .target = "/none", .host = "localhost"}, true, 404},
  };
  for (const auto& r : all) {
    const auto no = refusal_of(r.request, r.local_only);
    EXPECT_EQ(no ? no->status : 0, r.status) << r.request.method << " " << r.request.target;
    EXPECT_FALSE(no && no->why.empty());
  }
}

}  // namespace
}  // namespace sluice::cli
