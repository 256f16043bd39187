// Row 43: every way to write a reply wrong, and some rare ways to write it right.
#include "faults/faults.hpp"

namespace e2e {
namespace {

/// `…_at_the_end`: more could follow until the server closes.
enum class then { refuse, refuse_at_the_end, accept, accept_at_the_end, either };

struct raw_reply {
  const char* name;
  std::string bytes;
  then what;
};

const std::string ok = "HTTP/1.1 200 OK\r\n";
std::string with(const std::string& headers, const std::string& body = "{}") {
  return ok + headers + "\r\n\r\n" + body;
}
std::string of_two(const std::string& status_line) { return status_line + "\r\nContent-Length: 2\r\n\r\n{}"; }
std::string chunked(const std::string& body) { return with("Transfer-Encoding: chunked", body); }

std::vector<raw_reply> corpus() {
  using enum then;
  return {
      {"length", with("Content-Length: 2"), accept},
      {"length-signed", with("Content-Length: +2"), refuse},
      {"length-negative", with("Content-Length: -1"), refuse},
      {"length-hexadecimal", with("Content-Length: 0x2"), refuse},
      {"length-overflow", with("Content-Length: 18446744073709551618"), refuse},
      {"length-huge", with("Content-Length: 9223372036854775807"), refuse_at_the_end},
      {"length-empty", with("Content-Length: "), refuse},
      {"length-two-numbers", with("Content-Length: 2 3"), refuse},
      {"length-list", with("Content-Length: 2, 3"), refuse},
      {"length-twice", with("Content-Length: 2\r\nContent-Length: 3"), refuse},
      {"length-twice-the-same", with("Content-Length: 2\r\nContent-Length: 2"), either},
      {"length-too-long", with("Content-Length: 3"), refuse_at_the_end},
      {"length-and-chunked", with("Content-Length: 2\r\nTransfer-Encoding: chunked", "2\r\n{}\r\n0\r\n\r\n"),
       refuse},
      {"chunked-and-length", with("Transfer-Encoding: chunked\r\nContent-Length: 2", "2\r\n{}\r\n0\r\n\r\n"),
       refuse},
      {"length-with-space-before-colon", with("Content-Length : 2"), refuse},
      {"length-hidden-by-a-fold", with("X: a\r\n Content-Length: 2"), accept_at_the_end},
      {"no-length", with("X: a"), accept_at_the_end},
      {"coding-unknown", with("Transfer-Encoding: xchunked", "2\r\n{}\r\n0\r\n\r\n"), refuse_at_the_end},
      {"coding-after-chunked", with("Transfer-Encoding: chunked, gzip", "2\r\n{}\r\n0\r\n\r\n"),
       refuse_at_the_end},
      {"coding-in-capitals", with("TRANSFER-ENCODING: Chunked", "2\r\n{}\r\n0\r\n\r\n"), accept},
      {"chunks", chunked("1\r\n{\r\n1\r\n}\r\n0\r\n\r\n"), accept},
      {"chunk-extension", chunked("2;a=b;c=\"d\"\r\n{}\r\n0;e\r\n\r\n"), accept},
      {"chunk-trailers", chunked("2\r\n{}\r\n0\r\nX-Sum: 1\r\nX-More: 2\r\n\r\n"), accept},
      {"chunk-trailer-of-no-header", chunked("2\r\n{}\r\n0\r\nno header\r\n\r\n"), refuse},
      {"chunk-size-not-a-number", chunked("xyz\r\n{}\r\n0\r\n\r\n"), refuse},
      {"chunk-size-empty", chunked("\r\n{}\r\n0\r\n\r\n"), refuse},
      {"chunk-size-negative", chunked("-2\r\n{}\r\n0\r\n\r\n"), refuse},
      {"chunk-size-signed", chunked("+2\r\n{}\r\n0\r\n\r\n"), refuse},
      {"chunk-size-prefixed", chunked("0x2\r\n{}\r\n0\r\n\r\n"), refuse},
      {"chunk-size-overflow", chunked("10000000000000002\r\n{}\r\n0\r\n\r\n"), refuse},
      {"chunk-size-huge", chunked("ffffffffffffffff\r\n{}\r\n0\r\n\r\n"), refuse_at_the_end},
      {"chunk-longer-than-its-size", chunked("1\r\n{}\r\n0\r\n\r\n"), refuse},
      {"chunk-without-its-end", chunked("2\r\n{}0\r\n\r\n"), refuse},
      {"chunks-without-an-end", chunked("2\r\n{}\r\n"), refuse_at_the_end},
      {"chunk-of-lf", chunked("2\n{}\n0\n\n"), refuse_at_the_end},
      {"http-0.9", "200 OK, I have it\n", refuse},
      {"http-2", of_two("HTTP/2.0 200 OK"), refuse},
      {"http-in-small-letters", of_two("http/1.1 200 OK"), refuse},
      {"status-of-two-digits", of_two("HTTP/1.1 20 OK"), refuse},
      {"status-of-four-digits", of_two("HTTP/1.1 2000 OK"), refuse},
      {"status-signed", of_two("HTTP/1.1 +20 OK"), refuse},
      {"status-after-two-spaces", of_two("HTTP/1.1  200 OK"), refuse},
      {"status-glued", of_two("HTTP/1.1 200OK"), refuse},
      {"reason-missing", of_two("HTTP/1.1 200"), accept},
      {"reason-empty", of_two("HTTP/1.1 200 "), accept},
      {"empty-line-first", "\r\n" + of_two("HTTP/1.1 200 OK"), either},
      {"lf-only", "HTTP/1.1 200 OK\nContent-Length: 2\n\n{}", refuse},
      {"cr-within", with("X: a\rb\r\nContent-Length: 2"), refuse},
      {"nul-in-a-value", with(std::string{"X: a\0b", 6} + "\r\nContent-Length: 2"), refuse},
      {"nul-in-a-name", with(std::string{"X\0: a", 5} + "\r\nContent-Length: 2"), refuse},
      {"no-colon", with("Nothing\r\nContent-Length: 2"), refuse},
      {"no-name", with(": x\r\nContent-Length: 2"), refuse},
      {"fold", with("X: a\r\n\tb\r\nContent-Length: 2"), either},
      {"no-content-with-content", "HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n{}", either},
      {"after-an-interim-reply", "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + with("Content-Length: 2"),
       accept},
      {"interim-reply-with-a-body", "HTTP/1.1 100 Continue\r\nContent-Length: 2\r\n\r\n{}",
       refuse_at_the_end},
      {"two-at-once", with("Content-Length: 2") + of_two("HTTP/1.1 500 No"), accept},
  };
}

TEST_F(faults, row_43_malformed_replies_confirm_nothing_and_harm_no_other_file) {
  for (const auto& reply : corpus()) {
    const auto one = "1-" + std::string{reply.name}, two = "2-" + std::string{reply.name};
    files.add(one, reply.bytes);
    files.add(two, reply.name);
    const support::sink to{nlohmann::json::array({{{"match", {{"name", "1-*"}}},
                                                   {"reply", "raw"},
                                                   {"raw", reply.bytes},
                                                   {"close", reply.what == then::refuse_at_the_end ||
                                                                 reply.what == then::accept_at_the_end}}})
                               .dump()};
    const auto o = drain_to(
        to, {"-w", "1", "--retry", "0", "--order-by", "name", "--include", "?-" + std::string{reply.name}});
    const auto left = files.left();
    if (reply.what != then::either) {
      const bool accepts = reply.what == then::accept || reply.what == then::accept_at_the_end;
      EXPECT_EQ(left.contains(one), !accepts) << reply.name << ": " << o.err;
    }
    if (left.contains(one)) {
      EXPECT_EQ(o.count("connections"), 2u) << reply.name << ": nothing follows what was not understood";
      EXPECT_EQ(o.count("unknown_outcomes"), 1u) << reply.name;
    }
    EXPECT_FALSE(left.contains(two)) << reply.name << ": " << o.err;
    expect_clean(o, to);
  }
}

// The parser sees each byte alone.
TEST_F(faults, row_43_well_formed_replies_may_come_byte_by_byte) {
  for (const auto& reply : corpus()) {
    if (reply.what != then::accept) continue;
    files.add(reply.name, reply.bytes);
    const support::sink to{
        nlohmann::json::array(
            {{{"reply", "raw"}, {"raw", reply.bytes}, {"slow_reply", {{"bytes_per_s", 2000}}}}})
            .dump()};
    expect_delivered(drain_to(to, {"--retry", "0"}), to);
  }
}

}  // namespace
}  // namespace e2e
