// A client, a link and a server with so many workers, for windows to be measured on: no faults, no bytes.
#pragma once

#include "core/selection.hpp"
#include "engine/settings.hpp"
#include "io/connection.hpp"
#include "sim/disk.hpp"

#include <sluice/source.hpp>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sim {

/// Requests pass the client's one thread, then the link, in the order in which they begin; the server takes a
/// request once it is there as a whole.
class window_server {
 public:
  struct model {
    double service_ms = 0;    ///< of a worker, for one request; log-normal around it
    std::size_t workers = 0;  ///< 0: without limit
    bool queues = false;      ///< beyond that: a queue, or 503
    std::uint64_t file_bytes = 2000;
  };
  explicit window_server(const model& m) : model_{m} { set_workers(m.workers); }

  void set_workers(std::size_t n);
  void set_service(double ms) noexcept { model_.service_ms = ms; }
  std::uint64_t file_bytes() const noexcept { return model_.file_bytes; }

  struct passage {
    steady_time sent, heard;  ///< by the client's kernel; of the reply
    bool refused = false;
  };
  passage pass(std::uint64_t bytes);

 private:
  steady_time work(steady_time from, bool& refused);

  model model_;
  steady_time client_free_{}, link_free_{};
  std::vector<steady_time> workers_;  ///< when each is free: a heap, soonest first
  std::normal_distribution<double> normal_;
  sluice::core::rng random_{world::here().number()};
};

/// io::connection to it.
class window_connection {
 public:
  explicit window_connection(asio::any_io_executor executor) : pause_{std::move(executor)} {}
  sluice::awaitable<sluice::io::exchange_report> exchange(const sluice::io::request& r, sluice::io::body& b);
  void abort(error_code why) noexcept { why_ = why, pause_.cancel(); }

 private:
  timer pause_;
  bool open_ = false;
  error_code why_;
};

class window_network {
 public:
  window_network(asio::any_io_executor executor, const sluice::engine::settings&)
      : executor_{std::move(executor)} {}
  static inline window_server* to = nullptr;
  void set_limit_rate(std::uint64_t) {}
  void set_tls(const std::shared_ptr<const sluice::io::tls_client>&) {}
  std::unique_ptr<window_connection> connect() { return std::make_unique<window_connection>(executor_); }

 private:
  asio::any_io_executor executor_;
};

/// A source without end, of files that are as long as they say and hold nothing.
class window_files {
 public:
  using directory_ptr = sim::directory_ptr;
  using entry = sim::files::entry;
  using lock = sim::files::lock;
  using follower = sim::files::follower;  ///< none of these is followed
  class file final : public sluice::io::body {
   public:
    explicit file(std::uint64_t bytes) : identity_{1, 1, bytes, 1, 1} {}
    const sluice::core::file_identity& identity() const noexcept { return identity_; }
    std::optional<sluice::core::file_identity> identity_now() const { return identity_; }
    std::optional<sluice::core::file_identity> entry_now() const { return identity_; }
    std::string name() const { return "f"; }
    std::uint64_t size() const noexcept override { return identity_.size; }
    piece read_ready(std::uint64_t, std::span<char>) override { return {}; }
    sluice::awaitable<void> wait_ready(std::uint64_t) override { co_return; }

   private:
    sluice::core::file_identity identity_;
  };
  struct reader {
    directory_ptr root;
    bool ended = false;
    std::uint64_t count = 0;
    sluice::awaitable<std::optional<entry>> next(error_code& ec);
    void cancel() noexcept { ended = true; }
  };
  struct log {
    error_code open(const std::filesystem::path&) { return {}; }
    error_code reopen(const std::filesystem::path&) { return {}; }
    bool is_open() const noexcept { return false; }
    void append(const std::string&) {}
    void drop() noexcept {}
    std::uint64_t dropped() const noexcept { return 0; }
  };
  struct keys {
    error_code read(const std::filesystem::path&) { return {}; }
    bool contains(const std::string&) const { return false; }
    void add(const std::string&) {}
  };

  explicit window_files(const asio::any_io_executor&) {}
  error_code open_file(const directory_ptr&, const std::string&, bool, std::optional<file>& out,
                       bool = false) {
    out.emplace(window_network::to->file_bytes());
    return {};
  }
  directory_ptr open_directory(const std::filesystem::path& path, error_code&) const {
    return std::make_shared<directory>(path.string());
  }
  error_code writable(const directory&) const noexcept { return {}; }
  std::unique_ptr<reader> read(const sluice::source&, const std::vector<directory_ptr>& roots,
                               const sluice::core::selector&, bool = false) const {
    return std::make_unique<reader>(reader{roots.front()});
  }
  std::unique_ptr<follower> follow(const sluice::source&, const std::vector<directory_ptr>&,
                                   const sluice::core::selector&, const std::function<void()>&) const {
    return nullptr;
  }
  error_code remove(const file&) const { return {}; }
  error_code move(const file&, const directory&, const std::string&, const std::string&) const { return {}; }
};

struct window_simulated {
  using clock = sim::clock;
  using wall_clock = sim::wall_clock;
  using timer = sim::timer;
  using entropy = sim::entropy;
  using connection = window_connection;
  using network = window_network;
  using files = window_files;
};

}  // namespace sim
