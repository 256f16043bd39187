#include "engine/live.hpp"

#include "io/disk/file_system.hpp"
#include "io/net/connection.hpp"
#include "io/os_random.hpp"

#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

namespace sluice::engine {
namespace {

class live_timer final : public io::timer {
 public:
  explicit live_timer(const asio::any_io_executor& executor) : timer_{executor} {}
  void expires_at(core::steady_time t) override { timer_.expires_at(t); }
  void cancel() override { timer_.cancel(); }

 private:
  // In a function of its own type: Asio asks a type-erased handler for its executor, allocates for it where
  // nothing may be thrown, and ends the program when there is no memory.
  void begin_wait(completion done) override {
    timer_.async_wait([done = std::move(done)](error_code ec) mutable { std::move(done)(ec); });
  }
  asio::steady_timer timer_;
};

class live_clock final : public io::clock {
 public:
  explicit live_clock(asio::any_io_executor executor) : executor_{std::move(executor)} {}
  core::steady_time now() const override { return std::chrono::steady_clock::now(); }
  core::wall_time wall() const override { return std::chrono::system_clock::now(); }
  core::steady_time::duration processor_time() const override {
    timespec t{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return std::chrono::seconds{t.tv_sec} + std::chrono::nanoseconds{t.tv_nsec};
  }
  std::unique_ptr<io::timer> make_timer() override { return std::make_unique<live_timer>(executor_); }

 private:
  asio::any_io_executor executor_;
};

class live_entropy final : public io::entropy {
 public:
  std::array<std::byte, 16> block() override { return random_.block(); }
  std::uint64_t number() override { return random_.number(); }

 private:
  io::os_random random_;
};

class live_network final : public io::network {
 public:
  live_network(asio::any_io_executor executor, const settings& s, const std::shared_ptr<io::tracer>& trace)
      : executor_{executor},
        endpoint_{s.url,
                  s.tls,
                  io::resolver{executor, s.url.lookup_name(), s.to.lookup, trace},
                  io::watchdog{executor},
                  s.to.addresses,
                  s.raw.connector,
                  s.raw.spread},
        context_{.to = endpoint_,
                 .timeout = s.raw.timeout,
                 .reply = {.body = s.raw.success.reply_limit, .kept = s.kept_fields()}} {
    endpoint_.trace = trace;
    if (s.via) endpoint_.via = std::make_unique<io::proxy_route>(executor, *s.via, trace);
    endpoint_.unix_socket = s.to.unix_socket;
    endpoint_.from = s.to.from;
    live_network::set_limit_rate(s.raw.limit.bytes_per_second);
  }
  live_network(const live_network&) = delete;
  std::unique_ptr<io::exchanger> make_connection() override {
    return std::make_unique<io::connection>(executor_, context_);
  }
  void set_limit_rate(std::uint64_t rate) override {
    context_.bytes_per_second.set(static_cast<double>(rate), std::chrono::steady_clock::now());
    // A fortieth of a second's bytes at a time, and so few connections that each gets some every two seconds:
    // no bursts, no stalls.
    constexpr std::uint64_t largest_turn = 16 * 1024, least_share = 8 * 1024;
    context_.batch = rate == 0 ? io::batch_size : std::clamp<std::uint64_t>(rate / 40, 1024, largest_turn);
    context_.places.set(rate == 0 ? std::numeric_limits<std::size_t>::max()
                                  : std::max<std::uint64_t>(rate / least_share, 1));
  }
  void set_tls(std::shared_ptr<const io::tls_client> client) override { endpoint_.renew(std::move(client)); }
  void set_proxy_login(std::optional<core::credentials> login) override {
    if (endpoint_.via) endpoint_.via->terms.proxy.login = std::move(login);
  }

 private:
  asio::any_io_executor executor_;
  io::endpoint endpoint_;
  io::pool_context context_;
};

}  // namespace

world live_world(asio::any_io_executor executor, const settings& s) {
  auto files = std::make_unique<io::file_system>(executor, s.raw.settle);
  auto trace = s.raw.on_trace ? std::make_shared<io::tracer>(s.raw.on_trace) : nullptr;
  auto network = std::make_unique<live_network>(executor, s, trace);
  auto clock = std::make_unique<live_clock>(executor);
  return {std::move(executor), std::move(clock), std::make_unique<live_entropy>(),
          std::move(network),  std::move(files), std::move(trace)};
}

}  // namespace sluice::engine
