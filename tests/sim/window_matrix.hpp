// The matrix of issue figures: servers of all kinds, the best fixed window of each, and a window that tunes
// itself against it.
#pragma once

#include "sim/window_trial.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace sim {

inline constexpr std::size_t widest_window = 512;
/// Bounds that an automatic window is measured by.
inline constexpr double good_ratio = 0.95, least_ratio = 0.85, most_latency_ratio = 2, most_refused = 0.02,
                        recovered = 0.9, recovery_seconds = 5;

std::string name_of(const window_server::model& m);
/// {0, 5, 20, 50, 200 ms} × {1, 8, 64 workers, with a queue or 503; any number} × {2 kB, 32 kB, 2 MB}.
std::vector<window_server::model> all_models();

struct fixed_figures {
  std::size_t window = 0;
  window_figures figures;
};
/// Each of the windows that could be the best one, in steady state; remembered.
class fixed_windows {
 public:
  explicit fixed_windows(std::uint64_t seed) : seed_{seed} {}
  const std::vector<fixed_figures>& of(const window_server::model& m);
  /// The highest goodput of all; with `polite`, of those that keep to most_refused.
  double best(const window_server::model& m, bool polite);
  /// The smallest polite window within a hundredth of the best of them: its latency is the one to compare
  /// with.
  const fixed_figures& smallest_best(const window_server::model& m);

 private:
  std::uint64_t seed_;
  std::map<std::string, std::vector<fixed_figures>> known_;
};

/// How the same window fares when the server's capacity changes.
struct recovery {
  double best = 0;                 ///< goodput of the best polite window on the changed server
  double seconds = 0;              ///< time until goodput reached nine tenths of it
  double attempts_per_second = 0;  ///< rate before the change
};
struct cell {
  window_server::model model;
  double best = 0;         ///< goodput of the best fixed window
  double best_polite = 0;  ///< the best of those that meet as few 503s as are asked for
  std::size_t best_window = 0;
  double best_median_ms = 0;
  window_figures whole, steady;  ///< figures from the start, and after 5 s and 2,000 files
  std::optional<recovery> doubled, halved;

  double ratio() const { return steady.goodput / best; }
  double polite_ratio() const { return steady.goodput / best_polite; }
  double latency_ratio() const { return steady.median_ms / best_median_ms; }
};

/// `rival`: empty for the product's own.
cell measure(const window_server::model& m, fixed_windows& fixed, const rival_maker& rival,
             std::uint64_t seed, bool with_recovery);

/// Whether a cell's capacity can change at all: it has workers that take time, and they are the bottleneck.
bool has_capacity(const window_server::model& m, fixed_windows& fixed);

struct verdict_of_cells {
  std::size_t cells = 0, good = 0, fair = 0;     ///< ratio ≥ good_ratio, ≥ least_ratio
  std::size_t polite_good = 0, polite_fair = 0;  ///< the same against polite windows
  std::size_t quick = 0, few_refused = 0;        ///< latency, 503s
  std::size_t recoveries = 0, recovered = 0;
  double worst = 1e9, worst_latency = 0, most_refused = 0;
};
verdict_of_cells judge(const std::vector<cell>& cells);
/// Goodput, latency and 503s; recovery is only told: with a few attempts a second it takes longer.
bool keeps_to_the_figures(const std::vector<cell>& cells);

}  // namespace sim
