// Time, chance and what is about to happen, all from one seed. One world at a time: clocks are static.
#pragma once

#include "core/time.hpp"
#include "io/asio.hpp"
#include "io/world/clock.hpp"

#include <boost/asio/post.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <tuple>

namespace sim {

using sluice::error_code;
using sluice::core::steady_time;
using std::chrono::microseconds;
using std::chrono::milliseconds;
namespace asio = boost::asio;

class world {
 public:
  explicit world(std::uint64_t seed, bool trace = false);
  ~world();
  world(const world&) = delete;
  static world& here() { return *here_; }

  steady_time now() const noexcept { return now_; }
  /// Wall time; it jumps when the scenario wants it to.
  sluice::core::wall_time wall() const noexcept;
  /// The loop's thread has something to do for so long.
  void work(std::chrono::nanoseconds d) noexcept { worked_ += d; }
  std::chrono::nanoseconds worked() const noexcept { return worked_; }
  void jump(std::chrono::hours by) noexcept { wall_offset_ += by; }

  std::uint64_t number() { return random_(); }
  std::uint64_t below(std::uint64_t n) { return n == 0 ? 0 : random_() % n; }
  bool chance(double p) { return static_cast<double>(random_() >> 11) * 0x1p-53 < p; }
  milliseconds between(milliseconds a, milliseconds b) {
    return a + milliseconds{below(static_cast<std::uint64_t>((b - a).count()) + 1)};
  }

  /// Events of the process die with it, those of its environment go on.
  enum class owner { process, environment };
  std::uint64_t at(steady_time t, owner who, std::function<void()> run);
  std::uint64_t after(steady_time::duration d, owner who, std::function<void()> run) {
    return at(now_ + d, who, std::move(run));
  }
  /// Whether it was still to come.
  bool cancel(std::uint64_t id);
  /// The next event happens; those of one instant in an order that the seed decides. False when there is
  /// none.
  bool step();
  void kill_process();

  /// Part of the trace, and of the hash two runs of one seed must share.
  void note(const std::string& what);
  std::uint64_t hash() const noexcept { return hash_; }
  void fail(const std::string& what);
  const std::string& failure() const noexcept { return failure_; }

 private:
  static world* here_;

  struct event {
    owner who;
    std::function<void()> run;
  };
  using when = std::tuple<steady_time, std::uint64_t, std::uint64_t>;  ///< time, chance, id
  steady_time now_{std::chrono::hours{1000}};
  std::chrono::nanoseconds worked_{};
  std::chrono::nanoseconds wall_offset_{std::chrono::hours{24 * 365 * 56}};
  sluice::core::rng random_;
  std::map<when, event> events_;
  std::map<std::uint64_t, when> ids_;
  std::uint64_t next_id_ = 1;
  std::uint64_t hash_ = 0xcbf29ce484222325;
  std::string failure_;
  bool trace_;
};

class clock final : public sluice::io::clock {
 public:
  explicit clock(asio::any_io_executor executor) : executor_{std::move(executor)} {}
  steady_time now() const override { return world::here().now(); }
  sluice::core::wall_time wall() const override { return world::here().wall(); }
  steady_time::duration processor_time() const override { return world::here().worked(); }
  std::unique_ptr<sluice::io::timer> make_timer() override;

 private:
  asio::any_io_executor executor_;
};

/// A timer in the world's time. One wait at a time.
class timer final : public sluice::io::timer {
 public:
  explicit timer(asio::any_io_executor executor) : executor_{std::move(executor)} {}
  ~timer() override { timer::cancel(); }
  timer(const timer&) = delete;

  void expires_at(steady_time t) override { cancel(), expiry_ = t; }
  void expires_after(steady_time::duration d) { expires_at(world::here().now() + d); }
  void cancel() override;

 private:
  void begin_wait(completion done) override;

  asio::any_io_executor executor_;
  steady_time expiry_ = steady_time::max();
  std::uint64_t event_ = 0;
  std::weak_ptr<completion> waiting_;  ///< the event owns it, as a loop owns its handlers
};

/// Numbers drawn from the seed; never twice the same in a run, as the kernel's.
class entropy final : public sluice::io::entropy {
 public:
  std::array<std::byte, 16> block() override;
  std::uint64_t number() override { return world::here().number(); }
};

/// Waits; true when `t` was cancelled.
inline asio::awaitable<bool> sleep(timer& t, steady_time::duration d) {
  error_code ec;
  t.expires_after(d);
  co_await t.async_wait(sluice::into(ec));
  co_return static_cast<bool>(ec);
}

}  // namespace sim
