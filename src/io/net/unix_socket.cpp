#include "io/net/unix_socket.hpp"

#include "io/disk/directory.hpp"
#include "io/disk/unique_fd.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <chrono>
#include <memory>

namespace sluice::io {
namespace {

/// The kernel tells nobody when a backlog has room again.
constexpr std::chrono::milliseconds between_tries{10};

struct backlog_wait {
  explicit backlog_wait(const asio::any_io_executor& ex) : timer{ex} {}
  asio::steady_timer timer;
  bool aborted = false;
};

error_code connect_now(int fd, const std::filesystem::path& path) {
  sockaddr_un there{};
  there.sun_family = AF_UNIX;
  const auto& text = path.native();
  if (text.size() > longest_socket_path) return asio::error::name_too_long;
  std::ranges::copy(text, there.sun_path);
  return ::connect(fd, reinterpret_cast<const sockaddr*>(&there), sizeof there) == 0 ? error_code{}
                                                                                     : last_error();
}

}  // namespace

awaitable<connected> connect_to_socket(asio::any_io_executor executor, const std::filesystem::path& path,
                                       asio::cancellation_slot abort) {
  connected result{{}, asio::ip::tcp::socket{executor}};
  const auto self = std::make_shared<backlog_wait>(executor);
  // The signal may outlive the loop, and the timer must not.
  abort.assign([weak = std::weak_ptr{self}](asio::cancellation_type) {
    if (const auto waiter = weak.lock()) waiter->aborted = true, waiter->timer.cancel();
  });
  result.begun = std::chrono::steady_clock::now();
  unique_fd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  result.error = fd ? connect_now(fd.get(), path) : last_error();
  while (result.error == asio::error::try_again || result.error == asio::error::interrupted) {
    error_code ignored;
    self->timer.expires_after(between_tries);
    co_await self->timer.async_wait(into(ignored));
    result.error = self->aborted ? error_code{asio::error::operation_aborted} : connect_now(fd.get(), path);
  }
  abort.clear();
  // The kind of protocol matters to nobody behind this: bytes go to it and come from it.
  if (!result.error) result.socket.assign(asio::ip::tcp::v4(), fd.get(), result.error);
  if (!result.error) fd.release();
  co_return result;
}

}  // namespace sluice::io
