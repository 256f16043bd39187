#include "sim/world.hpp"

#include <cstdio>
#include <cstring>

namespace sim {

world* world::here_ = nullptr;

world::world(std::uint64_t seed, bool trace) : random_{seed}, trace_{trace} { here_ = this; }

world::~world() {
  events_.clear();
  here_ = nullptr;
}

sluice::core::wall_time world::wall() const noexcept {
  return sluice::core::wall_time{
      std::chrono::duration_cast<sluice::core::wall_time::duration>(now_.time_since_epoch() + wall_offset_)};
}

std::uint64_t world::at(steady_time t, owner who, std::function<void()> run) {
  const auto id = next_id_++;
  const when w{std::max(t, now_), random_(), id};
  events_.emplace(w, event{who, std::move(run)});
  ids_.emplace(id, w);
  return id;
}

bool world::cancel(std::uint64_t id) {
  const auto at = ids_.find(id);
  if (at == ids_.end()) return false;
  const auto dying = events_.extract(at->second);  // the event's destructor may cancel others
  ids_.erase(at);
  return true;
}

bool world::step() {
  if (events_.empty() || std::get<0>(events_.begin()->first) == steady_time::max()) return false;
  auto next = events_.extract(events_.begin());
  now_ = std::get<0>(next.key());
  ids_.erase(std::get<2>(next.key()));
  next.mapped().run();
  return true;
}

void world::kill_process() {
  for (auto at = events_.begin(); at != events_.end();) {
    if (at->second.who != owner::process) {
      ++at;
      continue;
    }
    ids_.erase(std::get<2>(at->first));
    const auto dying = events_.extract(at);  // coroutines die with their handlers, and their timers with them
    at = events_.begin();
  }
}

void world::note(const std::string& what) {
  const auto line =
      std::to_string((now_.time_since_epoch() - std::chrono::hours{1000}) / microseconds{1}) + " " + what;
  for (const char c : line) hash_ = (hash_ ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  if (trace_) std::printf("%s\n", line.c_str());
}

void world::fail(const std::string& what) {
  note("FAILED " + what);
  if (failure_.empty()) failure_ = what;
}

std::unique_ptr<sluice::io::timer> clock::make_timer() { return std::make_unique<timer>(executor_); }

void timer::begin_wait(completion done) {
  auto& w = world::here();
  auto shared = std::make_shared<completion>(std::move(done));
  waiting_ = shared;
  event_ = w.at(expiry_, world::owner::process,
                [shared, ex = executor_] { asio::post(ex, [shared] { (*shared)(error_code{}); }); });
}

void timer::cancel() {
  const auto waiting = waiting_.lock();
  if (!waiting || !world::here().cancel(event_)) return;
  waiting_.reset();
  asio::post(executor_, [waiting] { (*waiting)(error_code{asio::error::operation_aborted}); });
}

std::array<std::byte, 16> entropy::block() {
  std::array<std::byte, 16> b;
  for (std::size_t i = 0; i < b.size(); i += 8) {
    const auto n = number();
    std::memcpy(b.data() + i, &n, 8);
  }
  return b;
}

}  // namespace sim
