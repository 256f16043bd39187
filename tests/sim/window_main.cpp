// sluice_window_matrix: windows that tune themselves against the best fixed window of each server of the
// matrix.
#include "sim/window_report.hpp"
#include "sim/window_rivals.hpp"

#include <CLI/CLI.hpp>

#include <chrono>
#include <cstdio>

namespace {

const std::vector<std::string> everybody{"auto", "aimd", "gradient2", "arc"};

/// One server, with each change of the window.
int aloud(sim::window_plan plan, double seconds) {
  sim::window_trial t{plan};
  t.trace();
  for (int stretch = 0; stretch < 3; ++stretch) {
    const auto f = t.run(seconds, 0);
    std::printf("%6.1f s: %.1f/s, median %.2f ms, mean window %.1f, 503s %.2f %%\n", f.seconds, f.goodput,
                f.median_ms, f.mean_window, 100 * f.refused_share());
  }
  return 0;
}

std::vector<sim::window_point> course(const std::string& controller, std::uint64_t seed) {
  sim::window_trial t{{{50, 32, false, 32'000},
                       sluice::window::automatic(sim::widest_window),
                       sim::rival_named(controller),
                       seed}};
  t.sample_every(0.1);
  for (const std::size_t workers : {32, 64, 16}) {
    t.server().set_workers(workers);
    t.run(10, 0);
  }
  return t.course();
}

int matrix(const std::vector<std::string>& controllers, std::uint64_t seed, const std::string& out) {
  const auto begun = std::chrono::steady_clock::now();
  sim::fixed_windows fixed{seed};
  std::vector<sim::controller_result> all;
  std::map<std::string, std::vector<sim::window_point>> courses;
  for (const auto& name : controllers) {
    std::printf("%s, seed %llu\n\n%s", name.c_str(), static_cast<unsigned long long>(seed),
                sim::table_head().c_str());
    auto& r = all.emplace_back(sim::controller_result{name, {}});
    for (const auto& m : sim::all_models()) {
      r.cells.push_back(sim::measure(m, fixed, sim::rival_named(name), seed, true));
      std::printf("%s", sim::table_row(r.cells.back()).c_str());
      std::fflush(stdout);
    }
    std::printf("\n");
    if (!out.empty()) courses[name] = course(name, seed);
  }
  std::printf(
      "cells with: ratio >= 0.95, 0.85 | the same against windows with few 503s | latency <= 2 | 503s < 2 %% "
      "| "
      "recovered in 5 s\n");
  for (const auto& r : all) std::printf("%s", sim::verdict_text(r.name, r.cells).c_str());
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  std::fprintf(stderr, "%.0f s\n", took.count());
  if (!out.empty() && !(sim::write_report(out, seed, all) && sim::write_course(out, courses))) {
    std::fprintf(stderr, "cannot write to %s\n", out.c_str());
    return 2;
  }
  return controllers.front() != "auto" || sim::keeps_to_the_figures(all.front().cells) ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"The automatic window and its rivals, on the engine in simulation"};
  std::uint64_t seed = 1;
  std::string controller = "auto", out;
  app.add_option("--seed", seed)->capture_default_str();
  auto names = everybody;
  names.emplace_back("all");
  app.add_option("--controller", controller)->check(CLI::IsMember(names))->capture_default_str();
  app.add_option("--out", out, "directory for JSON and plots")->check(CLI::ExistingDirectory);
  sim::window_plan one;
  std::size_t window = 0;
  double seconds = 10;
  auto* only = app.add_subcommand("server", "one server, with each change of the window");
  only->add_option("--latency", one.model.service_ms, "ms");
  only->add_option("--workers", one.model.workers, "0: any number");
  only->add_flag("--queue", one.model.queues, "beyond them, instead of 503");
  only->add_option("--size", one.model.file_bytes);
  only->add_option("--window", window, "a fixed one");
  only->add_option("--seconds", seconds, "of each of three stretches");
  CLI11_PARSE(app, argc, argv);
  if (*only) {
    one.seed = seed;
    one.rival = sim::rival_named(controller);
    one.window = window > 0 ? sluice::window::fixed(window) : sluice::window::automatic(sim::widest_window);
    return aloud(one, seconds);
  }
  return matrix(controller == "all" ? everybody : std::vector{controller}, seed, out);
}
