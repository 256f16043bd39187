#include "io/connection.hpp"

#include "support/loop_certificate.hpp"
#include "support/loop_client.hpp"
#include "support/loop_peer.hpp"
#include "support/loop_run.hpp"
#include "support/loop_scratch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::io {
namespace {

using core::sent;
using loop::beside;
using loop::hand_fed;
using loop::peer;
using loop::post;
using loop::reply;

class connection_test : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    if (GetParam()) {
      scratch_.write("ca.pem", authority_.certificate());
      tls_.ca_file = scratch_ / "ca.pem";
    }
  }
  loop::client make_client(timeout_options timeout = loop::patient()) {
    return {ioc_, listener_.url(), tls_, timeout};
  }
  /// One exchange of `bytes`.
  exchange_report exchange(loop::client& c, hand_fed& body) {
    const auto r = post(body.size());
    return loop::run(
        ioc_, [&]() -> awaitable<exchange_report> { co_return co_await c.connection.exchange(r, body); });
  }
  exchange_report exchange(loop::client& c, std::string bytes = "bytes") {
    hand_fed body{ioc_.get_executor(), std::move(bytes)};
    return exchange(c, body);
  }

  asio::io_context ioc_;
  loop::scratch scratch_;
  loop::authority authority_;
  tls_options tls_;
  loop::listener listener_{ioc_.get_executor(), GetParam() ? loop::serve_as(authority_.issue()) : nullptr};
};
INSTANTIATE_TEST_SUITE_P(, connection_test, testing::Bool(),
                         [](const auto& info) { return info.param ? "tls" : "plain"; });

TEST_P(connection_test, sends_file_after_file_on_one_connection) {
  std::vector<std::string> seen;
  beside(ioc_, [&]() -> awaitable<void> {
    auto p = co_await listener_.accept();
    for (int i = 0; i < 3; ++i) {
      seen.push_back(co_await p.read_request());
      co_await p.write(reply("200 OK", "fine"));
    }
  });
  auto c = make_client();
  for (const std::string bytes : {"one", "", "three"}) {
    const auto r = exchange(c, bytes);
    EXPECT_EQ(r.outcome.request, sent::whole);
    EXPECT_FALSE(r.outcome.early);
    EXPECT_FALSE(r.outcome.error) << r.outcome.error.message();
    ASSERT_TRUE(r.outcome.reply);
    EXPECT_EQ(r.outcome.reply->body, "fine");
    EXPECT_TRUE(r.outcome.reply->framed);
    EXPECT_EQ(r.file_bytes, bytes.size());
    EXPECT_TRUE(r.session_as_configured);
    EXPECT_EQ(r.connected, seen.size() == 1);
    EXPECT_EQ(seen.back(), post(bytes.size()).head + bytes + ">");
  }
}

TEST_P(connection_test, sends_a_large_body_unharmed) {
  std::string seen, bytes(3'000'000, 'x');
  for (std::size_t i = 0; i < bytes.size(); i += 7) bytes[i] = static_cast<char>(i);
  beside(ioc_, [&]() -> awaitable<void> {
    auto p = co_await listener_.accept();
    seen = co_await p.read_request();
    co_await p.write(reply("201 Created"));
  });
  auto c = make_client();
  const auto r = exchange(c, bytes);
  EXPECT_EQ(r.outcome.reply->status, 201);
  EXPECT_EQ(r.file_bytes, bytes.size());
  EXPECT_GE(r.kernel_bytes, bytes.size());
  EXPECT_TRUE(seen == post(bytes.size()).head + bytes + ">");
}

}  // namespace
}  // namespace sluice::io
