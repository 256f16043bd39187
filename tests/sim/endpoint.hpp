// The other side: a server in all weathers, and connections to it.
#pragma once

#include "engine/settings.hpp"
#include "io/connection.hpp"
#include "sim/disk.hpp"

#include <map>
#include <string>

namespace sim {

/// How likely what goes wrong; the rest goes well.
struct weather {
  double no_connection = 0, cut_request = 0, stall = 0, no_reply = 0, cut_reply = 0, early = 0, unframed = 0;
  double busy = 0, refused = 0, auth = 0, wrong_body = 0, retry_after = 0, unverified = 0;
  milliseconds latency{20};
};

weather calm();
/// One of several kinds, from the world's chance.
weather any_weather();

class endpoint {
 public:
  sim::weather weather;

  struct counts {
    std::uint64_t requests = 0, commits = 0, duplicates = 0;
  };
  const counts& counted() const noexcept { return counts_; }
  std::size_t in_flight = 0, most_in_flight = 0;

  /// The whole request came and the server keeps the file. Fails the world for a second commit without a
  /// reason.
  void commit(const std::string& key, const std::string& name, const std::string& bytes, bool as_opened);
  /// The client got a whole, framed success, after all of its request, over a session as configured.
  void confirm(const std::string& key, const std::string& name, const std::string& bytes);
  /// From now on a second commit of `key` has a reason.
  void excuse(const std::string& key) { files_[key].excused = true; }
  void excuse_all();
  /// What the job log has as accepted is not sent again.
  void excuse_all_but(const files::keys& logged);
  /// Remembers no file any more: a long test would measure nothing but its own memory.
  void forget() { files_.clear(), confirmed_.clear(); }
  void begun() { ++counts_.requests, most_in_flight = std::max(most_in_flight, ++in_flight); }

  bool confirmed(const std::string& name, const std::string& bytes) const {
    return confirmed_.contains({name, bytes});
  }

 private:
  struct received {
    std::string bytes;
    std::uint64_t commits = 0;
    bool excused = false, as_opened = true;
  };
  std::map<std::string, received> files_;  ///< by key
  std::set<std::pair<std::string, std::string>> confirmed_;
  counts counts_;
};

/// io::connection, without bytes on a wire: one exchange at a time.
class connection {
 public:
  connection(asio::any_io_executor executor, endpoint& to, sluice::timeout_options timeout)
      : to_{to}, timeout_{timeout}, pause_{std::move(executor)} {}

  sluice::awaitable<sluice::io::exchange_report> exchange(const sluice::io::request& r, sluice::io::body& b);
  void abort(error_code why) noexcept { why_ = why, pause_.cancel(); }

 private:
  sluice::awaitable<void> attempt(const sluice::io::request& r, sluice::io::body& b,
                                  sluice::io::exchange_report& report);
  sluice::awaitable<bool> connect(sluice::io::exchange_report& report);
  sluice::awaitable<bool> send(sluice::io::body& b, sluice::io::exchange_report& report,
                               std::string& received);
  sluice::core::reply decide(const std::string& key, const std::string& name, const std::string& bytes,
                             bool as_opened);
  /// False when it was aborted, or the attempt's time is over: then the report says so.
  sluice::awaitable<bool> pass(milliseconds d, sluice::io::exchange_report& report);

  endpoint& to_;
  sluice::timeout_options timeout_;
  timer pause_;
  bool open_ = false;
  error_code why_;
  steady_time limit_ = steady_time::max();
};

class network {
 public:
  network(asio::any_io_executor executor, const sluice::engine::settings& s)
      : executor_{std::move(executor)}, timeout_{s.raw.timeout} {}
  static inline endpoint* to = nullptr;
  void set_limit_rate(std::uint64_t) {}
  void set_tls(const std::shared_ptr<const sluice::io::tls_client>&) {}
  std::unique_ptr<connection> connect() { return std::make_unique<connection>(executor_, *to, timeout_); }

 private:
  asio::any_io_executor executor_;
  sluice::timeout_options timeout_;
};

/// What engine::pool is made on here.
struct simulated {
  using clock = sim::clock;
  using wall_clock = sim::wall_clock;
  using timer = sim::timer;
  using entropy = sim::entropy;
  using connection = sim::connection;
  using network = sim::network;
  using files = sim::files;
};

}  // namespace sim
