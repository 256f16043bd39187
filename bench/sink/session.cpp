#include "sink/session.hpp"

#include "sink/reply.hpp"

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>
#include <cstring>
#include <limits>

namespace sink {
namespace {

const behaviour good{};
constexpr auto no_stop = std::numeric_limits<std::uint64_t>::max();

}  // namespace

session::session(service& s, std::uint64_t id, tcp_socket socket)
    : service_{s},
      id_{id},
      channel_{std::move(socket), s.tls},
      buffer_{std::make_unique_for_overwrite<char[]>(buffer_size)},
      intake_{s.opt.hash, s.opt.store},
      what_{&good} {}

task<void> session::run() {
  bool alive = co_await enter();
  while (alive) alive = co_await exchange();
  if (hold_at_end_ && channel_.ended_well()) co_await channel_.hold();
  co_await channel_.finish(notify_);
}

task<bool> session::enter() {
  const auto fault = service_.rules.handshake(id_);
  if (fault == handshake_fault::stall) {
    co_await channel_.hold();
    co_return false;
  }
  if (fault == handshake_fault::fail) {
    constexpr std::string_view fatal_handshake_failure{"\x15\x03\x03\x00\x02\x02\x28", 7};
    const auto hello = co_await channel_.wait_readable(milliseconds::zero());
    if (hello == wakeup::ready) co_await channel_.write_raw(fatal_handshake_failure);
    notify_ = false;
    co_return false;
  }
  const bool entered = co_await channel_.handshake();
  if (entered && channel_.secure()) ++service_.count.handshakes;
  co_return entered;
}

task<bool> session::exchange() {
  if (!co_await await_request() || !co_await read_head()) co_return false;
  const auto how = co_await receive();
  switch (how) {
    case received::whole:
      co_return co_await answer();
    case received::early:
      co_return co_await answer_early();
    case received::malformed:
      co_return co_await refuse(400, malformation());
    case received::lost:
      record(false, 0, 0, "none", "");
      co_return false;
    case received::cut:
      record(false, 0, 0, "none", "");
      co_await end(what_->how);
      co_return false;
  }
  co_return false;
}

// Between requests: the connection is idle, and the script or a limit may end that.
task<bool> session::await_request() {
  if (begin_ != end_) co_return true;
  if (idle_) {
    const auto woken = co_await channel_.wait_readable(std::max(idle_->after, milliseconds{1}));
    if (woken == wakeup::timed_out) {
      const bool sent = co_await channel_.write(idle_->bytes);
      if (!sent || idle_->close) co_return false;
    }
    idle_.reset();
  }
  const auto woken = co_await channel_.wait_readable(service_.opt.keepalive_timeout);
  co_return woken == wakeup::ready;
}

task<bool> session::fill() {
  if (begin_ == end_) begin_ = end_ = 0;
  if (end_ == buffer_size) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  std::size_t room = buffer_size - end_;
  if (what_->slow_read > 0) {
    const auto tenth = std::max<std::uint64_t>(1, what_->slow_read / 10);
    if (!co_await channel_.sleep(milliseconds{std::max<std::uint64_t>(1, 1000 * tenth / what_->slow_read)}))
      co_return false;
    room = std::min<std::size_t>(room, tenth);
  }
  const auto n = co_await channel_.read_some(buffer_.get() + end_, room);
  end_ += n;
  service_.count.app_bytes += n;
  co_return n > 0;
}

void session::begin_request() {
  request_ = ++service_.count.requests;
  ++served_;
  piece_ = {};
  replied_early_ = false;
  choice_ = {nullptr, 200, false};
  intake_.begin(request_, head_.find("content-type"));
  choose();
}

task<bool> session::read_head() {
  what_ = &good;
  head_.clear();
  parser_.emplace(head_);
  for (;;) {
    error_code ec;
    if (begin_ != end_) begin_ += parser_->put(asio::buffer(unread()), ec);
    if (parser_->is_header_done()) break;
    if (ec && ec != boost::beast::http::error::need_more) {
      begin_request();
      co_return co_await refuse(400, "the request's head is not HTTP/1, or too long");
    }
    if (!co_await fill()) co_return false;
  }
  begin_request();
  if (head_.method() != "POST") co_return co_await refuse(405, "the method is not POST");
  if (!early_now() && boost::beast::iequals(head_.find("expect"), "100-continue")) co_await send_continue();
  co_return true;
}

task<void> session::send_continue() {
  if (!what_->continue_after || begin_ != end_) co_return;
  if (what_->continue_after->count() > 0) co_await channel_.sleep(*what_->continue_after);
  co_await channel_.write("HTTP/1.1 100 Continue\r\n\r\n");
}

// As early as the rules allow, once for each request.
void session::choose() {
  if (choice_.settled) return;
  choice_ = service_.rules.choose(
      {id_, request_, head_.target(), intake_.file_begun(), intake_.name(), &intake_.fields(), &head_});
  if (!choice_.settled || !choice_.what) return;
  what_ = choice_.what;
  idle_ = what_->idle;
  if (what_->no_close_notify) notify_ = false;
  if (what_->ignore_close_notify) hold_at_end_ = true;
}

const char* session::malformation() const {
  return *intake_.reason() ? intake_.reason() : "the body's chunks are wrong";
}

bool session::cut_now() const { return what_->cut_request_after && taken() >= *what_->cut_request_after; }

bool session::early_now() const {
  if (replied_early_) return false;
  switch (what_->when) {
    case early::no:
      return false;
    case early::headers:
      return true;
    case early::part:
      return intake_.file_begun();
    case early::bytes:
      return taken() >= what_->early_bytes;
  }
  return false;
}

std::uint64_t session::bytes_to_next_stop() const {
  const auto left = [&](std::uint64_t stop) { return stop > taken() ? stop - taken() : no_stop; };
  auto n = no_stop;
  if (what_->cut_request_after) n = std::min(n, left(*what_->cut_request_after));
  if (what_->when == early::bytes && !replied_early_) n = std::min(n, left(what_->early_bytes));
  return n;
}

// Shown no more than up to the next stop, and stopped by itself where the rule may be chosen: both come at
// their byte.
bool session::take_piece() {
  auto shown = piece_.substr(0, bytes_to_next_stop());
  const auto before = shown.size();
  const bool well_formed = intake_.take(shown);
  piece_.remove_prefix(before - shown.size());
  if (intake_.file_begun()) choose();
  return well_formed;
}

task<session::received> session::receive() {
  for (;;) {
    if (cut_now()) co_return received::cut;
    if (early_now()) co_return received::early;
    if (!piece_.empty()) {
      if (!take_piece()) co_return received::malformed;
      continue;
    }
    if (parser_->is_done()) co_return intake_.finish() ? received::whole : received::malformed;
    error_code ec;
    if (begin_ != end_) {
      begin_ += parser_->put(asio::buffer(unread()), ec);
      if (ec && ec != boost::beast::http::error::need_more) co_return received::malformed;
      piece_ = parser_->take_piece();
    }
    const bool needs_more = piece_.empty() && !parser_->is_done() && (begin_ == end_ || ec);
    if (needs_more && !co_await fill()) co_return received::lost;
  }
}

}  // namespace sink
