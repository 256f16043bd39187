#include "sink/session.hpp"

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <string_view>
#include <utility>

namespace sink {

session::session(service& s, std::uint64_t id, tcp_socket socket)
    : service_{s},
      id_{id},
      channel_{std::move(socket), s.tls},
      conduct_{s.rules},
      receiver_{s, id, channel_, conduct_},
      responder_{s, channel_, conduct_, receiver_} {}

task<void> session::run() {
  bool alive = co_await enter();
  while (alive) alive = co_await exchange();
  if (conduct_.holds_at_end() && channel_.ended_well()) co_await channel_.hold();
  co_await channel_.finish(conduct_.notifies());
}

task<bool> session::enter() {
  const auto fault = conduct_.handshake(id_);
  if (fault == handshake_fault::stall) {
    co_await channel_.hold();
    co_return false;
  }
  if (fault == handshake_fault::fail) {
    constexpr std::string_view fatal_handshake_failure{"\x15\x03\x03\x00\x02\x02\x28", 7};
    const auto hello = co_await channel_.wait_readable(milliseconds::zero());
    if (hello == wakeup::ready) co_await channel_.write_raw(fatal_handshake_failure);
    co_return false;
  }
  const bool entered = co_await channel_.handshake();
  if (entered && channel_.secure()) ++service_.count.handshakes;
  co_return entered;
}

task<bool> session::exchange() {
  using received = receiver::received;
  if (!co_await await_request() || !co_await take_head()) co_return false;
  const auto how = co_await receiver_.read_body();
  switch (how) {
    case received::whole:
      co_return co_await responder_.answer();
    case received::early:
      co_return co_await responder_.answer_early();
    case received::malformed:
      co_return co_await responder_.refuse(400, receiver_.malformation());
    case received::lost:
      co_return co_await responder_.give_up();
    case received::cut:
      co_return co_await responder_.cut_off();
  }
  co_return false;
}

// The connection is idle between requests, and the script or a limit may end that.
task<bool> session::await_request() {
  if (receiver_.has_input()) co_return true;
  if (const auto idle = conduct_.take_idle()) {
    const auto woken = co_await channel_.wait_readable(std::max(idle->after, milliseconds{1}));
    if (woken == wakeup::timed_out) {
      const bool sent = co_await channel_.write(idle->bytes);
      if (!sent || idle->close) co_return false;
    }
  }
  const auto woken = co_await channel_.wait_readable(service_.opt.keepalive_timeout);
  co_return woken == wakeup::ready;
}

// False: the connection has ended, or the request was refused.
task<bool> session::take_head() {
  const auto how = co_await receiver_.read_head();
  if (how == receiver::received::lost) co_return false;
  if (how == receiver::received::malformed)
    co_return co_await responder_.refuse(400, "the request's head is not HTTP/1, or too long");
  const auto& head = receiver_.head();
  if (head.method() != "POST" && head.method() != "PUT" && head.method() != "PATCH")
    co_return co_await responder_.refuse(405, "the method is none of POST, PUT and PATCH");
  const bool expects = boost::beast::iequals(head.find("expect"), "100-continue");
  if (expects && !receiver_.early_now()) co_await responder_.send_continue();
  co_return true;
}

}  // namespace sink
