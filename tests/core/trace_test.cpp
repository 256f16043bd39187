#include <sluice/trace.hpp>

#include <sluice/error.hpp>
#include <sluice/text.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace sluice {
namespace {

using namespace std::chrono_literals;
using kind = trace_event::kind;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view at = "2026-11-23T10:33:40.123Z ";

trace_event event(kind what) {
  trace_event e;
  e.what = what;
  e.time = std::chrono::system_clock::time_point{1'795'430'020'123ms};
  e.connection = what == kind::lookup || what == kind::retry ? 0 : 7;
  return e;
}

trace_event of_file(kind what) {
  auto e = event(what);
  e.seq = 3, e.path = "a/b.jpg", e.attempt = 2;
  return e;
}

std::string text(const trace_event& e) {
  const auto line = to_text(e);
  EXPECT_TRUE(line.starts_with(at)) << line;
  return line.substr(at.size());
}

nlohmann::json json(const trace_event& e) { return nlohmann::json::parse(to_json(e)); }

TEST(trace_line, tells_of_a_lookup) {
  auto e = event(kind::lookup);
  e.name = "host.example", e.source = "DNS A", e.addresses = {"192.0.2.1", "192.0.2.2"}, e.took = 1500us;
  EXPECT_EQ(text(e), "lookup host.example (DNS A): 192.0.2.1, 192.0.2.2 [1.500 ms]");
  EXPECT_EQ(to_json(e),
            R"({"v":1,"event":"lookup","time":"2026-11-23T10:33:40.123Z","ms":1.5,"name":"host.example",)"
            R"("source":"DNS A","addresses":["192.0.2.1","192.0.2.2"]})");
  e.addresses.clear(), e.error = errc::host_not_found;
  EXPECT_EQ(text(e), "lookup host.example (DNS A): DNS has no address for the host [1.500 ms]");
  EXPECT_EQ(json(e).at("error"), "DNS has no address for the host");
}

TEST(trace_line, tells_of_a_connection) {
  auto e = event(kind::connection);
  e.address = "192.0.2.1:443", e.local = "10.0.0.1:5000", e.took = 2ms;
  EXPECT_EQ(text(e), "connect #7 192.0.2.1:443 from 10.0.0.1:5000 [2.000 ms]");
  e.proxy = "http://192.0.2.1:443";
  EXPECT_EQ(text(e),
            "connect #7 192.0.2.1:443 from 10.0.0.1:5000 to the proxy http://192.0.2.1:443 [2.000 ms]");
  EXPECT_EQ(json(e).at("proxy"), "http://192.0.2.1:443");
  e = event(kind::connection);
  e.address = "[::1]:1", e.error = make_error_code(boost::system::errc::connection_refused);
  EXPECT_EQ(text(e), "connect #7 [::1]:1: Connection refused");
}

TEST(trace_line, tells_of_a_handshake) {
  auto e = event(kind::handshake);
  e.version = "TLSv1.3", e.cipher = "TLS_AES_128_GCM_SHA256", e.alpn = "http/1.1", e.resumed = true;
  e.subject = "CN=a", e.issuer = "CN=b", e.expires = e.time;
  EXPECT_EQ(
      text(e),
      "handshake #7 TLSv1.3 TLS_AES_128_GCM_SHA256, resumed, ALPN http/1.1, peer 'CN=a', issuer 'CN=b', "
      "expires 2026-11-23T10:33:40.123Z");
  const auto j = json(e);
  EXPECT_EQ(j.at("peer"), "endpoint");
  EXPECT_EQ(j.at("resumed"), true);
  EXPECT_EQ(j.at("expires"), "2026-11-23T10:33:40.123Z");
  e = event(kind::handshake);
  e.of_proxy = true, e.error = errc::tls_failed, e.detail = "wrong version number";
  EXPECT_THAT(text(e), testing::MatchesRegex("handshake #7 \\(proxy\\): .* \\(wrong version number\\)"));
  EXPECT_EQ(json(e).at("peer"), "proxy");
  EXPECT_FALSE(json(e).contains("resumed"));
}

TEST(trace_line, tells_of_heads_with_their_file) {
  auto e = of_file(kind::request);
  e.head = "POST / HTTP/1.1\nHost: h\n";
  EXPECT_EQ(text(e), "request #7 'a/b.jpg' attempt 2: POST / HTTP/1.1 | Host: h");
  const auto j = json(e);
  EXPECT_EQ(j.at("seq"), 3);
  EXPECT_EQ(j.at("path"), "a/b.jpg");
  EXPECT_EQ(j.at("attempt"), 2);
  EXPECT_EQ(j.at("head"), (nlohmann::json{"POST / HTTP/1.1", "Host: h"}));
  e = of_file(kind::reply);
  e.head = "HTTP/1.1 200 OK\n", e.status = 200, e.took = 1ms;
  EXPECT_EQ(text(e), "reply #7 'a/b.jpg' attempt 2: HTTP/1.1 200 OK [1.000 ms]");
  EXPECT_EQ(json(e).at("status"), 200);
  e = event(kind::request);
  e.of_proxy = true, e.head = "CONNECT h:443 HTTP/1.1\n";
  EXPECT_EQ(text(e), "request #7 (proxy): CONNECT h:443 HTTP/1.1");
  EXPECT_FALSE(json(e).contains("path"));
}

TEST(trace_line, tells_of_a_retry_and_of_an_end) {
  auto e = of_file(kind::retry);
  e.status = 503, e.error = errc::busy_status, e.wait = 250ms;
  EXPECT_EQ(text(e), "retry 'a/b.jpg' attempt 2 status 503, again in 250 ms: " + e.error.message());
  EXPECT_EQ(json(e).at("wait_ms"), 250);
  e = event(kind::closed);
  e.detail = "the server ended it";
  EXPECT_EQ(text(e), "close #7: the server ended it");
}

TEST(trace_line, is_one_line_of_printable_text_whatever_a_peer_sends) {
  auto e = of_file(kind::reply);
  e.path = "a\xff\n.jpg";
  e.head = "HTTP/1.1 200 \x1b[31mred\xc2\x9b\nX: \xff\x7f\tz\r\nlast";
  e.detail = "a\nb";
  for (const auto& line : {to_text(e), to_json(e)}) {
    EXPECT_TRUE(is_utf8(line)) << line;
    EXPECT_TRUE(std::ranges::none_of(line, [](unsigned char c) { return c < 0x20 || c == 0x7f; })) << line;
    EXPECT_THAT(line, Not(HasSubstr("\xc2\x9b")));
  }
  EXPECT_EQ(json(e).at("path_b64"), "Yf8KLmpwZw==");
  EXPECT_EQ(json(e).at("head").at(1), "X: \\xff\\x7f\\x09z");
}

TEST(trace_line, cuts_what_is_long) {
  auto e = of_file(kind::reply);
  e.head = "HTTP/1.1 200 OK\n" + std::string(10'000, 'x');
  EXPECT_THAT(text(e), EndsWith("... (5920 bytes more)"));
  EXPECT_LT(text(e).size(), 4'300u);
  EXPECT_EQ(json(e).at("head_left_out"), 5920);
  e = event(kind::handshake);
  e.version = "v", e.subject = std::string(5'000, 's');
  EXPECT_LT(text(e).size(), 1'200u);
}

}  // namespace
}  // namespace sluice
