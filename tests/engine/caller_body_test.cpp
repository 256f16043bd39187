#include "uploader_fixture.hpp"

#include <sluice/make_body.hpp>

#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>

#include <cstring>
#include <deque>

namespace sluice {
namespace {

using testing::Each;
using testing::Gt;
using testing::SizeIs;

/// Noise, so that a piece in the wrong place is seen.
std::string noise(std::size_t n) {
  std::string bytes(n, '\0');
  std::uint32_t x = 1;
  for (auto& b : bytes) b = static_cast<char>((x = x * 1664525 + 1013904223) >> 24);
  return bytes;
}

/// A body whose answers the test gives, or which answers by itself.
struct scripted : body_source {
  explicit scripted(std::string b, std::size_t step = std::string::npos) : bytes{std::move(b)}, most{step} {}

  std::uint64_t size() const noexcept override { return said.value_or(bytes.size()); }
  bool rewindable() const noexcept override { return can_rewind; }
  void read_at(std::uint64_t offset, std::span<char> into, read_done done) override {
    offsets.push_back(offset);
    const auto n = std::min({into.size(), bytes.size() - std::min<std::size_t>(offset, bytes.size()), most});
    std::memcpy(into.data(), bytes.data() + offset, n);
    if (silent)
      waiting.push_back([done, n, into] {
        std::memset(into.data(), 'L', into.size());  // late: the memory must still be there
        done({}, n);
      });
    else
      done(failure, failure ? 0 : n);
  }

