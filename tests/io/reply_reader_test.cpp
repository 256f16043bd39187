#include "io/reply_reader.hpp"

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

  friend bool operator==(const heard&, const heard&) = default;
};

std::ostream& operator<<(std::ostream& out, const heard& h) {
  return out << "status " << h.status << (h.framed ? ", framed" : ", unframed")
             << (h.keep_alive ? ", kept alive" : "") << ", error " << h.error.message() << ", body "
             << h.body.size();
}

/// Reads `pieces` one after the other, then the end of the stream; stops where a connection would.
heard read(const std::vector<std::string_view>& pieces) {
  reply_reader r;
  heard h;
  for (const auto piece : pieces) {
    if (r.done() || h.error) break;
    if (!piece.empty()) h.error = r.feed(piece, false);
  }
  if (!r.done() && !h.error) h.error = r.feed_eof();
  h.done = r.done() && !h.error;
  if (!h.done || h.error) return h;
  h.keep_alive = r.keep_alive();
  auto reply = r.take();
  h.status = reply.status, h.framed = reply.framed, h.body = reply.body;
  h.retry_after = reply.retry_after, h.date = reply.date;
  return h;
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
      {times(8, carry_on) + ok + "Content-Length: 0\r\n\r\n", whole(200)},
      {times(9, carry_on) + ok + "Content-Length: 0\r\n\r\n", too_large},
      {carry_on, lost},
      {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", malformed},
      {"HTTP/1.1 099 Odd\r\n\r\n", malformed},
      // A hundred fields, those of a trailer among them.
      {ok + "Content-Length: 0\r\n" + times(99, "X: y\r\n") + "\r\n", whole(200)},
      {ok + "Content-Length: 0\r\n" + times(100, "X: y\r\n") + "\r\n", too_large},
      {carry_on.substr(0, carry_on.size() - 2) + times(101, "X: y\r\n") + "\r\n", too_large},
      {ok + "Transfer-Encoding: chunked\r\n\r\n0\r\n" + times(99, "X: y\r\n") + "\r\n", whole(200)},
      {ok + "Transfer-Encoding: chunked\r\n\r\n0\r\n" + times(100, "X: y\r\n") + "\r\n", too_large},
      // A status line has no cap of its own: it is a part of the head.
      {"HTTP/1.1 200 " + std::string(15'000, 'x') + "\r\nContent-Length: 0\r\n\r\n", whole(200)},
      {"HTTP/1.1 200 " + std::string(17'000, 'x') + "\r\nContent-Length: 0\r\n\r\n", too_large},
      // What two readers may take for two things.
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
      {ok + "X: " + std::string(17'000, 'x') + "\r\n\r\n", too_large},
      {ok + "Content-Length: 70000\r\n\r\n", too_large},
      {ok + "Content-Length: 60000\r\n\r\n" + std::string(60'000, 'b'), whole(200, std::string(60'000, 'b'))},
      {ok + "Transfer-Encoding: chunked\r\n\r\n" + times(1000, "50\r\n" + std::string(80, 'b') + "\r\n"),
       too_large},
      {ok + "Transfer-Encoding: chunked\r\n\r\n0\r\n" + times(1000, "X: " + std::string(80, 't') + "\r\n"),
       too_large},
      {ok + "\r\n" + std::string(70'000, 'b'), too_large},
      {times(8, "HTTP/1.1 102 Processing\r\nX: " + std::string(9'000, 'x') + "\r\n\r\n"), too_large},
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

// Beast's limit forgets what it has read: three fields of 15 KiB were within 16 KiB when they came one by
// one.
TEST(reply_reader, the_cap_of_a_head_is_for_all_its_fields) {
  const auto field = "X: " + std::string(15'000, 'x') + "\r\n";
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

// It was found too large, or whole, as the bytes behind it happened to come.
TEST(reply_reader, the_cap_is_for_a_replys_own_bytes) {
  constexpr std::size_t cap = reply_limits{}.total;
  const auto head = ok + "Content-Length: 65000\r\nX: ";
  const auto padding = cap - head.size() - 4 - 65'000;
  const auto reply = head + std::string(padding, 'x') + "\r\n\r\n" + std::string(65'000, 'b');
  ASSERT_EQ(reply.size(), cap);
  const auto expected = whole(200, std::string(65'000, 'b'));
  EXPECT_TRUE(read({reply}) == expected);
  auto poisoned = expected;
  poisoned.keep_alive = false;
  EXPECT_TRUE(read({reply + "x"}) == poisoned);
  const auto more = reply + std::string(9'000, 'x');
  const std::string_view all = more;
  EXPECT_TRUE(read({all.substr(0, 60'000), all.substr(60'000)}) == poisoned);
  EXPECT_TRUE(read({all.substr(0, cap), all.substr(cap)}) == expected) << "what is behind it is not read";
  const auto larger = head + std::string(padding + 1, 'x') + "\r\n\r\n" + std::string(65'000, 'b');
  EXPECT_TRUE(read({larger}) == too_large);
  EXPECT_TRUE(read({larger.substr(0, cap), larger.substr(cap)}) == too_large);
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
}

}  // namespace
}  // namespace sluice::io
