#include "io/net/connect.hpp"

#include "io/disk/directory.hpp"
#include "io/disk/unique_fd.hpp"
#include "io/net/address_book.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <optional>
#include <utility>

namespace sluice::io {
namespace {

using asio::ip::tcp;
using std::chrono::steady_clock;

constexpr std::chrono::milliseconds head_start{250};

struct runner {
  runner(const asio::any_io_executor& ex, const tcp::endpoint& where) : to{where}, socket{ex} {}
  tcp::endpoint to;
  tcp::socket socket;
  core::steady_time begun = steady_clock::now();
  bool running = true;
  bool refused =
      false;  ///< network or peer said no; a lack of sockets of our own says nothing of the address
};

struct race {
  explicit race(const asio::any_io_executor& ex) : changed{ex} {}
  asio::steady_timer changed;  ///< cancelled when there is news
  std::deque<runner> runners;
  std::deque<tcp::endpoint> waiting;
  core::steady_time next_start{};
  std::optional<std::size_t> winner;
  std::shared_ptr<late_addresses> late;
  std::size_t pending = 0;
  bool aborted = false;
  error_code last = asio::error::not_found;

  bool is_over() const { return winner || aborted; }
};

/// Not to be inherited by what a program that embeds us may start; Asio's own sockets would be.
error_code open_socket(tcp::socket& s, const tcp& protocol, const local_end* from) {
  unique_fd fd{::socket(protocol.family(), SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP)};
  if (!fd) return last_error();
  error_code ec;
  if (from != nullptr) ec = bind_to(*from, fd.get(), protocol.family());
  if (ec) return ec;
  s.assign(protocol, fd.get(), ec);
  if (!ec) fd.release();
  return ec;
}

void start_next(const std::shared_ptr<race>& r, const local_end* from) {
  const auto i = r->runners.size();
  auto& run = r->runners.emplace_back(r->changed.get_executor(), r->waiting.front());
  r->waiting.pop_front();
  r->next_start = run.begun + head_start;
  ++r->pending;
  const auto ended = [r, i](error_code ec, bool refused) {
    auto& ours = r->runners[i];
    --r->pending;
    ours.running = false, ours.refused = refused;
    if (ec && r->late->refused && !r->is_over()) r->late->refused(ours.to, ec, ours.begun);
    if (ec)
      r->last = ec, r->next_start = {};
    else if (!r->winner)
      r->winner = i;
    r->changed.cancel();
  };
  if (const auto ec = open_socket(run.socket, run.to.protocol(), from))
    asio::post(run.socket.get_executor(), [ended, ec] { ended(ec, false); });
  else
    run.socket.async_connect(run.to, [ended](error_code done) { ended(done, done.failed()); });
}

/// Late addresses are of the family that had none: their first one is next.
void take_late(race& r, late_addresses& late) {
  if (late.fresh.empty()) return;
  auto all = std::exchange(late.fresh, {});
  all.insert(all.end(), r.waiting.begin(), r.waiting.end());
  const auto in_turn = interleave(all);
  r.waiting = {in_turn.begin(), in_turn.end()};
}

/// When to look again if nothing happens; nothing when there is nothing to wait for.
std::optional<core::steady_time> next_look(const race& r, const late_addresses& late) {
  if (!r.waiting.empty()) return r.next_start;
  if (r.pending > 0) return core::steady_time::max();
  if (late.over || steady_clock::now() >= late.patience) return std::nullopt;
  return late.patience;
}

}  // namespace

awaitable<connected> connect_first(asio::any_io_executor executor,
                                   const std::vector<tcp::endpoint>& addresses, asio::cancellation_slot abort,
                                   std::shared_ptr<late_addresses> late, const local_end* from) {
  auto r = std::make_shared<race>(executor);
  r->waiting = {addresses.begin(), addresses.end()};
  r->late = late;
  // The signal and the lookup may outlive the loop, and the sockets must not.
  abort.assign([weak = std::weak_ptr{r}](asio::cancellation_type) {
    if (const auto running = weak.lock()) running->aborted = true, running->changed.cancel();
  });
  late->changed = [weak = std::weak_ptr{r}] {
    if (const auto running = weak.lock()) running->changed.cancel();
  };
  while (!r->is_over()) {
    take_late(*r, *late);
    if (!r->waiting.empty() && (r->pending == 0 || steady_clock::now() >= r->next_start)) {
      start_next(r, from);
      continue;
    }
    const auto until = next_look(*r, *late);
    if (!until) break;
    error_code ignored;
    r->changed.expires_at(*until);
    co_await r->changed.async_wait(into(ignored));
  }
  abort.clear();
  late->changed = nullptr;
  connected result{r->aborted ? asio::error::operation_aborted : r->last, tcp::socket{executor}};
  for (auto& run : r->runners) {
    if (run.refused) result.failed.push_back(run.to);
    if (run.running && steady_clock::now() >= run.begun + head_start) result.silent.push_back(run.to);
  }
  if (r->winner) {
    auto& run = r->runners[*r->winner];
    result.error = {};
    result.to = run.to, result.begun = run.begun;
    result.socket = std::move(run.socket);
  }
  for (auto& run : r->runners) {
    error_code ignored;
    run.socket.close(ignored);
  }
  co_return result;
}

}  // namespace sluice::io
