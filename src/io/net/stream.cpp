#include "io/net/stream.hpp"

#include <sluice/error.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <cstring>

namespace sluice::io {
namespace {

constexpr std::size_t receive_size = 4 * 1024;  ///< held by every connection that waits for a reply

/// The meaning of a deadline that ends the turn of one address, and not the stream.
constexpr auto turn_over = asio::error::timed_out;

/// One error of several addresses is told: that somebody else answers there, or else the last one.
bool is_more_telling(error_code than, error_code ec) {
  const auto is_identity = [](error_code e) {
    return e == errc::tls_identity || e == errc::tls_pin_mismatch || e == errc::tls_client_refused ||
           e == errc::proxy_identity;
  };
  return !than || is_identity(ec) || (!is_identity(than) && ec != asio::error::not_found);
}

}  // namespace

stream::stream(asio::any_io_executor executor, endpoint& to, connection_course* course)
    : to_{to},
      course_{course},
      transport_{executor, to, course},
      deadline_{to.deadlines, [this](error_code why) {
                  if (why != turn_over) return abort(why);
                  session_.overdue = true;
                  transport_.stop();
                }} {}

stream::~stream() { close(); }

awaitable<error_code> stream::establish(core::milliseconds limit) {
  close();
  session_.client = to_.tls;
  session_.failure.clear();
  aborted_ = error_ = {};
  connected_at_.reset();
  const auto end = std::chrono::steady_clock::now() + limit;
  transport_.begin(end);
  const auto take_turn = [&] {
    const auto turn = transport_.turn_ends();
    deadline_.arm(turn, turn < end ? error_code{turn_over} : error_code{errc::connect_timeout});
  };
  error_code told;  // not error_, which each write that fails sets
  for (bool again = true; again;) {
    incoming_.clear(), outgoing_.clear();
    session_.tls.reset();
    session_.overdue = false;
    deadline_.went_on();
    deadline_.arm(end, errc::connect_timeout);
    auto ec = co_await connect();
    const bool dialled = !ec;
    if (dialled) take_turn();
    if (dialled && to_.via) ec = co_await transport_.ask_proxy(incoming_);
    if (!ec && to_.via) take_turn();  // other addresses of the proxy matter no more
    if (!ec && session_.client) ec = co_await handshake();
    if (session_.overdue) ec = errc::connect_timeout;
    if (aborted_) ec = aborted_;
    const bool too_late = aborted_ == errc::connect_timeout;
    const bool none_left = told && ec == asio::error::not_found;
    if (ec && ((aborted_ && !too_late) || is_more_telling(told, ec))) {
      told = ec;
      session_.failure = session_.tls ? session_.tls->detail() : transport_.detail();
    }
    if (course_ != nullptr && ec && !none_left)
      course_->failed(ec, session_.tls ? session_.tls->detail() : transport_.detail(),
                      session_.tls ? &*session_.tls : nullptr);
    if (!ec) told = {}, session_.failure.clear();
    again = ec && dialled && !aborted_ && transport_.may_dial_again();
    if (again || too_late) transport_.failed();
    if (again) transport_.stop();
  }
  deadline_.disarm();
  error_ = told;
  open_ = !error_;
  if (open_) {
    transport_.worked();
  } else {
    session_.tls.reset();
    transport_.close();
  }
  co_return error_;
}

awaitable<error_code> stream::connect() {
  const auto ec = co_await transport_.dial();
  if (aborted_) co_return aborted_;
  if (!ec) connected_at_ = std::chrono::steady_clock::now();
  co_return ec;
}

awaitable<error_code> stream::handshake() {
  session_.tickets = to_.tickets;
  auto& tls = session_.tls.emplace(session_.client, to_.url, *session_.tickets, incoming_, outgoing_);
  if (course_ != nullptr) course_->begin_handshake(false);
  for (;;) {
    const auto step = tls.handshake();
    std::uint64_t taken = 0;
    if (step == tls_session::status::failed) {
      error_code best_effort;  // the alert that tells the server why
      transport_.write_some(outgoing_.data(), best_effort);
      co_return tls.error();
    }
    auto sent = flush_ready(taken);
    // The connect deadline is armed for all of it: a stall deadline would only weaken it.
    if (sent == flushed::blocked) sent = co_await flush(taken, core::milliseconds::zero());
    if (sent == flushed::failed) co_return tls.handshake_broken_by(error_);
    if (step == tls_session::status::ok) {
      if (course_ != nullptr) course_->secured(tls);
      co_return error_code{};
    }
    const auto ec = translate(co_await transport_.receive(incoming_, receive_size));
    if (ec) co_return tls.handshake_broken_by(ec);
  }
}

void stream::close() noexcept {
  if (transport_.is_open() && open_ && session_.tls) {
    error_code ignored;
    session_.tls->shutdown();
    transport_.write_some(outgoing_.data(), ignored);
  }
  transport_.close();
  open_ = false;
}

void stream::abort(error_code why) noexcept {
  if (!aborted_) aborted_ = why;
  open_ = false;
  deadline_.drop();
  transport_.stop();
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
  if (session_.tls)
    return session_.tls->write(plain) == tls_session::status::ok ? error_code{}
                                                                 : error_ = session_.tls->error();
  const auto room = outgoing_.prepare(plain.size());
  std::memcpy(room.data(), plain.data(), plain.size());
  outgoing_.commit(plain.size());
  return {};
}

stream::flushed stream::flush_ready(std::uint64_t& taken) {
  while (outgoing_.size() > 0) {
    error_code ec;
    const auto n = transport_.write_some(outgoing_.data(), ec);
    if (ec == asio::error::would_block) return flushed::blocked;
    if (ec == asio::error::interrupted) continue;
    if (ec) {
      error_ = translate(ec);
      return flushed::failed;
    }
    outgoing_.consume(n);
    taken += n;
    deadline_.went_on();
  }
  to_.buffers.give_back(outgoing_);
  return flushed::all;
}

awaitable<stream::flushed> stream::flush(std::uint64_t& taken, core::milliseconds stall) {
  auto& socket = transport_.socket();
  for (;;) {
    if (stall.count() > 0) deadline_.arm_stall(std::chrono::steady_clock::now() + stall);
    auto [order, writable, readable] =
        co_await asio::experimental::make_parallel_group(
            socket.async_wait(asio::ip::tcp::socket::wait_write, asio::deferred),
            socket.async_wait(asio::ip::tcp::socket::wait_read, asio::deferred))
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
    if (stall.count() > 0)
      deadline_.disarm();  // how long the next bytes are in coming is not the peer's doing
    co_return sent;
  }
}

stream::chunk stream::read_ready(std::span<char> into) {
  for (;;) {
    if (auto c = decrypt(into); c.size > 0 || c.error) return c;
    const auto ec = receive_ready();
    if (ec == asio::error::would_block) return {};
    if (ec) return {.error = ec};
  }
}

awaitable<stream::chunk> stream::read(std::span<char> into) {
  for (;;) {
    if (auto c = decrypt(into); c.size > 0 || c.error) co_return c;
    error_code ec;
    if (outgoing_.size() > 0) ec = co_await answer();
    if (ec) co_return chunk{.error = ec};
    if (transport_.is_direct()) {  // the same as receive(), without its coroutine
      const auto [error, n] = co_await transport_.socket().async_read_some(incoming_.prepare(receive_size),
                                                                           asio::as_tuple(asio::deferred));
      incoming_.commit(n);
      ec = translate(error);
    } else {
      ec = translate(co_await transport_.receive(incoming_, receive_size));
    }
    if (ec) co_return chunk{.error = ec};
  }
}

/// TLS itself has something to say: a certificate that was asked for behind the handshake, a new key.
awaitable<error_code> stream::answer() {
  std::uint64_t taken = 0;
  auto sent = flush_ready(taken);
  while (sent == flushed::blocked) {
    error_code ec;
    co_await transport_.socket().async_wait(asio::ip::tcp::socket::wait_write, into(ec));
    if (ec || aborted_) co_return translate(ec);
    sent = flush_ready(taken);
  }
  co_return sent == flushed::failed ? error_ : error_code{};
}

stream::chunk stream::decrypt(std::span<char> into) {
  std::size_t n = 0;
  if (!session_.tls) {
    n = asio::buffer_copy(asio::buffer(into.data(), into.size()), incoming_.data());
    incoming_.consume(n);
    return {.error = {}, .size = n};
  }
  switch (session_.tls->read(into, n)) {
    case tls_session::status::ok:
      return {.error = {}, .size = n};
    case tls_session::status::want_read:
      return {};
    case tls_session::status::closed:
      return {.error = asio::error::eof, .told = true};
    default:
      return {.error = error_ = session_.tls->error()};
  }
}

error_code stream::receive_ready() {
  error_code ec;
  std::size_t n = 0;
  do n = transport_.read_some(incoming_.prepare(receive_size), ec);
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
