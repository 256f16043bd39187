#include "control_server.hpp"

#include "cli/options/into.hpp"
#include "control_request.hpp"

#include <sluice/text.hpp>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <utility>

namespace sluice::cli {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::chrono::seconds client_time{5};

void close_on_exec(int fd) { ::fcntl(fd, F_SETFD, FD_CLOEXEC); }

std::optional<struct stat> look_at(const std::string& path) {
  struct stat st{};
  if (::lstat(path.c_str(), &st) != 0) return std::nullopt;
  return st;
}

bool is_ours(int fd) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return ::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
         (peer.uid == ::geteuid() || peer.uid == 0);
}

}  // namespace

struct control_server::client {
  explicit client(protocol::socket s) : socket{std::move(s)}, deadline{socket.get_executor()} {}
  protocol::socket socket;
  asio::steady_timer deadline;
};

control_server::control_server(const asio::any_io_executor& executor)
    : acceptor_{executor}, again_{executor} {}

control_server::~control_server() {
  if (inode_ == 0) return;
  if (const auto st = look_at(path_); st && st->st_ino == inode_) ::unlink(path_.c_str());
}

control_server::trouble control_server::open(const std::string& path) {
  trouble t;
  const auto cannot = [&](const error_code& ec) {
    t.what = "cannot make '" + printable(path) + "': " + ec.message();
    return t;
  };
  error_code ec;
  acceptor_.open(protocol{}, ec);
  if (ec) return cannot(ec);
  close_on_exec(acceptor_.native_handle());
  const auto bind = [&] {
    const auto before = ::umask(0177);
    acceptor_.bind(protocol::endpoint{path}, ec);
    ::umask(before);
  };
  bind();
  if (ec == asio::error::address_in_use) {
    if (!is_left_behind(path, t)) return t;
    ::unlink(path.c_str());
    bind();
  }
  if (ec) return cannot(ec);
  acceptor_.listen(static_cast<int>(most_clients), ec);
  if (ec) return cannot(ec);
  path_ = path;
  if (const auto st = look_at(path)) inode_ = st->st_ino;
  return t;
}

bool control_server::is_left_behind(const std::string& path, trouble& t) {
  const auto st = look_at(path);
  if (st && !S_ISSOCK(st->st_mode)) {
    t.what = "'" + printable(path) + "' is there, and is no socket; choose another path";
    return false;
  }
  protocol::socket knock{acceptor_.get_executor()};
  error_code ec;
  knock.open(protocol{}, ec);
  knock.non_blocking(true, ec);  // the queue of the other may be full
  knock.connect(protocol::endpoint{path}, ec);
  if (ec == asio::error::connection_refused || ec == boost::system::errc::no_such_file_or_directory)
    return true;
  t = {"another instance holds '" + printable(path) + "'", true};
  return false;
}

void control_server::serve(handler answer) {
  answer_ = std::move(answer);
  accept();
}

void control_server::accept() {
  acceptor_.async_accept([this](error_code ec, protocol::socket s) {
    if (ec == asio::error::operation_aborted) return;
    if (ec) {  // no descriptor is free: it is not asked again at once
      again_.expires_after(std::chrono::seconds{1});
      again_.async_wait([this](error_code stopped) {
        if (!stopped) accept();
      });
      return;
    }
    close_on_exec(s.native_handle());
    if (clients_ < most_clients) {
      ++clients_;
      const auto c = std::make_shared<client>(std::move(s));
      asio::co_spawn(acceptor_.get_executor(), talk(c), [this, c](std::exception_ptr) {
        error_code ignored;
        c->socket.close(ignored), c->deadline.cancel();
        --clients_;
      });
    }
    accept();
  });
}

asio::awaitable<void> control_server::talk(std::shared_ptr<client> c) {
  error_code ec;
  c->deadline.expires_after(client_time);
  c->deadline.async_wait([c](error_code stopped) {
    error_code ignored;
    if (!stopped) c->socket.close(ignored);
  });
  std::string line;
  if (!is_ours(c->socket.native_handle())) {
    line = reply_line("only the user of the watch and root may ask");
  } else {
    const auto n =
        co_await asio::async_read_until(c->socket, asio::dynamic_buffer(line, most_request), '\n', into(ec));
    if (ec == asio::error::not_found) {
      line = reply_line("a request has at most 4096 bytes, and a line end");
    } else if (!ec) {
      line.resize(n - 1);
      line = answer_(line);
    } else {
      line.clear();  // the client left, or took too long
    }
  }
  line += '\n';
  if (line.size() > 1) co_await asio::async_write(c->socket, asio::buffer(line), into(ec));
  c->deadline.cancel();
  c->socket.close(ec);
}

}  // namespace sluice::cli
