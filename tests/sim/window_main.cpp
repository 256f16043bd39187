#include "sim/window_matrix.hpp"
#include "sim/window_rivals.hpp"
#include <CLI/CLI.hpp>
#include <cstdio>
int main(int argc, char** argv) {
  CLI::App app{"x"};
  sim::window_plan p;
  std::size_t window = 0;
  double seconds = 10;
  std::string controller="auto";
  bool one=false, norec=false;
  app.add_flag("--one", one);
  app.add_flag("--no-recovery", norec);
  app.add_option("--controller", controller);
  app.add_option("--seed", p.seed);
  app.add_option("--latency", p.model.service_ms);
  app.add_option("--workers", p.model.workers);
  app.add_flag("--queue", p.model.queues);
  app.add_option("--size", p.model.file_bytes);
  app.add_option("--window", window);
  app.add_option("--seconds", seconds);
  CLI11_PARSE(app, argc, argv);
  p.rival = sim::rival_named(controller);
  p.window = window ? sluice::window::fixed(window) : sluice::window::automatic(512);
  if (one) {
  sim::window_trial t{p};
  t.trace();
  for (int i = 0; i < 3; ++i) {
    auto f = t.run(seconds, 2000);
    std::printf("%.1f s: %.1f/s median %.2f ms, window %.1f, 503 %.2f %%, attempts %llu\n", f.seconds, f.goodput, f.median_ms, f.mean_window, 100*f.refused_share(), (unsigned long long)f.attempts);
  }
  return 0;
  }
  sim::fixed_windows fixed{p.seed};
  std::vector<sim::cell> cells;
  for (auto& m : sim::all_models()) {
    auto c = sim::measure(m, fixed, p.rival, p.seed, !norec);
    cells.push_back(c);
    std::printf("%s | best %8.1f pol %8.1f at %3zu med %8.2f | auto %8.1f w %5.1f ratio %.3f pol %.3f lat %.2f 503 %.2f%%", name_of(m).c_str(), c.best, c.best_polite, c.best_window, c.best_median_ms, c.steady.goodput, c.steady.mean_window, c.ratio(), c.polite_ratio(), c.latency_ratio(), 100*c.whole.refused_share());
    if (c.doubled) std::printf(" | x2 %.2f s  /2 %.2f s", c.doubled->seconds, c.halved->seconds);
    std::printf("%s\n", c.ratio()<.85?" BAD":c.ratio()<.95?" low":""); fflush(stdout);
  }
  auto v = judge(cells);
  std::printf("%zu cells, good %zu fair %zu, polite good %zu fair %zu, quick %zu few503 %zu, recovered %zu of %zu; worst %.3f lat %.2f 503 %.2f%%\n", v.cells, v.good, v.fair, v.polite_good, v.polite_fair, v.quick, v.few_refused, v.recovered, v.recoveries, v.worst, v.worst_latency, 100*v.most_refused);
}
