#include "io/net/connection.hpp"

#include <sluice/error.hpp>

#include <algorithm>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>
#include <cstring>
#include <ctime>
#include <memory>
#include <utility>

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
    : pool_{pool},
      course_{pool.to.trace ? std::make_unique<connection_course>(pool.to.trace) : nullptr},
      stream_{executor, pool.to, course_.get()},
      reply_{pool.reply},
      pace_{executor} {}

void connection::abort(error_code why) noexcept {
  stopped_ = why;
  stream_.abort(why);
  pace_.cancel();
}

/// Why the kept connection carries no further request; null: it may.
const char* connection::find_reason_to_end(core::steady_time now) {
  const auto age = pool_.timeout.connection_age;
  if (!std::exchange(idle_, false)) return "the exchange before was broken off";
  if (!stream_.open()) return "it has ended";
  // The time of certificates is one of seconds, which the kernel keeps at hand.
  if (!stream_.current(std::chrono::system_clock::from_time_t(std::time(nullptr))))
    return "its TLS session is not what is wanted now: another configuration, or a certificate that ended";
  if (!pool_.idle.allows(now - last_used_, now)) return "it was idle for longer than is safe";
  if (age.count() != 0 && now - *stream_.connected_at() >= age) return "it has reached its age";
  return stream_.quiet() ? nullptr : "the server ended it while it was idle, or sent what nobody asked for";
}

bool connection::is_reusable(core::steady_time now) {
  const char* const ends = find_reason_to_end(now);
  if (course_ && ends != nullptr) course_->end(ends);
  return ends == nullptr;
}

awaitable<exchange_report> connection::exchange(const request& r, body& b) {
  exchange_report report;
  stopped_ = {};
  sending_places::waiter line{pace_};
  if (!pool_.places.enter(line)) co_await wait_in_line(line);
  const auto& timeout = pool_.timeout;
  report.times.begun = report.times.ended = steady_clock::now();
  if (!line.has_place) {
    report.outcome.error = stopped_;
    co_return report;
  }
  const std::unique_ptr<sending_places, void (*)(sending_places*)> place{
      &pool_.places, [](sending_places* p) { p->leave(); }};
  const auto end =
      timeout.attempt.count() > 0 ? report.times.begun + timeout.attempt : core::steady_time::max();
  stream_.deadline().set_limit(end, errc::attempt_timeout);
  auto begun = report.times.begun;
  bool fresh = !is_reusable(begun);
  for (;; fresh = true) {
    report.outcome = {};
    report.reused = !fresh;
    if (fresh) {
      report.outcome.error = co_await stream_.establish(timeout.connect);
      report.connected = stream_.connected_at().has_value();
      report.times.connected = stream_.connected_at().value_or(core::steady_time{});
      if (report.outcome.error) break;
      report.times.secured = begun = steady_clock::now();
    }
    report.session_as_configured = stream_.as_configured();
    reply_.start(r.note ? course_.get() : nullptr);
    if (course_) course_->begin_request(r.note.get());
    unsent u{.head = r.head, .tail = r.tail, .size = b.size()};
    // Requests that are ready together leave one behind the other: a receiver that sleeps wakes for the first
    // of them, and to wake it costs as much as to send.
    co_await asio::post(asio::deferred);
    // Most requests are one batch that the kernel takes at once: no coroutine is made for them.
    if (pool_.bytes_per_second.unlimited()) send_batch(u, b, report);
    auto result = sending::whole;
    if (u.then != unsent::step::none || u.left() > 0) result = co_await send(u, b, report);
    if (result == sending::whole) {
      report.outcome.request = core::sent::whole;
      report.times.sent = steady_clock::now();
    }
    if (result != sending::ended) {
      auto w = begin_to_wait(report);
      while (waits_on(w)) hear(w, co_await stream_.read(pool_.inbox), report);
      end_wait(w, report);
    }
    if (report.outcome.error == errc::reply_malformed) report.detail = reply_.complaint();
    if (result != sending::whole || !may_go_on(report.outcome)) {
      stream_.close();
      if (course_) course_->end_after(report);
    }
    if (!fresh && report.outcome.reply) pool_.idle.answered();
    if (fresh || !gets_another_try(report, b, begun)) break;
  }
  if (report.detail.empty()) report.detail = stream_.detail();
  stream_.deadline().set_limit(core::steady_time::max(), {});
  report.times.ended = last_used_ = steady_clock::now();
  idle_ = true;
  co_return report;
}

