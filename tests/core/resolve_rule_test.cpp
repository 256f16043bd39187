#include "core/net/resolve_rule.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::core {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(resolve_rule, has_a_host_a_port_and_addresses) {
  const struct {
    const char* text;
    const char* host;
    std::uint16_t port;
    std::vector<std::string> addresses;
  } table[] = {
      {"host:443:127.0.0.1", "host", 443, {"127.0.0.1"}},
      {"HOST.Example.:8443:127.0.0.1,192.0.2.1", "host.example", 8443, {"127.0.0.1", "192.0.2.1"}},
      {"bücher.example:1:192.0.2.1", "xn--bcher-kva.example", 1, {"192.0.2.1"}},
      {"h:65535:[::1]", "h", 65535, {"::1"}},
      {"h:1:::1", "h", 1, {"::1"}},
      {"h:1:[2001:db8::1],192.0.2.1,2001:db8::2", "h", 1, {"2001:db8::1", "192.0.2.1", "2001:db8::2"}},
      {"h:1:[fe80::1%eth0],fe80::2%3", "h", 1, {"fe80::1%eth0", "fe80::2%3"}},
      {"[2001:db8::1]:443:127.0.0.1", "2001:db8::1", 443, {"127.0.0.1"}},
      {"192.0.2.1:443:127.0.0.1", "192.0.2.1", 443, {"127.0.0.1"}},
      {"*:443:127.0.0.1", "*", 443, {"127.0.0.1"}},
  };
  for (const auto& row : table) {
    const auto r = parse_resolve_rule(row.text);
    ASSERT_TRUE(r) << row.text << ": " << r.error().what;
    EXPECT_EQ(r->host, row.host) << row.text;
    EXPECT_EQ(r->port, row.port) << row.text;
    EXPECT_EQ(r->addresses, row.addresses) << row.text;
  }
}

TEST(resolve_rule, that_cannot_be_read_is_told_in_one_line) {
  const struct {
    const char* text;
    const char* says;
  } table[] = {
      {"", "is not complete"},
      {"host", "is not complete"},
      {"host:443", "is not complete"},
      {"host:443:", "is not complete"},
      {":443:127.0.0.1", "is not complete"},
      {"host::127.0.0.1", "is not complete"},
      {"::1:443:127.0.0.1", "brackets around an IPv6 host"},
      {"host:443:127.0.0.1,", "'' is not an IP address"},
      {"host:443:127.1", "'127.1' is not an IP address"},
      {"host:443:010.0.0.1", "'010.0.0.1' is not an IP address"},
      {"host:443:localhost", "'localhost' is not an IP address"},
      {"host:443:127.0.0.1:80", "'127.0.0.1:80' is not an IP address"},
      {"host:443:[127.0.0.1]", "'[127.0.0.1]' is not an IP address"},
      {"host:443:[::1", "'[::1' is not an IP address"},
      {"host:443:fe80::1%", "'fe80::1%' is not an IP address"},
      {"host:443:127.0.0.1 ", "'127.0.0.1 ' is not an IP address"},
      {"host:443:127.0.0.1\n", "is not an IP address"},
      {"host:0:127.0.0.1", "the port is not a number"},
      {"host:65536:127.0.0.1", "the port is not a number"},
      {"host:https:127.0.0.1", "the port is not a number"},
      {"ho st:443:127.0.0.1", "space"},
      {"a/b:443:127.0.0.1", "'a/b' is not the name of a host"},
      {"me@h:443:127.0.0.1", "'me@h' is not the name of a host"},
      {"[::1:443:127.0.0.1", "is not complete"},
      {"[zz]:443:127.0.0.1", "is not an IPv6 address"},
      {"+host:443:127.0.0.1", "begins with a sign"},
      {"-host:443", "begins with a sign"},
  };
  for (const auto& row : table) {
    const auto r = parse_resolve_rule(row.text);
    ASSERT_FALSE(r) << row.text;
    EXPECT_THAT(r.error().what, HasSubstr(row.says)) << row.text;
    EXPECT_EQ(r.error().what.find('\n'), std::string::npos) << row.text;
  }
}

TEST(resolve_rule, is_for_one_place_or_for_every_host_of_a_port) {
  const auto at = [](const char* text) { return parse_url(text).value(); };
  const auto is_for = [&](const char* rule, const char* text) {
    return parse_resolve_rule(rule).value().is_for(at(text));
  };
  EXPECT_TRUE(is_for("host:443:127.0.0.1", "https://HOST./x"));
  EXPECT_TRUE(is_for("*:443:127.0.0.1", "https://host/x"));
  EXPECT_TRUE(is_for("[::1]:443:127.0.0.1", "https://[::1]/"));
  EXPECT_FALSE(is_for("host:443:127.0.0.1", "https://host:8443/x"));
  EXPECT_FALSE(is_for("*:443:127.0.0.1", "http://host/x"));
  EXPECT_FALSE(is_for("host:443:127.0.0.1", "https://www.host/x"));
}

TEST(resolve_rule, that_names_the_host_counts_before_a_star_and_a_later_one_before_an_earlier) {
  const auto here = parse_url("https://host/").value();
  const auto found = [&](const std::vector<const char*>& texts) {
    std::vector<resolve_rule> rules;
    for (const auto* text : texts) rules.push_back(parse_resolve_rule(text).value());
    const auto* rule = find_rule(rules, here);
    return rule != nullptr ? rule->addresses : std::vector<std::string>{};
  };
  EXPECT_THAT(found({"*:443:127.0.0.1"}), ElementsAre("127.0.0.1"));
  EXPECT_THAT(found({"*:443:127.0.0.1", "*:443:127.0.0.2"}), ElementsAre("127.0.0.2"));
  EXPECT_THAT(found({"host:443:127.0.0.1", "host:443:127.0.0.2"}), ElementsAre("127.0.0.2"));
  EXPECT_THAT(found({"host:443:127.0.0.1", "*:443:127.0.0.2"}), ElementsAre("127.0.0.1"));
  EXPECT_THAT(found({"*:443:127.0.0.2", "host:443:127.0.0.1"}), ElementsAre("127.0.0.1"));
  EXPECT_THAT(found({"other:443:127.0.0.1", "host:80:127.0.0.2"}), ElementsAre());
}

TEST(resolve_rule, family_of_a_text) {
  EXPECT_EQ(family_of("127.0.0.1"), address_family::ipv4);
  EXPECT_EQ(family_of("::1"), address_family::ipv6);
  EXPECT_EQ(family_of("fe80::1%eth0"), address_family::ipv6);
  for (const auto* none : {"", "host", "127.0.0.1%lo", "fe80::1%", "127.1", "[::1]"})
    EXPECT_EQ(family_of(none), address_family::any) << none;
}

}  // namespace
}  // namespace sluice::core
