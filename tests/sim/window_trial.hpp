// One window, fixed or not, on one server, for a while: what came of it.
#pragma once

#include "sim/window_world.hpp"

#include <sluice/attempt.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace sluice::engine {
class uploader_engine;
}

namespace sim {

/// Another idea of a window than the product's: fed as an observer of attempts, it sets fixed windows.
class window_rival {
 public:
  virtual ~window_rival() = default;
  virtual std::size_t limit() const = 0;
  virtual void observe(const sluice::attempt_record& a) = 0;
};
using rival_maker = std::function<std::unique_ptr<window_rival>(std::size_t max)>;

struct window_plan {
  window_server::model model;
  sluice::window window = sluice::window::automatic();
  rival_maker rival;  ///< instead of the window
  std::uint64_t seed = 1;
};

/// The figures of a stretch of time.
struct window_figures {
  double seconds = 0, goodput = 0, median_ms = 0, mean_window = 0;
  std::uint64_t attempts = 0, accepted = 0, refused = 0;
  double refused_share() const {
    return attempts == 0 ? 0 : static_cast<double>(refused) / static_cast<double>(attempts);
  }
};

/// A point of a window's course.
struct window_point {
  double seconds = 0;
  std::size_t window = 0;
  double goodput = 0;
};

class window_trial {
 public:
  explicit window_trial(const window_plan& plan);
  ~window_trial();
  window_trial(const window_trial&) = delete;

  /// Runs until both have passed, or `most` seconds, or `attempts` were made.
  window_figures run(double seconds, std::uint64_t files, double most = 1e9, std::uint64_t attempts = ~0ull);
  window_server& server() noexcept { return server_; }
  std::size_t window() const;
  double now() const;
  /// When files were accepted in the last run().
  const std::vector<double>& accepted_at() const noexcept { return accepted_at_; }
  /// Every so often from now on; returned and forgotten by course().
  void sample_every(double seconds) { every_ = seconds; }
  std::vector<window_point> course() { return std::exchange(course_, {}); }
  /// Prints each change of the window.
  void trace() noexcept { trace_ = true; }

 private:
  void observe(const sluice::attempt_record& a);
  void turn();

  world world_;
  window_server server_;
  std::unique_ptr<asio::io_context> loop_;
  std::shared_ptr<sluice::engine::uploader_engine> engine_;
  std::unique_ptr<window_rival> rival_;
  std::size_t rival_set_ = 0;
  window_figures figures_;
  std::vector<float> latencies_;
  std::vector<double> accepted_at_;
  double every_ = 0, next_sample_ = 0;
  std::uint64_t sampled_ = 0;
  std::vector<window_point> course_;
  bool trace_ = false, stuck_ = false;
};

}  // namespace sim
