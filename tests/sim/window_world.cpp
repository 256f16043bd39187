#include "sim/window_world.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

namespace sim {
namespace {

using std::chrono::nanoseconds;

constexpr double link_bytes_per_ns = 0.125;
constexpr nanoseconds one_way{100'000};
constexpr double client_ns = 30'000, client_ns_per_byte = 0.3;
constexpr std::uint64_t socket_buffer = 256 * 1024;  // bytes that the kernel takes before the link has them
constexpr double spread = 0.1;

nanoseconds ns(double n) { return nanoseconds{std::llround(n)}; }

}  // namespace

void window_server::set_workers(std::size_t n) {
  model_.workers = n;
  std::sort(workers_.begin(), workers_.end(), std::greater<>{});  // the workers that go have ended soonest
  workers_.resize(n, world::here().now());
  std::make_heap(workers_.begin(), workers_.end(), std::greater<>{});
}

steady_time window_server::serve(steady_time from, bool& refused) {
  const auto takes = ns(model_.service_ms * 1e6 * std::exp(spread * normal_(random_) - spread * spread / 2));
  if (model_.workers == 0) return from + takes;
  if (workers_.front() > from && !model_.queues) {
    refused = true;
    return from;
  }
  std::pop_heap(workers_.begin(), workers_.end(), std::greater<>{});
  auto& worker = workers_.back();
  const auto ends = worker = std::max(worker, from) + takes;
  std::push_heap(workers_.begin(), workers_.end(), std::greater<>{});
  return ends;
}

window_server::passage window_server::pass(std::uint64_t bytes) {
  const auto size = static_cast<double>(bytes);
  const auto work = ns(client_ns + client_ns_per_byte * size);
  client_free_ = std::max(client_free_, world::here().now()) + work;
  world::here().work(work);
  link_free_ = std::max(link_free_, client_free_) + ns(size / link_bytes_per_ns);
  passage p;
  p.sent = std::max(client_free_, link_free_ - ns(std::min<double>(size, socket_buffer) / link_bytes_per_ns));
  p.heard = serve(link_free_ + one_way, p.refused) + one_way;
  return p;
}

sluice::awaitable<sluice::io::exchange_report> window_connection::exchange(const sluice::io::request& r,
                                                                           sluice::io::body& b) {
  sluice::io::exchange_report report;
  auto& w = world::here();
  why_ = {};
  report.reused = open_, report.connected = !open_;
  report.times.begun = report.times.connected = report.times.secured = w.now();
  const auto p = to_.pass(b.size() + r.head.size() + r.tail.size());
  co_await sleep(pause_, p.heard - w.now());
  report.times.ended = w.now();
  if (why_) {
    report.outcome.error = why_;
    co_return report;
  }
  open_ = true;
  report.times.sent = p.sent, report.times.heard = w.now();
  report.session_as_configured = true;
  report.file_bytes = b.size(), report.kernel_bytes = b.size() + r.head.size() + r.tail.size();
  report.outcome.request = sluice::core::sent::whole;
  auto& reply = report.outcome.reply.emplace();
  reply.status = p.refused ? 503 : 200, reply.framed = true;
  co_return report;
}

sluice::awaitable<std::optional<entry>> window_reader::next(error_code&) {
  if (ended_) co_return std::nullopt;
  co_return entry{entry::kind::file, root_, "f" + std::to_string(++count_), {}, {}};
}

}  // namespace sim
