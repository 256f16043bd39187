// A client, a link and a server with so many workers, for windows to be measured on: no faults, no bytes.
#pragma once

#include "core/files/selection.hpp"
#include "io/world/network.hpp"
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
    double service_ms = 0;    ///< service time of a worker for one request; log-normal around it
    std::size_t workers = 0;  ///< 0: without limit
    bool queues = false;      ///< requests beyond that form a queue, or get a 503
    std::uint64_t file_bytes = 2000;
  };
  explicit window_server(const model& m) : model_{m} { set_workers(m.workers); }

  void set_workers(std::size_t n);
  void set_service(double ms) noexcept { model_.service_ms = ms; }
  std::uint64_t file_bytes() const noexcept { return model_.file_bytes; }

  struct passage {
    steady_time sent, heard;  ///< times at which the client's kernel sent the request and heard the reply
    bool refused = false;
  };
  passage pass(std::uint64_t bytes);

 private:
  steady_time serve(steady_time from, bool& refused);

  model model_;
  steady_time client_free_{}, link_free_{};
  std::vector<steady_time> workers_;  ///< when each is free: a heap, soonest first
  std::normal_distribution<double> normal_;
  sluice::core::rng random_{world::here().number()};
};

/// A connection to it.
class window_connection final : public sluice::io::exchanger {
 public:
  window_connection(window_server& to, asio::any_io_executor executor)
      : to_{to}, pause_{std::move(executor)} {}
  sluice::awaitable<sluice::io::exchange_report> exchange(const sluice::io::request& r,
                                                          sluice::io::body& b) override;
  void abort(error_code why) noexcept override { why_ = why, pause_.cancel(); }

 private:
  window_server& to_;
  timer pause_;
  bool open_ = false;
  error_code why_;
};

class window_network final : public sluice::io::network {
 public:
  window_network(window_server& to, asio::any_io_executor executor)
      : to_{to}, executor_{std::move(executor)} {}
  std::unique_ptr<sluice::io::exchanger> make_connection() override {
    return std::make_unique<window_connection>(to_, executor_);
  }
  void set_limit_rate(std::uint64_t) override {}
  void set_tls(std::shared_ptr<const sluice::io::tls_client>) override {}
  void set_proxy_login(std::optional<sluice::core::credentials>) override {}

 private:
  window_server& to_;
  asio::any_io_executor executor_;
};

/// A file that is as long as it says and holds nothing.
class window_file final : public sluice::io::opened_file {
 public:
  explicit window_file(std::uint64_t bytes) : identity_{1, 1, bytes, 1, 1} {}
  const sluice::core::file_identity& identity() const noexcept override { return identity_; }
  std::optional<sluice::core::file_identity> identity_now() const noexcept override { return identity_; }
  std::optional<sluice::core::file_identity> entry_now() const noexcept override { return identity_; }
  void rebase(const sluice::core::file_identity& now) noexcept override { identity_ = now; }
  const std::string& name() const noexcept override { return name_; }
  bool writers_known() const noexcept override { return true; }
  std::string why_unknown() const override { return {}; }
  bool has_writer() const noexcept override { return false; }
  std::uint64_t sent_digest() const noexcept override { return 0; }
  sluice::awaitable<std::optional<std::uint64_t>> read_digest() override { co_return std::nullopt; }
  std::uint64_t size() const noexcept override { return identity_.size; }
  piece read_ready(std::uint64_t, std::span<char>) override { return {}; }
  sluice::awaitable<void> wait_ready(std::uint64_t) override { co_return; }

 private:
  std::string name_ = "f";
  sluice::core::file_identity identity_;
};

class window_reader final : public sluice::io::entry_reader {
 public:
  explicit window_reader(directory_ptr root) : root_{std::move(root)} {}
  sluice::awaitable<std::optional<entry>> next(error_code& ec) override;
  void cancel() override { ended_ = true; }

 private:
  directory_ptr root_;
  bool ended_ = false;
  std::uint64_t count_ = 0;
};

/// A source without end, of such files.
class window_files final : public own_directories {
 public:
  explicit window_files(window_server& to) : to_{to} {}
  error_code open(const directory_ptr&, const std::string&, const sluice::io::open_terms&,
                  std::unique_ptr<sluice::io::opened_file>& out) override {
    out = std::make_unique<window_file>(to_.file_bytes());
    return {};
  }
  std::chrono::nanoseconds unsettled(const sluice::io::opened_file&) override { return {}; }
  sluice::awaitable<void> confirm(sluice::io::opened_file&) override { co_return; }
  std::unique_ptr<sluice::io::entry_reader> read(const sluice::source&,
                                                 const sluice::io::opened_source& opened,
                                                 const sluice::core::selector&, bool) const override {
    return std::make_unique<window_reader>(opened.roots.front());
  }
  /// A window trial follows no source.
  std::unique_ptr<sluice::io::followed_source> follow(
      const sluice::source&, std::vector<directory_ptr>, const sluice::core::selector&, std::function<void()>,
      std::function<bool(const sluice::io::entry&)>) const override {
    return nullptr;
  }
  std::unique_ptr<sluice::io::log_bytes> old_log(const std::filesystem::path&, error_code&) const override {
    return nullptr;
  }
  std::unique_ptr<sluice::io::record_writer> open_log(const std::filesystem::path&,
                                                      error_code&) const override {
    return nullptr;
  }
  sluice::core::removal_failure remove(const sluice::io::opened_file&) noexcept override { return {}; }
  sluice::core::removal_failure move(const sluice::io::opened_file&, const sluice::io::directory&,
                                     const std::string&, const std::string&) override {
    return {};
  }

 private:
  window_server& to_;
};

}  // namespace sim
