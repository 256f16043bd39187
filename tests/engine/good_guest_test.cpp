// An embedder's program must not notice these things of us (see also uploader_test.is_a_good_guest).
#include "uploader_fixture.hpp"

#include "support/loop_certificate.hpp"
#include "support/sanitizer.hpp"

#include <openssl/err.h>
#include <csignal>
#include <fstream>

namespace sluice {
namespace {

class good_guest : public with_endpoint {
 protected:
  static std::size_t descriptors() {
    const fs::directory_iterator all{"/proc/self/fd"};
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
  }
  /// KiB of memory in use that no file backs.
  static std::size_t memory() {
    std::ifstream in{"/proc/self/status"};
    for (std::string line; std::getline(in, line);)
      if (line.starts_with("RssAnon:")) return std::stoul(line.substr(8));
    return 0;
  }
};

TEST_F(good_guest, ten_thousand_uploaders_leave_nothing_behind) {
  const auto make_and_end = [&](int n) {
    for (int i = 0; i < n; ++i) {
      uploader up{ioc_.get_executor(), cfg()};
      const auto outcome = start(up, data("x"));
      if (i % 100 == 0) loop::run_until(ioc_, [&] { return outcome->has_value(); });
      up.cancel();
      ioc_.restart(), ioc_.poll();
    }
    settle();
  };
  make_and_end(1000);
  const auto open = descriptors(), used = memory();
  make_and_end(10'000);
  EXPECT_EQ(descriptors(), open);
#ifndef SLUICE_UNDER_ASAN  // the sanitizer keeps what was freed
  EXPECT_LT(memory(), used + 1024);
#endif
}

TEST_F(good_guest, two_of_them_on_one_loop_do_not_mix) {
  loop::endpoint other{ioc_};
  auto here = cfg(), there = cfg();
  there.url = other.url();
  here.headers = {{"Token", "here"}}, there.headers = {{"Token", "there"}};
  there.window = window::fixed(2);
  uploader a{ioc_.get_executor(), here}, b{ioc_.get_executor(), there};
  for (int i = 0; i < 40; ++i) file("a/" + std::to_string(i)), file("b/" + std::to_string(i));
  const auto first = start_drain(a, source::directory(files_ / "a"));
  const auto second = start_drain(b, source::directory(files_ / "b"));
  loop::run_until(ioc_, [&] { return first->has_value() && second->has_value(); });
  EXPECT_EQ((*first)->summary.counts[fate::accepted], 40u);
  EXPECT_EQ((*second)->summary.counts[fate::accepted], 40u);
  EXPECT_EQ(server_.count(), 40u);
  EXPECT_EQ(other.count(), 40u);
  for (const auto& r : server_.requests) EXPECT_EQ(r.header("Token"), "here");
  for (const auto& r : other.requests) EXPECT_EQ(r.header("Token"), "there");
  EXPECT_LE(other.most_in_flight, 2u);
}

// A server that goes away while it is sent to would end a program that does not ignore SIGPIPE.
TEST_F(good_guest, no_sigpipe) {
  const auto before = std::signal(SIGPIPE, SIG_DFL);
  loop::listener listener{ioc_.get_executor()};
  auto c = cfg();
  c.url = listener.url(), c.retry.retries = 2;
  uploader up{ioc_.get_executor(), c};
  loop::beside(ioc_, [&]() -> asio::awaitable<void> {
    for (int i = 0; i < 3; ++i) {
      auto p = co_await listener.accept();
      co_await p.read_head();
      p.reset();
    }
  });
  EXPECT_EQ(upload(up, data(std::string(std::size_t{16} << 20, 'x'))).result.fate, fate::deferred);
  std::signal(SIGPIPE, before);
}

TEST_F(good_guest, no_error_stays_in_openssls_queue) {
  const loop::authority authority, stranger;
  loop::endpoint secure{ioc_, loop::serve_as(stranger.issue())};
  auto c = cfg();
  c.url = secure.url(), c.retry.retries = 0;
  c.tls.ca_file = files_.write("ca.pem", authority.certificate());
  uploader up{ioc_.get_executor(), c};
  EXPECT_EQ(upload(up, data("x")).result.error, errc::tls_identity);
  EXPECT_EQ(ERR_peek_error(), 0u);
  c.tls.ca_file = files_.write("broken.pem", "no certificate");
  EXPECT_FALSE(problems(c).empty());
  EXPECT_EQ(ERR_peek_error(), 0u);
}

// Other work on the loop gets its turn while a body leaves that the kernel takes as fast as it comes.
TEST_F(good_guest, large_body_does_not_have_the_loop_for_itself) {
  loop::listener listener{ioc_.get_executor()};
  loop::beside(ioc_, [&]() -> asio::awaitable<void> {
    auto p = co_await listener.accept();
    co_await p.read_request();
    co_await p.write(loop::reply("200 OK"));
  });
  auto c = cfg();
  c.url = listener.url();
  // A buffer that takes the whole body: nothing ever says "no more for now".
  constexpr std::size_t size = std::size_t{3} << 20;
  c.connector = [&](const connect_target& to, const connect_done& done) {
    asio::ip::tcp::socket s{ioc_};
    s.open(asio::ip::tcp::v4());
    const int bytes = 2 * static_cast<int>(size);
    ::setsockopt(s.native_handle(), SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes);
    s.connect({asio::ip::address_v4::loopback(), to.port});
    done({}, s.release());
  };
  uploader up{ioc_.get_executor(), c};
  const auto outcome = start(up, data(std::string(size, 'x')));
  std::size_t turns = 0;
  std::function<void()> beside = [&] {
    ++turns;
    if (!*outcome) asio::post(ioc_, beside);
  };
  beside();
  loop::run_until(ioc_, [&] { return outcome->has_value(); });
  EXPECT_EQ((*outcome)->result.fate, fate::accepted);
  EXPECT_GT(turns, 3u);
}

}  // namespace
}  // namespace sluice
