#include "io/stream.hpp"

#include "io/own_connection.hpp"

#include <sluice/error.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <cstring>

namespace sluice::io {
namespace {

constexpr std::size_t receive_size = 4 * 1024;  ///< held by every connection that waits for a reply

}  // namespace

stream::stream(asio::any_io_executor executor, endpoint& to)
    : executor_{std::move(executor)}, to_{to}, socket_{executor_} {
  to_.deadlines.add(*this);
}

stream::~stream() {
  close();
  to_.deadlines.remove(*this);
}

awaitable<error_code> stream::establish(core::milliseconds limit) {
  close();
  incoming_.clear(), outgoing_.clear();
  tls_.reset();
  client_ = to_.tls;
  aborted_ = error_ = {};
  stalled_at_ = core::steady_time::max();
  connected_at_ = {};
  arm(std::chrono::steady_clock::now() + limit, errc::connect_timeout);
  error_ = co_await connect();
  if (!error_ && client_) error_ = co_await handshake();
  disarm();
  if (aborted_) error_ = aborted_;
  open_ = !error_;
  if (error_) {
    error_code ignored;
    socket_.close(ignored);
  }
  co_return error_;
}

awaitable<error_code> stream::connect() {
  auto made = co_await connect_socket();
  if (aborted_) co_return aborted_;
  if (made.error) co_return made.error;
  socket_ = std::move(made.socket);
  connected_at_ = std::chrono::steady_clock::now();
  error_code ec, not_tcp;
  socket_.non_blocking(true, ec);
  socket_.set_option(asio::ip::tcp::no_delay{true}, not_tcp);  // a connector's may be another kind of socket
  co_return ec;
}

awaitable<io::connected> stream::connect_socket() {
  if (to_.connector) {
    const connect_target target{to_.url.host, to_.url.port};
    co_return co_await connect_by(executor_, to_.connector, target, establishing_.slot());
  }
  auto addresses = to_.addresses;
  if (addresses.empty()) {
    const auto answer = co_await to_.names.resolve(establishing_.slot());
    if (aborted_ || answer.error)
      co_return io::connected{aborted_ ? aborted_ : answer.error, asio::ip::tcp::socket{executor_}};
    for (const auto& a : answer.addresses) addresses.emplace_back(a, to_.url.port);
  }
  co_return co_await connect_first(executor_, addresses, establishing_.slot());
}

awaitable<error_code> stream::handshake() {
  tickets_ = to_.tickets;
  tls_.emplace(client_, to_.url, *tickets_, incoming_, outgoing_);
  for (;;) {
    const auto step = tls_->handshake();
    std::uint64_t taken = 0;
    if (step == tls_session::status::failed) {
      error_code best_effort;  // the alert that tells the server why
      socket_.write_some(outgoing_.data(), best_effort);
      co_return tls_->error();
    }
    auto sent = flush_ready(taken);
    // The connect deadline is armed for all of it: a stall deadline would only weaken it.
    if (sent == flushed::blocked) sent = co_await flush(taken, core::milliseconds::zero());
    if (sent == flushed::failed) co_return tls_->handshake_broken_by(error_);
    if (step == tls_session::status::ok) co_return error_code{};
    if (const auto ec = co_await receive()) co_return tls_->handshake_broken_by(ec);
  }
}

void stream::close() noexcept {
  if (!socket_.is_open()) return;
  error_code ignored;
  if (open_ && tls_) {
    tls_->shutdown();
    socket_.write_some(outgoing_.data(), ignored);
  }
  socket_.close(ignored);
  open_ = false;
}

void stream::abort(error_code why) noexcept {
  if (!aborted_) aborted_ = why;
  open_ = false;
  due = core::steady_time::max();
  error_code ignored;
  socket_.close(ignored);
  establishing_.emit(asio::cancellation_type::terminal);
}

void stream::expire() { abort(due_code_); }

void stream::arm(core::steady_time when, error_code why) noexcept {
  due = std::min(when, limit_);
  due_code_ = when <= limit_ ? why : limit_code_;
  to_.deadlines.wake();
}

void stream::set_limit(core::steady_time when, error_code why) noexcept {
  limit_ = when, limit_code_ = why;
  disarm();
  if (when != core::steady_time::max()) to_.deadlines.wake();
}

/// The one place where "the socket was closed under us" becomes what it means.
error_code stream::translate(error_code ec) const {
  if (ec && aborted_) return aborted_;
  if (ec == asio::error::connection_reset || ec == asio::error::broken_pipe) return errc::connection_lost;
  return ec;
}

error_code stream::put(std::span<const char> plain) {
  if (aborted_) return error_ = aborted_;
  to_.buffers.lend(outgoing_);
  if (tls_) return tls_->write(plain) == tls_session::status::ok ? error_code{} : error_ = tls_->error();
  const auto room = outgoing_.prepare(plain.size());
  std::memcpy(room.data(), plain.data(), plain.size());
  outgoing_.commit(plain.size());
  return {};
}

stream::flushed stream::flush_ready(std::uint64_t& taken) {
  while (outgoing_.size() > 0) {
    error_code ec;
    const auto n = socket_.write_some(outgoing_.data(), ec);
    if (ec == asio::error::would_block) return flushed::blocked;
    if (ec == asio::error::interrupted) continue;
    if (ec) {
      error_ = translate(ec);
      return flushed::failed;
    }
    outgoing_.consume(n);
    taken += n;
    stalled_at_ = core::steady_time::max();
  }
  to_.buffers.give_back(outgoing_);
  return flushed::all;
}

awaitable<stream::flushed> stream::flush(std::uint64_t& taken, core::milliseconds stall) {
  for (;;) {
    if (stall.count() > 0) {
      stalled_at_ = std::min(stalled_at_, std::chrono::steady_clock::now() + stall);
      arm(stalled_at_, errc::stalled);
    }
    auto [order, writable, readable] =
        co_await asio::experimental::make_parallel_group(
            socket_.async_wait(asio::ip::tcp::socket::wait_write, asio::deferred),
            socket_.async_wait(asio::ip::tcp::socket::wait_read, asio::deferred))
            .async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
    if (aborted_) error_ = aborted_;
    if (aborted_) co_return flushed::failed;
    if (!readable) co_return flushed::readable;
    if (writable) {
      error_ = translate(writable);
      co_return flushed::failed;
    }
    const auto sent = flush_ready(taken);
    if (sent == flushed::blocked) continue;
    if (stall.count() > 0) disarm();  // how long the next bytes are in coming is not the peer's doing
    co_return sent;
  }
}

awaitable<stream::chunk> stream::read(std::span<char> into, bool only_ready) {
  for (;;) {
    if (auto c = decrypt(into); c.size > 0 || c.error) co_return c;
    error_code ec;
    if (only_ready)
      ec = receive_ready();
    else
      ec = co_await receive();
    if (only_ready && ec == asio::error::would_block) co_return chunk{};
    if (ec) co_return chunk{ec};
  }
}

stream::chunk stream::decrypt(std::span<char> into) {
  if (!tls_) {
    const auto n = asio::buffer_copy(asio::buffer(into.data(), into.size()), incoming_.data());
    incoming_.consume(n);
    return {{}, n};
  }
  std::size_t n = 0;
  switch (tls_->read(into, n)) {
    case tls_session::status::ok:
      return {{}, n};
    case tls_session::status::want_read:
      return {};
    case tls_session::status::closed:
      return {asio::error::eof};
    default:
      return {error_ = tls_->error()};
  }
}

awaitable<error_code> stream::receive() {
  error_code ec;
  const auto n = co_await socket_.async_read_some(incoming_.prepare(receive_size), into(ec));
  incoming_.commit(n);
  co_return translate(ec);
}

error_code stream::receive_ready() {
  error_code ec;
  std::size_t n = 0;
  do n = socket_.read_some(incoming_.prepare(receive_size), ec);
  while (ec == asio::error::interrupted);
  incoming_.commit(n);
  return translate(ec);
}

bool stream::quiet() {
  if (!open_) return false;
  if (const auto ec = receive_ready(); ec != asio::error::would_block && ec) return false;
  char byte;
  const auto c = decrypt({&byte, 1});
  return c.size == 0 && !c.error;
}

}  // namespace sluice::io