  std::string bytes;
  std::size_t most;  ///< bytes a read brings
  std::optional<std::uint64_t> said;
  bool can_rewind = true, silent = false;
  error_code failure;
  std::vector<std::uint64_t> offsets;
  std::deque<std::function<void()>> waiting;
};

class caller_body : public with_endpoint {
 protected:
  static upload_request from(std::shared_ptr<body_source> b) {
    return upload_request::from_source(std::move(b), "made.bin");
  }
};

TEST_F(caller_body, arrives_whole_in_pieces_of_any_size) {
  uploader up{ioc_.get_executor(), cfg()};
  for (const std::size_t size : {0ul, 1ul, 1000ul, 65'536ul, 65'537ul, 300'000ul})
    for (const std::size_t step : {std::string::npos, 70'000ul, 1000ul, 777ul}) {
      const auto bytes = noise(size);
      const auto r = upload(up, from(std::make_shared<scripted>(bytes, step)));
      EXPECT_EQ(r.result.fate, fate::accepted) << size << " by " << step << ": " << r.result.error.message();
      EXPECT_EQ(server_.requests.back().field("file"), bytes) << size << " by " << step;
    }
}

TEST_F(caller_body, is_read_again_for_another_attempt) {
  uploader up{ioc_.get_executor(), cfg()};
  const auto body = std::make_shared<scripted>(noise(200'000));
  int n = 0;
  server_.say([&](const loop::got&) -> asio::awaitable<std::string> {
    co_return loop::reply(++n == 1 ? "503 Later" : "200 OK");
  });
  const auto r = upload(up, from(body)).result;
  EXPECT_EQ(r.fate, fate::accepted);
  EXPECT_EQ(r.attempts, 2u);
  ASSERT_EQ(server_.count(), 2u);
  for (const auto& seen : server_.requests) EXPECT_EQ(seen.field("file"), body->bytes);
  EXPECT_EQ(server_.requests[0].header("Idempotency-Key"), server_.requests[1].header("Idempotency-Key"));
  EXPECT_EQ(std::ranges::count(body->offsets, 0u), 2);
}

TEST_F(caller_body, that_can_be_read_once_has_one_attempt) {
  uploader up{ioc_.get_executor(), cfg()};
  server_.say(loop::reply("503 Later"));
  const auto body = std::make_shared<scripted>(noise(200'000));
  body->can_rewind = false;
  const auto r = upload(up, from(body)).result;
  EXPECT_EQ(r.fate, fate::deferred);
  EXPECT_EQ(r.attempts, 1u);
  EXPECT_EQ(r.error, errc::busy_status) << "what it failed for";
  EXPECT_EQ(std::ranges::count(body->offsets, 0u), 1);
}

TEST_F(caller_body, that_fits_in_one_piece_is_sent_again_without_a_second_read) {
  uploader up{ioc_.get_executor(), cfg()};
  int n = 0;
  server_.say([&](const loop::got&) -> asio::awaitable<std::string> {
    co_return loop::reply(++n == 1 ? "503 Later" : "200 OK");
  });
  const auto body = std::make_shared<scripted>("small");
  body->can_rewind = false;
  EXPECT_EQ(upload(up, from(body)).result.fate, fate::accepted);
  EXPECT_THAT(body->offsets, SizeIs(1));
}

TEST_F(caller_body, whose_read_fails_ends_with_that_error) {
  uploader up{ioc_.get_executor(), cfg()};
  const auto body = std::make_shared<scripted>("bytes");
  body->failure = asio::error::host_unreachable;
  const auto r = upload(up, from(body)).result;
  EXPECT_EQ(r.fate, fate::deferred);
  EXPECT_EQ(r.error, asio::error::host_unreachable);
  EXPECT_EQ(upload(up, file("next")).result.fate, fate::accepted) << "the others are not disturbed";
}

TEST_F(caller_body, shorter_than_it_said_is_never_padded) {
  uploader up{ioc_.get_executor(), cfg()};
  const auto body = std::make_shared<scripted>(noise(1000));
  body->said = 1001;
  const auto r = upload(up, from(body)).result;
  EXPECT_EQ(r.fate, fate::changed);
  EXPECT_EQ(server_.count(), 0u);
}

TEST_F(caller_body, that_brings_nothing_is_given_up) {
  auto c = cfg();
  c.timeout.stall = std::chrono::milliseconds{120};
  uploader up{ioc_.get_executor(), c};
  const auto body = std::make_shared<scripted>("bytes");
  body->silent = true;
  const auto r = upload(up, from(body)).result;
  EXPECT_EQ(r.fate, fate::deferred);
  EXPECT_EQ(r.error, errc::stalled);
  body->waiting.front()();  // no read waits for it any more
  settle();
}

// The cancel comes after every step of the loop, in every way; the answer to its read comes when all is over.
TEST_F(caller_body, is_cancelled_at_any_time_and_may_answer_later) {
  for (const auto type :
       {asio::cancellation_type::terminal, asio::cancellation_type::partial, asio::cancellation_type::total})
    for (int k = 0; k < 30; ++k) {
      asio::cancellation_signal signal;
      std::optional<uploader> up{std::in_place, ioc_.get_executor(), cfg()};
      const auto body = std::make_shared<scripted>("bytes");
      body->silent = true;
      const auto outcome = start(*up, from(body), signal.slot());
      ioc_.restart();
      for (int i = 0; i < k; ++i) ioc_.poll_one();
      signal.emit(type);
      settle();
      EXPECT_TRUE(*outcome || type == asio::cancellation_type::total) << k << ": cancelled, and not at once";
      up.reset();  // too late for `total`: the end of the uploader is not
      loop::run_until(ioc_, [&] { return outcome->has_value(); });
      EXPECT_EQ((*outcome)->error, asio::error::operation_aborted) << k;
      for (const auto& answer : body->waiting) answer();
      settle();
    }
}

TEST_F(caller_body, from_a_stream) {
  uploader up{ioc_.get_executor(), cfg()};
  asio::local::stream_protocol::socket ours{ioc_}, theirs{ioc_};
  asio::local::connect_pair(ours, theirs);
  const auto bytes = noise(500'000);
  const auto outcome = start(up, from(make_stream_body(std::move(ours), bytes.size())));
  asio::async_write(theirs, asio::buffer(bytes), [](error_code ec, std::size_t) { EXPECT_FALSE(ec); });
  loop::run_until(ioc_, [&] { return outcome->has_value(); });
  EXPECT_EQ((*outcome)->result.fate, fate::accepted);
  EXPECT_EQ(server_.requests.back().field("file"), bytes);
}

TEST_F(caller_body, from_a_stream_that_ends_early) {
  uploader up{ioc_.get_executor(), cfg()};
  asio::local::stream_protocol::socket ours{ioc_}, theirs{ioc_};
  asio::local::connect_pair(ours, theirs);
  asio::write(theirs, asio::buffer("only this", 9));
  theirs.close();
  EXPECT_EQ(upload(up, from(make_stream_body(std::move(ours), 100))).result.fate, fate::changed);
  EXPECT_EQ(server_.count(), 0u);
}

/// A stand-in for asio::random_access_file, which needs io_uring.
struct device {
  std::string bytes;
  asio::any_io_executor executor;
  template <class Buffers, class Token>
  auto async_read_some_at(std::uint64_t offset, const Buffers& into, Token&& token) {
    return asio::async_initiate<Token, void(error_code, std::size_t)>(
        [this](auto handler, std::uint64_t at, Buffers buffers) {
          const auto rest = std::string_view{bytes}.substr(std::min<std::size_t>(at, bytes.size()));
          const auto n = asio::buffer_copy(buffers, asio::buffer(rest));
          const error_code ec = rest.empty() ? asio::error::eof : error_code{};
          asio::post(executor, [h = std::move(handler), ec, n]() mutable { h(ec, n); });
        },
        token, offset, into);
  }
};

TEST_F(caller_body, from_a_random_access_device) {
  uploader up{ioc_.get_executor(), cfg()};
  const auto bytes = noise(200'000);
  const device d{bytes, ioc_.get_executor()};
  EXPECT_EQ(upload(up, from(make_random_access_body(d, bytes.size()))).result.fate, fate::accepted);
  EXPECT_EQ(server_.requests.back().field("file"), bytes);
  EXPECT_EQ(upload(up, from(make_random_access_body(d, bytes.size() + 1))).result.fate, fate::changed);
}

}  // namespace
}  // namespace sluice