/// The server closed the idle connection just as we began: one more try is free. It cannot hold a part of a
/// request; a whole one it may hold, and gets it again with the same key.
bool connection::gets_another_try(exchange_report& report, const body& b, core::steady_time begun) {
  const auto& outcome = report.outcome;
  const bool stale =
      outcome.error == errc::connection_lost && !outcome.reply && report.times.heard == core::steady_time{};
  if (!stale) return false;
  pool_.idle.died(begun - last_used_, begun);
  if (outcome.request != core::sent::whole) return true;
  if (!b.rewinds()) return false;
  ++report.lost;
  return true;
}

awaitable<void> connection::wait_in_line(sending_places::waiter& w) {
  while (!stopped_ && !w.has_place) {
    error_code ignored;
    pace_.expires_at(core::steady_time::max());
    co_await pace_.async_wait(into(ignored));
  }
  if (!w.has_place) pool_.places.leave_line(w);
}

/// The connection may carry another request, as far as its server says.
bool connection::may_go_on(const core::attempt_outcome& outcome) {
  if (outcome.error || !outcome.reply || !reply_.keep_alive()) return false;
  if (outcome.reply->keep_alive.empty()) return true;
  const auto terms = core::parse_keep_alive(outcome.reply->keep_alive);
  if (terms.timeout) pool_.idle.told(*terms.timeout);
  return terms.max != 0u;
}

/// Sends the next batch, as far as that goes without waiting.
void connection::send_batch(unsent& u, body& b, exchange_report& report) {
  const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(u.left(), pool_.batch));
  const auto room = std::span{pool_.scratch}.first(most);
  std::size_t filled = take(u.head, room);
  u.then = unsent::step::none;
  while (u.offset < u.size && filled < room.size()) {
    const auto want = std::min<std::uint64_t>(room.size() - filled, u.size - u.offset);
    const auto piece = b.read_ready(u.offset, room.subspan(filled, want));
    if (piece.error == asio::error::would_block) break;
    if (piece.error || piece.size == 0) {
      report.file_error = piece.error ? piece.error : error_code{errc::file_changed};  // shorter than it was
      u.then = unsent::step::ended;
      return;
    }
    filled += piece.size, u.offset += piece.size;
  }
  if (u.offset == u.size) filled += take(u.tail, room.subspan(filled));
  pool_.bytes_per_second.give_back(static_cast<double>(most - filled));
  if (u.offset == 0 && u.size > 0) report.waited_for_file = true;
  if (filled == 0) {
    u.then = unsent::step::wait_for_file;
    return;
  }
  report.outcome.error = stream_.put(room.first(filled));
  if (report.outcome.error) {
    u.then = unsent::step::ended;
    return;
  }
  const auto before = report.kernel_bytes;
  u.flushed = stream_.flush_ready(report.kernel_bytes);
  if (report.kernel_bytes > before) report.outcome.request = core::sent::part;
  if (u.flushed == stream::flushed::all)
    report.file_bytes = u.offset;
  else
    u.then = unsent::step::push;
}

/// Sends what send_batch() left, and waits where it must.
awaitable<connection::sending> connection::send(unsent& u, body& b, exchange_report& report) {
  auto turn_ends = steady_clock::now() + turn;
  for (;;) {
    if (u.then == unsent::step::ended) co_return sending::ended;
    if (u.then == unsent::step::push) {
      if (const auto result = co_await push(u.flushed, report); result != sending::whole) co_return result;
      report.file_bytes = u.offset;
    }
    if (u.then == unsent::step::wait_for_file) {
      co_await b.wait_ready(u.offset);
      report.outcome.error = stream_.aborted();
      if (report.outcome.error) co_return sending::ended;
    }
    if (u.left() == 0) co_return sending::whole;
    if (u.offset > 0 && steady_clock::now() > turn_ends) {
      co_await asio::post(pace_.get_executor(), asio::use_awaitable);
      turn_ends = steady_clock::now() + turn;
    }
    if (!pool_.bytes_per_second.unlimited())
      co_await wait_for_turn(std::min<std::uint64_t>(u.left(), pool_.batch));
    // A kernel with much room would take a whole file after a reply has come: what was said is heard before
    // more is sent.
    if (report.outcome.request == core::sent::part)
      if (const auto heard = listen(report); heard != sending::whole) co_return heard;
    send_batch(u, b, report);
  }
}

