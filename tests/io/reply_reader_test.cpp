#include "io/net/reply_reader.hpp"

#include <sluice/error.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace sluice::io {
namespace {

using namespace std::string_literals;

/// All that a reader tells of a stream.
struct heard {
  error_code error;
  bool done = false, keep_alive = false;
  int status = 0;
  bool framed = false;
  std::string body, retry_after, date;
  bool cut = false;
  std::string coding{}, complaint{};

  friend bool operator==(const heard& a, const heard& b) {
    return a.error == b.error && a.done == b.done && a.keep_alive == b.keep_alive && a.status == b.status &&
           a.framed == b.framed && a.body == b.body && a.retry_after == b.retry_after && a.date == b.date &&
           a.cut == b.cut && a.coding == b.coding;
  }
};

std::ostream& operator<<(std::ostream& out, const heard& h) {
  return out << "status " << h.status << (h.framed ? ", framed" : ", unframed")
             << (h.keep_alive ? ", kept alive" : "") << ", error " << h.error.message() << ", body "
             << h.body.size();
}

/// Reads `pieces` one after the other, then the end of the stream; stops where a connection would.
heard read_with(reply_reader& r, const std::vector<std::string_view>& pieces, bool told = false) {
  heard h;
  for (const auto piece : pieces) {
    if (r.done() || h.error) break;
    if (!piece.empty()) h.error = r.feed(piece, false);
  }
  if (!r.done() && !h.error) h.error = r.feed_eof(told);
  h.done = r.done() && !h.error;
  if (h.error) h.complaint = r.complaint();
  if (!h.done || h.error) return h;
  h.keep_alive = r.keep_alive();
  auto reply = r.take();
  h.status = reply.status, h.framed = reply.framed, h.body = reply.body;
  h.retry_after = reply.retry_after, h.date = reply.date, h.cut = reply.cut, h.coding = reply.coding;
  return h;
}

heard read(const std::vector<std::string_view>& pieces, bool told = false, reply_limits limits = {}) {
  reply_reader r{limits};
  return read_with(r, pieces, told);
}

heard whole(int status, std::string body = {}, bool keep_alive = true) {
  heard h;
  h.done = h.framed = true, h.keep_alive = keep_alive, h.status = status, h.body = std::move(body);
  return h;
}
heard unframed(int status, std::string body) {
  auto h = whole(status, std::move(body), false);
  h.framed = false;
  return h;
}
heard first_64k(std::string body, bool framed = true) {
  auto h = whole(200, std::move(body), framed);
  h.framed = framed, h.cut = true;
  return h;
}
heard failed(errc why) {
  heard h;
  h.error = why;
  return h;
}
const heard lost = failed(errc::connection_lost), malformed = failed(errc::reply_malformed),
            too_large = failed(errc::reply_too_large);

std::string times(int n, const std::string& what) {
  std::string all;
  for (int i = 0; i < n; ++i) all += what;
  return all;
}

struct sample {
  std::string stream;
  heard expected;
};

const std::string ok = "HTTP/1.1 200 OK\r\n";
const std::string carry_on = "HTTP/1.1 100 Continue\r\n\r\n";

std::vector<sample> framing() {
  auto told = whole(429);
  told.retry_after = "7", told.date = "Mon, 23 Nov 2026 10:00:00 GMT";
  return {
      // Content-Length.
      {ok + "Content-Length: 4\r\n\r\nbody", whole(200, "body")},
      {ok + "content-length:4\r\n\r\nbody", whole(200, "body")},
      {ok + "Content-Length: 0\r\n\r\n", whole(200)},
      {ok + "Content-Length: 5\r\n\r\nbody", lost},
      {ok + "Content-Length: 4\r\nConnection: close\r\n\r\nbody", whole(200, "body", false)},
      {"HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\nbody", whole(200, "body", false)},
      {"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 4\r\n\r\nbody", whole(200, "body")},
      {"HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", whole(200)},
      {"HTTP/1.1 429 Later\r\nRetry-After: 7\r\nDate: Mon, 23 Nov 2026 10:00:00 GMT\r\nContent-Length: "
       "0\r\n\r\n",
       told},
      // Chunked: extensions, trailers, sizes in either case.
      {ok + "Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n", whole(200, "body")},
      {ok + "Transfer-Encoding: Chunked\r\n\r\nA;x=\"y;z\"\r\n0123456789\r\n2 ;q\r\nab\r\n0;last\r\n\r\n",
       whole(200, "0123456789ab")},
      {ok + "Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\nX-Sum: 1\r\nY: 2\r\n\r\n",
       whole(200, "body")},
      // Beast asserted that this comes with at least two bytes at once: a server could end a debug build.
      {ok + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", whole(200)},
      {ok + "Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n", lost},
      {ok + "Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n", lost},
      {ok + "Transfer-Encoding: chunked\r\n\r\n4\r\nbodyX\r\n0\r\n\r\n", malformed},
      {ok + "Transfer-Encoding: chunked\r\n\r\ng\r\nbody\r\n0\r\n\r\n", malformed},
      {ok + "Transfer-Encoding: chunked\r\n\r\n-1\r\nbody", malformed},
      {ok + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nbody", malformed},
      // No body by the status.
      {"HTTP/1.1 204 No Content\r\n\r\n", whole(204)},
      {"HTTP/1.1 304 Not Modified\r\n\r\n", whole(304)},
      // A body that only the end of the connection ends: it may have been cut.
      {ok + "\r\nbody", unframed(200, "body")},
      {ok + "Transfer-Encoding: gzip\r\n\r\nbody", unframed(200, "body")},
      {ok + "\r\n", unframed(200, "")},
      // Interim replies are read over.
      {carry_on + ok + "Content-Length: 4\r\n\r\nbody", whole(200, "body")},
      {carry_on + "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nContent-Length: 9\r\n\r\n" + ok +
           "Content-Length: 0\r\n\r\n",
       whole(200)},
      {times(2600, carry_on) + ok + "Content-Length: 0\r\n\r\n", whole(200)},
      {times(2700, carry_on) + ok + "Content-Length: 0\r\n\r\n", too_large},
      {carry_on, lost},
      {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", malformed},
      {"HTTP/1.1 099 Odd\r\n\r\n", malformed},
      // 500 fields, those of a trailer among them.
      {ok + "Content-Length: 0\r\n" + times(499, "X: y\r\n") + "\r\n", whole(200)},
      {ok + "Content-Length: 0\r\n" + times(500, "X: y\r\n") + "\r\n", too_large},
      {carry_on.substr(0, carry_on.size() - 2) + times(501, "X: y\r\n") + "\r\n", too_large},
      {ok + "Transfer-Encoding: chunked\r\n\r\n0\r\n" + times(499, "X: y\r\n") + "\r\n", whole(200)},
      {ok + "Transfer-Encoding: chunked\r\n\r\n0\r\n" + times(500, "X: y\r\n") + "\r\n", too_large},
      // A status line has no cap of its own: it is a part of the head.
      {"HTTP/1.1 200 " + std::string(60'000, 'x') + "\r\nContent-Length: 0\r\n\r\n", whole(200)},
      {"HTTP/1.1 200 " + std::string(66'000, 'x') + "\r\nContent-Length: 0\r\n\r\n", too_large},
      // Two readers may take these for two things.
      {ok + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n", malformed},
      {ok + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n4\r\nbody\r\n0\r\n\r\n", malformed},
      {ok + "Content-Length: 4\r\nContent-Length: 5\r\n\r\nbody", malformed},
      {ok + "Content-Length: 4, 5\r\n\r\nbody", malformed},
      {ok + "Content-Length: +4\r\n\r\nbody", malformed},
      {ok + "Content-Length: 99999999999999999999\r\n\r\nbody", malformed},
      {ok + "Content-Length : 4\r\n\r\nbody", malformed},
      {ok + " X: y\r\nContent-Length: 4\r\n\r\nbody", malformed},
      {"HTTP/1.1 200 OK\nContent-Length: 4\n\nbody", malformed},
      {ok + "X: a\rb\r\nContent-Length: 0\r\n\r\n", malformed},
      {ok + "X: a\0b\r\nContent-Length: 0\r\n\r\n"s, malformed},
      {ok + "Transfer-Encoding: chunked\xff\r\n\r\n4\r\nbody\r\n0\r\n\r\n", malformed},
      {ok + "Transfer-Encoding: chunked;q=1\r\n\r\n4\r\nbody\r\n0\r\n\r\n", malformed},
      {ok + "Transfer-Encoding: chunked \"x\"\r\n\r\n4\r\nbody\r\n0\r\n\r\n", malformed},
      {ok + "Transfer-Encoding: chunked chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n", malformed},
      {ok + "Transfer-Encoding: gzip;q=1, chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n", malformed},
      {ok + "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked;q=1\r\n\r\n4\r\nbody\r\n0\r\n\r\n",
       malformed},
      {ok + "Transfer-Encoding: gzip ,, chunked \r\n\r\n4\r\nbody\r\n0\r\n\r\n", whole(200, "body")},
      {ok + "Transfer-Encoding: chunked, ,\r\n\r\n4\r\nbody\r\n0\r\n\r\n", whole(200, "body")},
      {ok + "Transfer-Encoding: chunked, Chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n", malformed},
      // Not HTTP/1.x at all.
      {"a whole line of text", malformed},
      {"body", lost},
      {"<html>fine</html>\r\n\r\n", malformed},
      {"HTTP/2 200\r\n\r\n", malformed},
      {"HTTP/1.1 20 OK\r\n\r\n", malformed},
      {"HTTP/1.1 2000 OK\r\n\r\n", malformed},
      {"HTTP/1.1\r\n\r\n", malformed},
      {"SSH-2.0-OpenSSH_9.2\r\n\r\n", malformed},
      {"\x15\x03\x01\x02\x02\x16\x16\x16", malformed},
      {"", lost},
      {"HTTP/1.1 200 OK\r\nContent-Le", lost},
      // More than a reply may be.
      {ok + "X: " + std::string(66'000, 'x') + "\r\n\r\n", too_large},
      {ok + "Content-Length: 70000\r\n\r\n", lost},
      {ok + "Content-Length: 70000\r\n\r\n" + std::string(70'000, 'b'), first_64k(std::string(65'536, 'b'))},
      {ok + "Content-Length: 60000\r\n\r\n" + std::string(60'000, 'b'), whole(200, std::string(60'000, 'b'))},
      {ok + "Transfer-Encoding: chunked\r\n\r\n" + times(1000, "50\r\n" + std::string(80, 'b') + "\r\n"),
       lost},
      {ok + "Transfer-Encoding: chunked\r\n\r\n" + times(1000, "50\r\n" + std::string(80, 'b') + "\r\n") +
           "0\r\n\r\n",
       first_64k(std::string(65'536, 'b'))},
      {ok + "Transfer-Encoding: chunked\r\n\r\n0\r\n" + times(1000, "X: " + std::string(80, 't') + "\r\n"),
       too_large},
      {ok + "Transfer-Encoding: chunked\r\n\r\n1;x=" + std::string(66'000, 'x'), too_large},
      {ok + "\r\n" + std::string(70'000, 'b'), first_64k(std::string(65'536, 'b'), false)},
      {times(8, "HTTP/1.1 102 Processing\r\nX: " + std::string(9'000, 'x') + "\r\n\r\n"), too_large},
      {ok + "Transfer-Encoding: chunked\r\n\r\n0\r\nX: " + std::string(65'000, 't') + "\r\n\r\n", whole(200)},
      {ok + "Transfer-Encoding: chunked\r\n\r\n0\r\nX: " + std::string(65'530, 't') + "\r\n\r\n", too_large},
      {ok + "Transfer-Encoding: chunked\r\n\r\n0\r\nX: " + std::string(70'000, 't') + "\r\n\r\n", too_large},
      {ok + "X: " + std::string(65'500, 't') + "\r\nContent-Length: 0\r\n\r\n", too_large},
      // A first line that ends behind its status.
      {"HTTP/1.1 200\r\nContent-Length: 4\r\n\r\nbody", whole(200, "body")},
      {"HTTP/1.1 100\r\n\r\nHTTP/1.1 204\r\n\r\n", whole(204)},
      {"HTTP/1.0 500\r\nContent-Length: 0\r\n\r\n", whole(500, "", false)},
      {"HTTP/1.1 20\r\nContent-Length: 0\r\n\r\n", malformed},
      {"HTTP/1.1 200\nContent-Length: 0\r\n\r\n", malformed},
      {"HTTP/1.1 200X\r\nContent-Length: 0\r\n\r\n", malformed},
      {"HTTP/1.1  200\r\nContent-Length: 0\r\n\r\n", malformed},
  };
}

TEST(reply_reader, frames_as_rfc_9112_does) {
  for (const auto& s : framing()) {
    const auto h = read({s.stream});
    EXPECT_EQ(h.error, s.expected.error) << s.stream.substr(0, 200);
    EXPECT_TRUE(h == s.expected) << s.stream.substr(0, 200) << "\n  heard " << h << "\n  not   "
                                 << s.expected;
  }
}

/// A head in pieces is judged once its empty line came: until then a malformed one may as well be cut off.
bool same(const heard& in_pieces, const heard& at_once) {
  return in_pieces == at_once || (at_once == malformed && in_pieces == lost);
}

// How the bytes fall into reads is nobody's choice: it must not change what they mean.
TEST(reply_reader, that_starts_anew_hears_as_a_new_one) {
  reply_reader one;
  for (int round = 0; round < 2; ++round)
    for (const auto& s : framing()) {
      one.start(nullptr);
      EXPECT_FALSE(one.started());
      EXPECT_EQ(read_with(one, {s.stream}), s.expected) << s.stream.substr(0, 200);
    }
}

TEST(reply_reader, hears_the_same_however_the_bytes_are_split) {
  for (const auto& s : framing()) {
    const std::string_view all = s.stream;
    std::vector<std::string_view> bytes;
    for (std::size_t i = 0; i < all.size(); ++i) bytes.push_back(all.substr(i, 1));
    EXPECT_TRUE(same(read(bytes), s.expected))
        << "byte by byte: " << all.substr(0, 200) << "\n  heard " << read(bytes);
    const std::size_t step = all.size() > 2000 ? 97 : 1;
    for (std::size_t i = 1; i < all.size(); i += step) {
      const auto h = read({all.substr(0, i), all.substr(i)});
      ASSERT_TRUE(same(h, s.expected)) << "split at " << i << ": " << all.substr(0, 200) << "\n  heard " << h;
    }
    if (all.size() > 120) continue;
    for (std::size_t i = 1; i < all.size(); ++i)
      for (std::size_t k = i + 1; k < all.size(); ++k)
        ASSERT_TRUE(same(read({all.substr(0, i), all.substr(i, k - i), all.substr(k)}), s.expected))
            << "split at " << i << " and " << k << ": " << all;
  }
}

TEST(reply_reader, bytes_behind_a_reply_end_the_connection) {
  for (const std::string extra : {"x", "\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"}) {
    const auto h = read({ok + "Content-Length: 4\r\n\r\nbody" + extra});
    EXPECT_TRUE(h == whole(200, "body", false)) << extra;
  }
}

// Beast's limit forgets what it has read: three fields of 60 KiB were within 64 KiB when they came one by
// one.
TEST(reply_reader, the_cap_of_a_head_is_for_all_its_fields) {
  const auto field = "X: " + std::string(60'000, 'x') + "\r\n";
  const auto end = "Content-Length: 0\r\n\r\n"s;
  EXPECT_TRUE(read({ok, field, end}) == whole(200));
  EXPECT_TRUE(read({ok, field, field, end}) == too_large);
  EXPECT_TRUE(read({ok + field + field + end}) == too_large);
  const auto filler = [&](std::size_t size) { return "Y: " + std::string(size - 5, 'y') + "\r\n"; };
  const auto room = reply_limits{}.head - ok.size() - end.size();
  EXPECT_TRUE(read({ok, filler(room), end}) == whole(200)) << "to the last byte";
  EXPECT_TRUE(read({ok, filler(room / 2), filler(room - room / 2), end}) == whole(200));
  EXPECT_TRUE(read({ok, filler(room / 2), filler(room - room / 2 + 1), end}) == too_large);
  EXPECT_TRUE(read({ok + filler(room + 1) + end}) == too_large);
  EXPECT_TRUE(read({carry_on, ok, filler(room), end}) == whole(200)) << "each head has its own";
}

TEST(reply_reader, keeps_as_much_of_a_body_as_it_is_told) {
  for (const std::size_t most : {1u, 3u, 4u, 5u}) {
    const auto h = read({ok + "Content-Length: 4\r\n\r\nbo", "dy"}, false, {.body = most});
    EXPECT_EQ(h.body, std::string{"body"}.substr(0, most));
    EXPECT_EQ(h.cut, most < 4);
    EXPECT_TRUE(h.framed && h.keep_alive) << "it is read to its end all the same";
  }
}

// RFC 9112 §8: an end that TLS tells is nobody's else doing.
TEST(reply_reader, a_reply_that_ends_with_the_connection_counts_when_tls_told_the_end) {
  EXPECT_TRUE(read({ok + "\r\nbody"}, true) == whole(200, "body", false));
  EXPECT_TRUE(read({ok + "\r\n"}, true) == whole(200, "", false));
  EXPECT_TRUE(read({ok + "Transfer-Encoding: gzip\r\n\r\nbody"}, true) == unframed(200, "body"));
  EXPECT_TRUE(read({ok + "\r\nbody"}, false) == unframed(200, "body"));
  EXPECT_TRUE(read({ok + "Content-Length: 5\r\n\r\nbody"}, true) == lost);
  EXPECT_TRUE(read({ok + "Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n"}, true) == lost);
  EXPECT_TRUE(read({ok + "Content-Le"}, true) == lost);
}

TEST(reply_reader, says_which_rule_is_broken_and_how_the_reply_begins) {
  struct {
    std::string stream;
    std::string rule;
  } const table[] = {
      {ok + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n",
       "Transfer-Encoding stands beside Content-Length or another one"},
      {ok + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n",
       "Content-Length is no number, or stands beside Transfer-Encoding"},
      {ok + "Content-Length: 4\r\nContent-Length: 5\r\n\r\n", "there are two values of Content-Length"},
      {ok + "X : y\r\n\r\n", "a field's name has a space, a control character or no colon behind it"},
      {ok + "X: a\x01"
            "b\r\n\r\n",
       "a field's value has a control character"},
      {"HTTP/1.1 20x OK\r\n\r\n", "its first line is not HTTP/1.x, a status of three digits and a reason"},
      {"SSH-2.0-OpenSSH_9.2\r\n\r\n", "it does not begin with HTTP/1.x"},
      {"HTTP/1.1 101 Switching Protocols\r\n\r\n", "it switches protocols, which nobody asked for"},
      {ok + "Transfer-Encoding: chunked;q=1\r\n\r\n", "Transfer-Encoding is no list of codings"},
      {ok + "Transfer-Encoding: chunked\r\n\r\nxyzzy\r\n", "a chunk does not have the form of one"},
  };
  for (const auto& row : table) {
    const auto h = read({row.stream});
    EXPECT_TRUE(h == malformed) << row.stream;
    EXPECT_EQ(h.complaint.substr(0, h.complaint.find(';')), row.rule);
  }
  EXPECT_EQ(read({"\x15\x03\x01 and 80 bytes more " + std::string(80, 'x')}).complaint,
            "it does not begin with HTTP/1.x; it begins '\\x15\\x03\\x01 and 80 bytes more " +
                std::string(38, 'x') + "'");
}

TEST(reply_reader, unpacks_what_came_packed) {
  const auto gzipped =
      "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab\x56\x4a\xce\x4f\x49\x55\xb2\x32\xa8\x05\x00\x98\xae\x3c"
      "\x72\x0a"
      "\x00\x00\x00"s;
  const auto with = [&](const std::string& coding, const std::string& body) {
    return ok + "Content-Encoding: " + coding + "\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
  };
  EXPECT_TRUE(read({with("gzip", gzipped)}) == whole(200, R"({"code":0})"));
  EXPECT_TRUE(read({with("identity", "body")}) == whole(200, "body"));
  EXPECT_TRUE(read({with("gzip", "")}) == whole(200));
  const auto packed = read({with("br", "body")});
  EXPECT_EQ(packed.coding, "br");
  EXPECT_EQ(packed.body, "body");
  const auto cut = read({with("gzip", gzipped)}, false, {.body = 5});
  EXPECT_TRUE(cut.cut) << "it unpacks to more than is kept, or was itself longer";
}

struct fed {
  std::string bytes;
  bool unsent;
};

bool early(const std::vector<fed>& pieces) {
  reply_reader r;
  for (const auto& p : pieces) EXPECT_FALSE(r.feed(p.bytes, p.unsent)) << p.bytes;
  EXPECT_TRUE(r.done());
  return r.early();
}

// Delete rule (c): what counts is the first byte of the final reply.
TEST(reply_reader, a_reply_is_early_when_its_first_byte_is) {
  const auto reply = ok + "Content-Length: 4\r\n\r\nbody";
  EXPECT_FALSE(early({{reply, false}}));
  EXPECT_TRUE(early({{reply, true}}));
  EXPECT_TRUE(early({{reply.substr(0, 1), true}, {reply.substr(1), false}}));
  EXPECT_FALSE(early({{carry_on, true}, {reply, false}}));
  EXPECT_TRUE(early({{carry_on, false}, {reply, true}}));
  EXPECT_TRUE(early({{carry_on + "H", true}, {reply.substr(1), false}}));
  EXPECT_FALSE(early({{carry_on.substr(0, 9), true}, {carry_on.substr(9) + reply, false}}));
  EXPECT_TRUE(early({{carry_on.substr(0, 9), false}, {carry_on.substr(9) + reply, true}}));
  for (std::size_t i = 1; i < carry_on.size() + reply.size(); ++i) {
    const auto all = carry_on + reply;
    EXPECT_EQ(early({{all.substr(0, i), true}, {all.substr(i), false}}), i > carry_on.size()) << i;
  }
}

TEST(reply_reader, tells_how_far_it_has_come) {
  reply_reader r;
  const auto after = [&](const std::string& bytes) {
    EXPECT_FALSE(r.feed(bytes, false));
    return std::string(r.started() ? "s" : "") + (r.final_head() ? "h" : "") + (r.done() ? "d" : "") +
           (r.keep_alive() ? "k" : "");
  };
  EXPECT_FALSE(r.started());
  EXPECT_EQ(after("H"), "s");
  EXPECT_EQ(after("TTP/1.1 100 Continue\r\n\r\n"), "s");
  EXPECT_EQ(after(ok + "Content-Length: 2\r\n"), "s");
  EXPECT_EQ(after("\r\n"), "sh");
  EXPECT_EQ(after("a"), "sh");
  EXPECT_EQ(after("b"), "shdk");
  EXPECT_EQ(r.interims(), 1u);
}

}  // namespace
}  // namespace sluice::io
