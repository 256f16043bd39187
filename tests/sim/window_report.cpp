#include "sim/window_report.hpp"

#include "cli/web/plot.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <fstream>
#include <functional>

namespace sim {
namespace {

using nlohmann::ordered_json;
namespace cli = sluice::cli;

__attribute__((format(printf, 1, 2))) std::string text(const char* format, ...) {
  std::array<char, 512> out{};
  std::va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(out.data(), out.size(), format, arguments);
  va_end(arguments);
  return out.data();
}

bool write_plot(const std::filesystem::path& file, const cli::plot& p) {
  std::ofstream out{file};
  out << cli::drawn_file(p) << std::flush;
  return out.good();
}

ordered_json json_of(const cell& c) {
  ordered_json j{{"cell", name_of(c.model)},
                 {"service_ms", c.model.service_ms},
                 {"workers", c.model.workers},
                 {"beyond", c.model.workers == 0 ? "none"
                            : c.model.queues     ? "queue"
                                                 : "503"},
                 {"file_bytes", c.model.file_bytes},
                 {"best_fixed", c.best},
                 {"best_fixed_polite", c.best_polite},
                 {"best_window", c.best_window},
                 {"best_median_ms", c.best_median_ms},
                 {"goodput", c.steady.goodput},
                 {"mean_window", c.steady.mean_window},
                 {"median_ms", c.steady.median_ms},
                 {"refused_share", c.whole.refused_share()}};
  if (c.doubled) j["doubled_s"] = c.doubled->seconds, j["halved_s"] = c.halved->seconds;
  return j;
}

std::vector<std::pair<double, double>> sorted(const std::vector<cell>& cells,
                                              const std::function<double(const cell&)>& value) {
  std::vector<double> values;
  for (const auto& c : cells) values.push_back(value(c));
  std::ranges::sort(values);
  std::vector<std::pair<double, double>> points;
  for (const double v : values) points.emplace_back(static_cast<double>(points.size() + 1), v);
  return points;
}

std::string seconds_text(double s) { return s < 100 ? text("%6.2f", s) : "     -"; }

}  // namespace

std::string table_head() {
  return "      server      size | best fixed  (few 503)  window  median |     goodput  ratio  (few 503)  "
         "window  "
         "latency    503 | doubled  halved\n"
         "                       |        /s         /s             ms |          /s                        "
         "mean"
         "    ratio      % |       s       s\n";
}

std::string table_row(const cell& c) {
  auto row = text("%s | %10.1f %10.1f %7zu %7.1f | %11.1f %6.3f %10.3f %7.1f %8.2f %6.2f |",
                  name_of(c.model).c_str(), c.best, c.best_polite, c.best_window, c.best_median_ms,
                  c.steady.goodput, c.ratio(), c.polite_ratio(), c.steady.mean_window, c.latency_ratio(),
                  100 * c.whole.refused_share());
  if (c.doubled) row += "  " + seconds_text(c.doubled->seconds) + "  " + seconds_text(c.halved->seconds);
  return row + "\n";
}

std::string verdict_text(const std::string& name, const std::vector<cell>& cells) {
  const auto v = judge(cells);
  return text(
      "%-9s | %3zu %3zu | %3zu %3zu | %3zu | %3zu | %3zu of %3zu | worst: ratio %.3f, latency %.2f, 503s "
      "%.1f %%, of "
      "%zu cells\n",
      name.c_str(), v.good, v.fair, v.polite_good, v.polite_fair, v.quick, v.few_refused, v.recovered,
      v.recoveries, v.worst, v.worst_latency, 100 * v.most_refused, v.cells);
}

bool write_report(const std::filesystem::path& dir, std::uint64_t seed,
                  const std::vector<controller_result>& all) {
  ordered_json json{
      {"seed", seed}, {"widest_window", widest_window}, {"controllers", ordered_json::object()}};
  cli::plot goodput{.title = "Goodput, each cell",
                    .says = "As a share of the best fixed window's.",
                    .x_title = "cells, worst to best",
                    .y_title = "of the best fixed window",
                    .bounds = {good_ratio, least_ratio}};
  cli::plot latency{.title = "Latency, each cell",
                    .says = "In times of the best fixed window's median.",
                    .x_title = "cells, best to worst",
                    .y_title = "times the best window's median",
                    .log_y = true,
                    .bounds = {most_latency_ratio}};
  for (const auto& r : all) {
    auto& list = json["controllers"][r.name] = ordered_json::array();
    for (const auto& c : r.cells) list.push_back(json_of(c));
    goodput.lines.push_back({r.name, sorted(r.cells, [](const cell& c) { return c.ratio(); })});
    latency.lines.push_back({r.name, sorted(r.cells, [](const cell& c) { return c.latency_ratio(); })});
  }
  std::ofstream out{dir / "matrix.json"};
  out << json.dump(1) << '\n' << std::flush;
  return out.good() && write_plot(dir / "goodput.svg", goodput) && write_plot(dir / "latency.svg", latency);
}

bool write_course(const std::filesystem::path& dir,
                  const std::map<std::string, std::vector<window_point>>& courses) {
  cli::plot p{.title = "32 workers of 50 ms with 503 beyond; 64 from 10 s, 16 from 20 s",
              .says = "Windows over time.",
              .x_title = "seconds",
              .y_title = "window",
              .log_y = true};
  for (const auto& [name, course] : courses) {
    cli::plot_line l{name, {}};
    for (const auto& point : course)
      l.points.emplace_back(point.seconds, std::max<double>(static_cast<double>(point.window), 1));
    p.lines.push_back(std::move(l));
  }
  return write_plot(dir / "course.svg", p);
}

}  // namespace sim
