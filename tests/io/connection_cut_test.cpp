// Fails at every step: the peer goes away after k bytes, for every k of a small exchange, in both directions.
#include "io/net/connection.hpp"

#include "connection_fixture.hpp"

namespace sluice::io {
namespace {

using core::sent;
using loop::hand_fed;
using loop::reply;

class connection_cut : public with_peer {};
INSTANTIATE_TEST_SUITE_P(, connection_cut, testing::Bool(), plain_or_tls);

enum class way { end, reset };

void leave(loop::peer& p, way how) {
  if (how == way::end)
    p.close();
  else
    p.reset();
}

TEST_P(connection_cut, in_the_request_after_every_byte_of_the_file) {
  const std::string bytes = "a small file";
  for (const auto how : {way::end, way::reset})
    for (std::size_t k = 0; k <= bytes.size(); ++k) {
      hand_fed body{ioc_.get_executor(), bytes};
      body.release(k);
      std::string seen;
      script([&](loop::listener& l) -> awaitable<void> {
        auto p = co_await l.accept();
        co_await p.read_head();
        seen = co_await p.read(k == bytes.size() ? k + 2 : k + 1);
        leave(p, how);
        body.release(bytes.size());
      });
      auto c = make_client();
      const auto r = exchange(c, body);
      EXPECT_EQ(seen, "<" + bytes.substr(0, k) + (k == bytes.size() ? ">" : ""));
      EXPECT_EQ(r.outcome.request, k == bytes.size() ? sent::whole : sent::part) << k;
      EXPECT_EQ(r.outcome.error, errc::connection_lost) << k;
      EXPECT_FALSE(r.outcome.reply) << k;
      EXPECT_FALSE(r.file_error) << k;
      EXPECT_FALSE(listener_.somebody_waits()) << k;
    }
}

TEST_P(connection_cut, in_the_reply_after_every_byte) {
  const auto whole = reply("200 OK", "body", "X: y\r\n");
  for (const auto how : {way::end, way::reset})
    for (std::size_t k = 0; k <= whole.size(); ++k) {
      script([&, k](loop::listener& l) -> awaitable<void> {
        auto p = co_await l.accept();
        co_await p.read_request();
        co_await p.write(whole.substr(0, k));
        leave(p, how);
      });
      auto c = make_client();
      const auto r = exchange(c);
      EXPECT_EQ(r.outcome.request, sent::whole) << k;
      EXPECT_FALSE(r.outcome.early) << k;
      EXPECT_EQ(r.outcome.reply.has_value(), k == whole.size()) << k;
      EXPECT_EQ(r.outcome.error, k == whole.size() ? error_code{} : error_code{errc::connection_lost}) << k;
    }
}

// No later byte may count as a success, however the early reply ends.
TEST_P(connection_cut, in_an_early_reply_after_every_byte) {
  const auto whole = reply("200 OK", "body");
  const auto head = whole.size() - 4;
  for (const auto how : {way::end, way::reset})
    for (std::size_t k = 1; k <= whole.size(); ++k) {
      hand_fed body{ioc_.get_executor(), "a small file"};
      body.release(3);
      script([&, k](loop::listener& l) -> awaitable<void> {
        auto p = co_await l.accept();
        co_await p.read_head();
        co_await p.read(4);
        co_await p.write(whole.substr(0, k));
        leave(p, how);
        body.release(body.size());
      });
      auto c = make_client();
      const auto r = exchange(c, body);
      EXPECT_EQ(r.outcome.request, sent::part) << k;
      EXPECT_EQ(r.outcome.reply.has_value(), k == whole.size()) << k;
      EXPECT_EQ(r.outcome.early, k == whole.size()) << k;
      EXPECT_EQ(r.outcome.error, k == whole.size() ? error_code{} : error_code{errc::connection_lost})
          << k << (k < head ? " in the head" : " in the body");
    }
}

TEST_P(connection_cut, before_anything_was_sent) {
  for (const auto how : {way::end, way::reset}) {
    script([&](loop::listener& l) -> awaitable<void> {
      auto p = co_await l.accept_raw();
      leave(p, how);
    });
    auto c = make_client();
    const auto r = exchange(c);
    EXPECT_EQ(r.outcome.error, GetParam() ? errc::tls_failed : errc::connection_lost)
        << "no connection at all";
    EXPECT_FALSE(r.outcome.reply);
    EXPECT_EQ(r.outcome.request, GetParam() ? sent::nothing : r.outcome.request);
  }
}

// A bit that turned over on the wire ends as a TLS failure, never as a reply.
TEST_P(connection_cut, by_bytes_that_are_no_record) {
  if (!GetParam()) return;  // TLS only
  script([&](loop::listener& l) -> awaitable<void> {
    auto p = co_await l.accept();
    co_await p.read_request();
    co_await p.write_raw(reply("200 OK"));
    co_await p.read_to_end();
  });
  auto c = make_client();
  const auto r = exchange(c);
  EXPECT_EQ(r.outcome.error, errc::tls_failed);
  EXPECT_EQ(r.outcome.request, sent::whole);
  EXPECT_NE(r.detail, "");
}

}  // namespace
}  // namespace sluice::io
