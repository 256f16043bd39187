#include "io/net/own_connection.hpp"

#include "io/disk/unique_fd.hpp"

#include <boost/asio/steady_timer.hpp>
#include <memory>

namespace sluice::io {
namespace {

struct answer {
  explicit answer(const asio::any_io_executor& ex) : came{ex} {}
  asio::steady_timer came;  ///< cancelled when there is one
  bool there = false, given_up = false;
  error_code error;
  unique_fd fd;
};

}  // namespace

awaitable<connected> connect_by(asio::any_io_executor executor, const connector& make,
                                const connect_target& to, asio::cancellation_slot abort) {
  auto a = std::make_shared<answer>(executor);
  a->came.expires_at(std::chrono::steady_clock::time_point::max());
  abort.assign([a](asio::cancellation_type) {
    a->given_up = true;
    a->came.cancel();
  });
  make(to, [a](error_code ec, int fd) {
    unique_fd owned{fd};
    if (std::exchange(a->there, true) || a->given_up) return;
    a->error = ec, a->fd = std::move(owned);
    a->came.cancel();
  });
  error_code ignored;
  while (!a->there && !a->given_up) co_await a->came.async_wait(into(ignored));
  abort.clear();
  connected result{a->given_up ? asio::error::operation_aborted : a->error, asio::ip::tcp::socket{executor}};
  a->given_up = true;
  if (result.error) co_return result;
  if (!a->fd) {
    result.error = asio::error::bad_descriptor;
    co_return result;
  }
  result.socket.assign(asio::ip::tcp::v4(), a->fd.get(), result.error);
  if (!result.error) a->fd.release();
  co_return result;
}

}  // namespace sluice::io