/// Sends the rest of what stream::put() got; `whole` when the kernel has it all.
awaitable<connection::sending> connection::push(stream::flushed sent, exchange_report& report) {
  auto& outcome = report.outcome;
  for (;;) {
    if (sent == stream::flushed::all) co_return sending::whole;
    if (sent == stream::flushed::failed) {
      outcome.error = stream_.error();
      co_return stream_.aborted() ? sending::ended : sending::write_failed;
    }
    if (sent == stream::flushed::readable)
      if (const auto heard = listen(report); heard != sending::whole) co_return heard;
    const auto before = report.kernel_bytes;
    sent = co_await stream_.flush(report.kernel_bytes, pool_.timeout.stall);
    if (report.kernel_bytes > before) outcome.request = core::sent::part;
  }
}

/// Reads all that is there while bytes of ours are unsent: perhaps an early reply, perhaps only TLS's own
/// records. `whole` when there is no reason to stop sending.
connection::sending connection::listen(exchange_report& report) {
  auto& error = report.outcome.error;
  for (;;) {
    const auto c = stream_.read_ready(pool_.inbox);
    if (!c.error && c.size == 0) return sending::whole;
    if (c.size > 0) report.heard();
    error = c.error == asio::error::eof ? error_code{errc::connection_lost} : c.error;
    if (!error) error = reply_.feed({pool_.inbox.data(), c.size}, true);
    if (error) return sending::ended;
    if (reply_.final_head()) return sending::reply_began;
  }
}

connection::reply_wait connection::begin_to_wait(const exchange_report& report) const {
  const auto& outcome = report.outcome;
  const bool unsent = outcome.request != core::sent::whole;
  const auto patience = outcome.error ? core::milliseconds{last_words} : pool_.timeout.reply;
  return {.unsent = unsent,
          .patience = patience,
          .end = (unsent ? steady_clock::now() : report.times.sent) + patience,
          .interims = reply_.interims()};
}

/// The reply is not whole yet: a deadline is set for what comes next.
bool connection::waits_on(reply_wait& w) {
  if (reply_.done() || w.error) return false;
  if (std::exchange(w.interims, reply_.interims()) != w.interims) w.end = steady_clock::now() + w.patience;
  stream_.deadline().arm(w.end, errc::reply_timeout);
  return true;
}

void connection::hear(reply_wait& w, const stream::chunk& c, exchange_report& report) {
  if (c.size > 0) report.heard();
  if (c.error == asio::error::eof)
    w.error = reply_.feed_eof(c.told);
  else
    w.error = c.error ? c.error : reply_.feed({pool_.inbox.data(), c.size}, w.unsent);
}

void connection::end_wait(const reply_wait& w, exchange_report& report) {
  auto& outcome = report.outcome;
  if (!w.error && reply_.done()) {
    outcome.reply = reply_.take();
    outcome.early = reply_.early() || w.unsent;
  } else if (!outcome.error) {  // an error of sending is the cause of what followed
    outcome.error = w.error;
  }
}

awaitable<void> connection::wait_for_turn(std::size_t bytes) {
  const auto at = pool_.bytes_per_second.reserve(static_cast<double>(bytes), steady_clock::now());
  while (!stream_.aborted()) {
    const auto now = steady_clock::now();
    if (at <= now) break;
    error_code ignored;
    pace_.expires_at(std::min(at, now + watchdog::period));  // a deadline may end the stream meanwhile
    co_await pace_.async_wait(into(ignored));
  }
}

}  // namespace sluice::io
