#include "io/connect.hpp"

#include "io/directory.hpp"
#include "io/unique_fd.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>

namespace sluice::io {
namespace {

constexpr std::chrono::milliseconds head_start{250};

struct race {
  explicit race(const asio::any_io_executor& ex) : changed{ex} {}
  asio::steady_timer changed;  ///< cancelled when an attempt ends
  std::vector<asio::ip::tcp::socket> sockets;
  std::optional<std::size_t> winner;
  std::size_t pending = 0;
  bool aborted = false;
  error_code last;
};

/// Not to be inherited by what a program that embeds us may start; Asio's own sockets would be.
error_code open(asio::ip::tcp::socket& s, const asio::ip::tcp& protocol) {
  unique_fd fd{::socket(protocol.family(), SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP)};
  if (!fd) return last_error();
  error_code ec;
  s.assign(protocol, fd.get(), ec);
  if (!ec) fd.release();
  return ec;
}

void start(const std::shared_ptr<race>& r, const asio::ip::tcp::endpoint& to) {
  const auto i = r->sockets.size();
  auto& s = r->sockets.emplace_back(r->changed.get_executor());
  ++r->pending;
  auto ended = [r, i](error_code ec) {
    --r->pending;
    if (ec)
      r->last = ec;
    else if (!r->winner)
      r->winner = i;
    r->changed.cancel();
  };
  if (const auto ec = open(s, to.protocol()))
    asio::post(s.get_executor(), [ended, ec]() mutable { ended(ec); });
  else
    s.async_connect(to, std::move(ended));
}

}  // namespace

std::vector<asio::ip::tcp::endpoint> interleave(const std::vector<asio::ip::tcp::endpoint>& addresses) {
  std::vector<asio::ip::tcp::endpoint> first, second, all;
  for (const auto& a : addresses)
    (a.protocol() == addresses.front().protocol() ? first : second).push_back(a);
  for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size()) all.push_back(first[i]);
    if (i < second.size()) all.push_back(second[i]);
  }
  return all;
}

awaitable<connected> connect_first(asio::any_io_executor executor,
                                   const std::vector<asio::ip::tcp::endpoint>& addresses,
                                   asio::cancellation_slot abort) {
  auto r = std::make_shared<race>(executor);
  r->sockets.reserve(addresses.size());
  abort.assign([r](asio::cancellation_type) {
    r->aborted = true;
    r->changed.cancel();
  });
  const auto wait = [&](auto expiry) -> awaitable<void> {
    error_code ignored;
    r->changed.expires_at(expiry);
    co_await r->changed.async_wait(into(ignored));
  };
  const auto over = [&] { return r->winner || r->aborted; };
  for (const auto& address : interleave(addresses)) {
    start(r, address);
    co_await wait(std::chrono::steady_clock::now() + head_start);
    if (over()) break;
  }
  while (!over() && r->pending > 0) co_await wait(std::chrono::steady_clock::time_point::max());
  abort.clear();
  connected result{r->aborted ? asio::error::operation_aborted : r->last, asio::ip::tcp::socket{executor}};
  if (r->winner) {
    result.error = {};
    result.socket = std::move(r->sockets[*r->winner]);
  }
  for (auto& s : r->sockets) {
    error_code ignored;
    s.close(ignored);
  }
  co_return result;
}

}  // namespace sluice::io
