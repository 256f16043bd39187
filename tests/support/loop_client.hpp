// The client's side of one connection: what an uploader sets up, without the uploader.
#pragma once

#include "io/net/connection.hpp"

#include <sluice/error.hpp>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <string>

namespace loop {

/// A file part that the test hands out: would_block beyond `released`, and, beyond `readable`, an end or
/// `error`.
class hand_fed final : public sluice::io::body {
 public:
  hand_fed(boost::asio::any_io_executor ex, std::string bytes)
      : bytes_{std::move(bytes)}, released_{bytes_.size()}, readable_{bytes_.size()}, more_{ex} {}

  void release(std::size_t n) {
    released_ = n;
    more_.cancel();
  }
  void break_at(std::size_t n, sluice::error_code with) { readable_ = n, error_ = with; }
  /// True while an operation waits for more than was released.
  bool starving() const { return starving_; }

  std::uint64_t size() const noexcept override { return bytes_.size(); }
  piece read_ready(std::uint64_t offset, std::span<char> into) override {
    if (offset >= readable_) return {error_, 0};
    if (offset >= released_) return {boost::asio::error::would_block};
    const auto n = std::min({into.size(), released_ - offset, readable_ - offset});
    bytes_.copy(into.data(), n, offset);
    return {{}, n};
  }
  sluice::awaitable<void> wait_ready(std::uint64_t) override {
    starving_ = true;
    sluice::error_code ignored;
    more_.expires_after(std::chrono::milliseconds{5});
    co_await more_.async_wait(sluice::into(ignored));
    starving_ = false;
  }
  bool rewinds() const noexcept override { return rewinds_; }
  void only_once() { rewinds_ = false; }

 private:
  std::string bytes_;
  std::size_t released_, readable_;
  sluice::error_code error_;
  bool starving_ = false;
  bool rewinds_ = true;
  boost::asio::steady_timer more_;
};

/// Timeouts that a test which passes never meets.
inline sluice::timeout_options patient() {
  using namespace std::chrono_literals;
  return {.connect = 30s, .attempt = 0ms, .stall = 30s, .reply = 30s, .idle = 60s};
}

struct client {
  client(boost::asio::io_context& ioc, const std::string& url, const sluice::tls_options& tls = {},
         sluice::timeout_options timeout = patient(), const sluice::io::lookup_terms& lookup = {})
      : to{sluice::core::parse_url(url).value(), tls_of(url, tls),
           sluice::io::resolver{ioc.get_executor(), sluice::core::parse_url(url).value().lookup_name(),
                                lookup},
           sluice::io::watchdog{ioc.get_executor()}},
        pool{.to = to, .timeout = timeout},
        connection{ioc.get_executor(), pool} {}

  static std::shared_ptr<const sluice::io::tls_client> tls_of(const std::string& url,
                                                              const sluice::tls_options& tls) {
    std::vector<sluice::problem> problems;
    return url.starts_with("https") ? sluice::io::make_tls_client(tls, problems) : nullptr;
  }

  sluice::io::endpoint to;
  sluice::io::pool_context pool;
  sluice::io::connection connection;
};

/// A whole POST around a file part of `size` bytes; head and tail are the frame.
inline sluice::io::request post(std::size_t size, const std::string& before = "<",
                                const std::string& after = ">") {
  return {"POST /up HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
              std::to_string(before.size() + size + after.size()) + "\r\n\r\n" + before,
          after};
}

}  // namespace loop
