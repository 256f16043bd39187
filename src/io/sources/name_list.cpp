#include "io/sources/name_list.hpp"

#include "io/disk/directory.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <cerrno>

namespace sluice::io {
namespace {

/// Standard input as a description of its own, so that O_NONBLOCK does not reach whoever shares it.
int open_standard_input() {
  const int fd = ::open("/proc/self/fd/0", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  return fd >= 0 ? fd : ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);  // a socket cannot be opened again
}

}  // namespace

name_list::name_list(asio::any_io_executor executor, const std::filesystem::path& file, bool nul,
                     error_code& ec, bool cuts)
    : fd_{file == "-" ? open_standard_input() : ::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)},
      names_{nul ? '\0' : '\n', cuts} {
  struct stat st{};
  if (!fd_ || ::fstat(fd_.get(), &st) != 0) {
    ec = last_error();
    return;
  }
  ec = {};
  if (S_ISDIR(st.st_mode)) ec = {EISDIR, boost::system::system_category()};
  if (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)) return;
  pipe_.emplace(std::move(executor));
  pipe_->assign(fd_.get(), ec);
  if (!ec)
    fd_.release();
  else if (ec == boost::system::errc::operation_not_permitted)
    pipe_.reset(), ec = {};  // /dev/null cannot be polled
}

awaitable<std::optional<std::string>> name_list::next(error_code& ec) {
  ec = {};
  for (;;) {
    if (auto name = names_.next()) co_return name;
    if (names_.too_long()) ec = {ENAMETOOLONG, boost::system::system_category()};
    if (ec || ended_ || !co_await fill(ec)) co_return std::nullopt;
  }
}

awaitable<bool> name_list::fill(error_code& ec) {
  std::array<char, 16 * 1024> piece;
  std::size_t n = 0;
  if (pipe_) {
    // A fifo that no writer has opened yet would read as ended; it is not ready, either.
    co_await pipe_->async_wait(asio::posix::stream_descriptor::wait_read, into(ec));
    if (ec == asio::error::operation_not_supported) ec = {};  // /dev/null is always ready
    if (!ec) n = co_await pipe_->async_read_some(asio::buffer(piece), into(ec));
    if (ec == asio::error::eof) ec = {}, ended_ = true;
  } else {
    const auto got = ::read(fd_.get(), piece.data(), piece.size());
    if (got < 0)
      ec = last_error();
    else
      n = static_cast<std::size_t>(got), ended_ = got == 0;
  }
  names_.add({piece.data(), n});
  if (ended_) names_.finish();
  co_return !ec;
}

}  // namespace sluice::io
