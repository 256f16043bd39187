// The other side: a server in all weathers, and connections to it.
#pragma once

#include "io/world/network.hpp"
#include "sim/disk.hpp"

#include <map>
#include <string>

namespace sim {

/// How likely what goes wrong; the rest goes well.
struct weather {
  double no_connection = 0, cut_request = 0, stall = 0, no_reply = 0, cut_reply = 0, early = 0, unframed = 0;
  double busy = 0, refused = 0, auth = 0, wrong_body = 0, retry_after = 0, unverified = 0;
  double slow_answer = 0;  ///< the answer takes minutes, perhaps with interim replies
  double kept_dies = 0;    ///< a kept connection ends without an answer
  double split_names = 0;  ///< one family of addresses is not told, and is waited for
  milliseconds latency{20};
};

weather calm();
/// Draws one of several kinds from the world's chance.
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
  /// A second commit of `key` has a reason from now on.
  void excuse(const std::string& key) { files_[key].excused = true; }
  void excuse_all();
  /// Files that the job log has as accepted are not sent again.
  void excuse_all_but(const std::set<std::string>& logged);
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
  std::map<std::string, received> files_;  ///< files by key
  std::set<std::pair<std::string, std::string>> confirmed_;
  counts counts_;
};

/// io::connection, without bytes on a wire: one exchange at a time.
class connection final : public sluice::io::exchanger {
 public:
  connection(asio::any_io_executor executor, endpoint& to, sluice::timeout_options timeout)
      : to_{to}, timeout_{timeout}, pause_{std::move(executor)} {}

  sluice::awaitable<sluice::io::exchange_report> exchange(const sluice::io::request& r,
                                                          sluice::io::body& b) override;
  void abort(error_code why) noexcept override { why_ = why, pause_.cancel(); }

 private:
  sluice::awaitable<void> attempt(const sluice::io::request& r, sluice::io::body& b,
                                  sluice::io::exchange_report& report);
  sluice::awaitable<bool> connect(sluice::io::exchange_report& report);
  sluice::awaitable<bool> answer_comes(sluice::io::exchange_report& report);
  sluice::awaitable<bool> dies_unanswered(const sluice::io::request& r, sluice::io::body& b,
                                          sluice::io::exchange_report& report);
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

class network final : public sluice::io::network {
 public:
  network(endpoint& to, asio::any_io_executor executor, sluice::timeout_options timeout)
      : to_{to}, executor_{std::move(executor)}, timeout_{timeout} {}
  std::unique_ptr<sluice::io::exchanger> make_connection() override {
    return std::make_unique<connection>(executor_, to_, timeout_);
  }
  void set_limit_rate(std::uint64_t) override {}
  void set_tls(std::shared_ptr<const sluice::io::tls_client>) override {}
  void set_proxy_login(std::optional<sluice::core::credentials>) override {}

 private:
  endpoint& to_;
  asio::any_io_executor executor_;
  sluice::timeout_options timeout_;
};

}  // namespace sim
