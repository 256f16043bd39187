#include "io/net/dialer.hpp"

#include "io/net/own_connection.hpp"
#include "io/net/unix_socket.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace sluice::io {
namespace {

using asio::ip::tcp;
using std::chrono::steady_clock;

std::vector<tcp::endpoint> with_port(const std::vector<asio::ip::address>& addresses, std::uint16_t port) {
  std::vector<tcp::endpoint> all;
  all.reserve(addresses.size());
  for (const auto& a : addresses) all.emplace_back(a, port);
  return all;
}

}  // namespace

dialer::dialer(asio::any_io_executor executor, endpoint& to, connection_course* course)
    : executor_{std::move(executor)}, to_{to}, course_{course} {}

void dialer::begin(core::steady_time end) {
  let_go();
  tried_.clear(), silent_.clear();
  end_ = turn_ends_ = end;
}

awaitable<connected> dialer::dial() {
  stopped_ = false;
  turn_ends_ = end_;
  if (to_.connector) {
    const connect_target target{to_.url.lookup_name(), to_.url.port};
    co_return co_await connect_by(executor_, to_.connector, target, signal_.slot());
  }
  if (!to_.unix_socket.empty())
    co_return co_await connect_to_socket(executor_, to_.unix_socket, signal_.slot());
  auto addresses = to_.addresses;
  if (!addresses.empty()) co_return co_await dial_addresses(std::move(addresses), nullptr);
  const auto answer = co_await to_.dialled_names().resolve(signal_.slot());
  const error_code stopped = stopped_ ? error_code{asio::error::operation_aborted} : error_code{};
  if (stopped || answer.error)
    co_return connected{stopped ? stopped : answer.error, asio::ip::tcp::socket{executor_}};
  addresses = with_port(answer.addresses, to_.dialled_port());
  co_return co_await dial_addresses(std::move(addresses), answer.more);
}

awaitable<connected> dialer::dial_addresses(std::vector<tcp::endpoint> addresses,
                                            std::shared_ptr<name_lookup> more) {
  auto known = addresses;
  std::erase_if(addresses, [this](const auto& a) { return is_tried(a); });
  addresses = to_.book.ranked(addresses, to_.spread, steady_clock::now());
  if (!addresses.empty()) settle_at(addresses.front());
  const auto late = std::make_shared<late_addresses>();
  if (course_ != nullptr)
    late->refused = [course = course_](const auto& at, error_code ec, core::steady_time begun) {
      course->address_refused(at, ec, begun);
    };
  std::shared_ptr<void> interest;
  if (more) {
    const auto now = steady_clock::now();
    late->over = false;
    late->patience = now + (end_ - now) / 2;
    interest = more->listen([late, more = more.get(), port = to_.dialled_port(), seen = known]() mutable {
      for (const auto& a : with_port(more->addresses(), port))
        if (std::ranges::find(seen, a) == seen.end()) seen.push_back(a), late->fresh.push_back(a);
      late->over = more->is_over();
      if (late->changed) late->changed();
    });
  }
  auto made =
      co_await connect_first(executor_, addresses, signal_.slot(), late, to_.from ? &*to_.from : nullptr);
  if (more) {
    for (const auto& a : with_port(more->addresses(), to_.dialled_port()))
      if (std::ranges::find(known, a) == known.end()) known.push_back(a);
    more->linger();
  }
  for (const auto& a : made.failed) {
    to_.book.failed(a, steady_clock::now());
    tried_.push_back(a);
  }
  silent_ = made.silent;
  if (made.error) co_return made;
  // Another one was faster, although it began a quarter of a second later.
  for (const auto& a : silent_) to_.book.failed(a, steady_clock::now());
  settle_at(made.to);
  const auto is_left = [&](const auto& a) { return a != made.to && !is_tried(a); };
  if (std::ranges::any_of(known, is_left)) turn_ends_ = made.begun + (end_ - made.begun) / 2;
  co_return made;
}

bool dialer::is_tried(const tcp::endpoint& a) const { return std::ranges::find(tried_, a) != tried_.end(); }

void dialer::settle_at(const tcp::endpoint& a) {
  let_go();
  at_ = a;
  to_.book.opened(a);
}

void dialer::failed() {
  const auto now = steady_clock::now();
  for (const auto& a : silent_) to_.book.failed(a, now);
  if (at_) {
    to_.book.failed(*at_, now);
    tried_.push_back(*at_);
  }
  let_go();
}

void dialer::worked() {
  if (at_) to_.book.worked(*at_);
}

void dialer::let_go() noexcept {
  if (const auto a = std::exchange(at_, std::nullopt)) to_.book.closed(*a);
}

void dialer::stop() noexcept {
  stopped_ = true;
  signal_.emit(asio::cancellation_type::terminal);
}

}  // namespace sluice::io
