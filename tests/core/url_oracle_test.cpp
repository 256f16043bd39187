// Boost.URL reads the same URLs as a second parser, which nobody here wrote. Decision 0015 says why sluice
// has its own.
#include "core/http/url.hpp"

#include <gtest/gtest.h>

#include <boost/version.hpp>

// Later versions are compiled libraries. They are no dependency for one test: Debian 12 runs it.
#if BOOST_VERSION < 108200
#include <boost/url/src.hpp>
#include <random>

namespace sluice::core {
namespace {

namespace urls = boost::urls;

/// Characters that RFC 3986 has in a path or a query. sluice sends others as they are: `{name}` is a
/// template.
bool is_plain(std::string_view target) {
  return target.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&'()*+,;=:@/?") ==
         std::string_view::npos;
}

/// Boost.URL 1.81 cuts such a name after the address: it takes `1.2.3.4-x` for 1.2.3.4.
bool begins_like_an_address(const url& u) { return !u.host_is_ip && u.host[0] >= '0' && u.host[0] <= '9'; }

/// False when sluice refuses the text, or Boost.URL has no say in it.
bool agree(const std::string& text) {
  const auto ours = parse_url(text);
  if (!ours || !is_plain(ours->target) || begins_like_an_address(*ours) || !ours->zone.empty()) return false;
  const auto whole = text.substr(0, text.find('#'));
  const auto theirs = urls::parse_uri_reference(whole);
  if (!theirs) return ADD_FAILURE() << text << ": " << theirs.error().message(), false;
  const auto& u = *theirs;
  EXPECT_EQ(ours->tls, u.scheme_id() == urls::scheme::https) << text;
  EXPECT_EQ(ours->host_is_ip,
            u.host_type() == urls::host_type::ipv4 || u.host_type() == urls::host_type::ipv6)
      << text;
  std::string host{u.encoded_host()};
  std::transform(host.begin(), host.end(), host.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  EXPECT_EQ(ours->host.find(':') == std::string::npos ? ours->lookup_name() : "[" + ours->host + "]", host)
      << text;
  EXPECT_EQ(ours->port, u.port().empty() ? (ours->tls ? 443 : 80) : u.port_number()) << text;
  const std::string target{u.encoded_target()};
  EXPECT_EQ(ours->target, target.starts_with('/') ? target : "/" + target) << text;
  EXPECT_FALSE(u.has_userinfo()) << text;
  return true;
}

TEST(UrlOracle, ReadsTheSame) {
  for (const auto* text :
       {"https://host", "http://Host.example:8080/a/b?c=d#e", "https://host?q", "https://host:/",
        "https://1.2.3.4:1/", "https://[::1]", "https://[2001:DB8::1]:8443/x?y", "https://[::ffff:1.2.3.4]/",
        "https://a_b-c.d/p@q:r//", "https://host.:8/"})
    EXPECT_TRUE(agree(text)) << text;
}

TEST(UrlOracle, ReadsTheSameOfRandomTexts) {
  std::mt19937_64 random{3986};
  const std::string_view pieces[] = {"/",    "//",  ":",  "@",       "[",     "]",   "?",  "#",
                                     "host", ".",   "1",  "255",     "::",    "A",   "f0", "80",
                                     "0",    "%41", "..", "1.2.3.4", "[::1]", "x=y", "-",  "_"};
  int agreed = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string text = random() % 2 ? "https://" : "http://host";
    for (auto n = random() % 7; n > 0; --n) text += pieces[random() % std::size(pieces)];
    agreed += agree(text);
  }
  EXPECT_GT(agreed, 10'000);
}

}  // namespace
}  // namespace sluice::core
#endif
