#include "io/connection.hpp"

#include <sluice/error.hpp>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cstring>

namespace sluice::io {
namespace {

using std::chrono::steady_clock;

/// How long a reply may take to arrive once our side of the connection is broken: it is there already, or
/// never.
constexpr std::chrono::seconds last_words{1};

/// A kernel that takes all it is given, from a disk that has all of it in memory, would have the loop for the
/// length of a file: after so long others have their turn.
constexpr std::chrono::milliseconds turn{1};

std::size_t take(std::string_view& from, std::span<char> into) {
  const auto n = std::min(from.size(), into.size());
  std::memcpy(into.data(), from.data(), n);
  from.remove_prefix(n);
  return n;
}

}  // namespace

connection::connection(asio::any_io_executor executor, pool_context& pool)
    : pool_{pool}, stream_{executor, pool.to}, pace_{executor} {}

void connection::abort(error_code why) noexcept {
  stream_.abort(why);
  pace_.cancel();
}

bool connection::reusable() {
  const auto now = steady_clock::now();
  const auto age = pool_.timeout.connection_age;
  return std::exchange(idle_, false) && stream_.open() && stream_.current() &&
         now - last_used_ < pool_.timeout.idle && (age.count() == 0 || now - stream_.connected_at() < age) &&
         stream_.quiet();
}

awaitable<exchange_report> connection::exchange(const request& r, body& b) {
  exchange_report report;
  const auto& timeout = pool_.timeout;
  report.times.begun = steady_clock::now();
  const auto end =
      timeout.attempt.count() > 0 ? report.times.begun + timeout.attempt : core::steady_time::max();
  stream_.set_limit(end, errc::attempt_timeout);
  bool fresh = !reusable();
  for (;; fresh = true) {
    report.outcome = {};
    report.reused = !fresh;
    if (fresh) {
      report.outcome.error = co_await stream_.establish(timeout.connect);
      report.connected = stream_.connected();
      report.times.connected = stream_.connected_at();
      if (report.outcome.error) break;
      report.times.secured = steady_clock::now();
    }
    report.session_as_configured = stream_.as_configured();
    co_await attempt(r, b, report);
    // The server closed the idle connection just as we began: it cannot hold a whole request, so one more try
    // is free.
    const bool stale = !fresh && report.outcome.error == errc::connection_lost && !report.outcome.reply &&
                       report.outcome.request != core::sent::whole;
    if (!stale) break;
  }
  report.detail = stream_.detail();
  stream_.set_limit(core::steady_time::max(), {});
  report.times.ended = last_used_ = steady_clock::now();
  idle_ = true;
  co_return report;
}

awaitable<void> connection::attempt(const request& r, body& b, exchange_report& report) {
  reply_reader reply;
  const auto result = co_await send(r, b, report, reply);
  if (result == sending::whole) {
    report.outcome.request = core::sent::whole;
    report.times.sent = steady_clock::now();
  }
  if (result != sending::ended) co_await receive(report, reply);
  if (result != sending::whole || report.outcome.error || !reply.keep_alive()) stream_.close();
}

awaitable<connection::sending> connection::send(const request& r, body& b, exchange_report& report,
                                                reply_reader& reply) {
  std::string_view head = r.head, tail = r.tail;
  const auto size = b.size();
  std::uint64_t offset = 0;
  auto turn_ends = steady_clock::now() + turn;
  while (!head.empty() || offset < size || !tail.empty()) {
    if (offset > 0 && steady_clock::now() > turn_ends) {
      co_await asio::post(pace_.get_executor(), asio::use_awaitable);
      turn_ends = steady_clock::now() + turn;
    }
    if (!pool_.bytes_per_second.unlimited()) co_await pace();
    // A kernel with much room would take a whole file after a reply has come: what was said is heard before
    // more is sent.
    if (report.outcome.request == core::sent::part)
      if (const auto heard = co_await listen(report, reply); heard != sending::whole) co_return heard;
    const auto room = std::span{pool_.scratch}.first(pool_.batch);
    std::size_t filled = take(head, room);
    while (offset < size && filled < room.size()) {
      const auto want = std::min<std::uint64_t>(room.size() - filled, size - offset);
      const auto piece = b.read_ready(offset, room.subspan(filled, want));
      if (piece.error == asio::error::would_block) break;
      if (piece.error || piece.size == 0) {
        report.file_error =
            piece.error ? piece.error : error_code{errc::file_changed};  // shorter than it was
        co_return sending::ended;
      }
      filled += piece.size, offset += piece.size;
    }
    if (offset == size) filled += take(tail, room.subspan(filled));
    if (offset == 0 && size > 0) report.waited_for_file = true;
    if (filled == 0) {
      co_await b.wait_ready(offset);
      if (!stream_.aborted()) continue;
      report.outcome.error = stream_.aborted();
      co_return sending::ended;
    }
    pool_.bytes_per_second.take(static_cast<double>(filled), steady_clock::now());
    report.outcome.error = stream_.put(room.first(filled));
    if (report.outcome.error) co_return sending::ended;
    const auto before = report.kernel_bytes;
    const auto sent = stream_.flush_ready(report.kernel_bytes);
    if (report.kernel_bytes > before) report.outcome.request = core::sent::part;
    if (sent != stream::flushed::all)
      if (const auto result = co_await push(sent, report, reply); result != sending::whole) co_return result;
    report.file_bytes = offset;
  }
  co_return sending::whole;
}

/// Sends the rest of what stream::put() got; `whole` when the kernel has it all.
awaitable<connection::sending> connection::push(stream::flushed sent, exchange_report& report,
                                                reply_reader& reply) {
  auto& outcome = report.outcome;
  for (;;) {
    if (sent == stream::flushed::all) co_return sending::whole;
    if (sent == stream::flushed::failed) {
      outcome.error = stream_.error();
      co_return stream_.aborted() ? sending::ended : sending::write_failed;
    }
    if (sent == stream::flushed::readable)
      if (const auto heard = co_await listen(report, reply); heard != sending::whole) co_return heard;
    const auto before = report.kernel_bytes;
    sent = co_await stream_.flush(report.kernel_bytes, pool_.timeout.stall);
    if (report.kernel_bytes > before) outcome.request = core::sent::part;
  }
}

/// Reads all that is there while bytes of ours are unsent: perhaps an early reply, perhaps only TLS's own
/// records. `whole` when there is no reason to stop sending.
awaitable<connection::sending> connection::listen(exchange_report& report, reply_reader& reply) {
  auto& error = report.outcome.error;
  for (;;) {
    const auto c = co_await stream_.read(pool_.inbox, true);
    if (!c.error && c.size == 0) co_return sending::whole;
    if (c.size > 0) report.heard();
    error = c.error == asio::error::eof ? error_code{errc::connection_lost} : c.error;
    if (!error) error = reply.feed({pool_.inbox.data(), c.size}, true);
    if (error) co_return sending::ended;
    if (reply.final_head()) co_return sending::reply_began;
  }
}

awaitable<void> connection::receive(exchange_report& report, reply_reader& reply) {
  auto& outcome = report.outcome;
  const bool unsent = outcome.request != core::sent::whole;
  const auto write_error = outcome.error;
  const auto stall = write_error ? core::milliseconds{last_words} : pool_.timeout.stall;
  const auto end = steady_clock::now() + 2 * stall;
  error_code ec;
  while (!reply.done() && !ec) {
    stream_.arm(std::min(steady_clock::now() + stall, end), errc::stalled);
    const auto c = co_await stream_.read(pool_.inbox);
    if (c.size > 0) report.heard();
    if (c.error == asio::error::eof)
      ec = reply.feed_eof();
    else
      ec = c.error ? c.error : reply.feed({pool_.inbox.data(), c.size}, unsent);
  }
  if (!ec && reply.done()) {
    outcome.reply = reply.take();
    outcome.early = reply.early() || unsent;
  } else {
    outcome.error = write_error ? write_error : ec;
  }
}

awaitable<void> connection::pace() {
  for (;;) {
    const auto now = steady_clock::now();
    const auto ready = pool_.bytes_per_second.ready_at(now);
    if (ready <= now || stream_.aborted()) break;
    error_code ignored;
    pace_.expires_at(std::min(ready, now + watchdog::period));  // a deadline may end the stream meanwhile
    co_await pace_.async_wait(into(ignored));
  }
}

}  // namespace sluice::io
