#include "sim/window_report.hpp"

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

__attribute__((format(printf, 1, 2))) std::string text(const char* format, ...) {
  std::array<char, 512> out{};
  std::va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(out.data(), out.size(), format, arguments);
  va_end(arguments);
  return out.data();
}

/// Middle tones: readable on white and on black.
constexpr std::array<const char*, 4> colours{"#2f81f7", "#d1762c", "#2da05a", "#b65fd0"};

struct axis {
  double from = 0, to = 1;
  bool logarithmic = false;
  std::vector<double> ticks;
  std::string title;

  double part(double v) const {
    v = std::clamp(v, from, to);
    return logarithmic ? std::log(v / from) / std::log(to / from) : (v - from) / (to - from);
  }
};

struct line {
  std::string name;
  std::vector<std::pair<double, double>> points;
};

bool write_plot(const std::filesystem::path& file, const std::string& title, const axis& x, const axis& y,
                const std::vector<line>& lines, const std::vector<double>& bounds) {
  constexpr double width = 640, height = 320, left = 56, right = 96, top = 30, bottom = 44;
  const auto px = [&](double v) { return left + x.part(v) * (width - left - right); };
  const auto py = [&](double v) { return height - bottom - y.part(v) * (height - top - bottom); };
  std::string svg = text(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %g %g\" font-family=\"sans-serif\" "
      "font-size=\"12\" "
      "fill=\"#808080\">\n<text x=\"%g\" y=\"16\" font-size=\"14\">",
      width, height, left);
  svg += title + "</text>\n";
  for (const double v : y.ticks)
    svg += text(
        "<path d=\"M%g %.1fH%g\" stroke=\"#808080\" stroke-opacity=\".25\"/><text x=\"%g\" y=\"%.1f\" "
        "text-anchor=\"end\">%g</text>\n",
        left, py(v), width - right, left - 6, py(v) + 4, v);
  for (const double v : x.ticks)
    svg +=
        text("<text x=\"%.1f\" y=\"%g\" text-anchor=\"middle\">%g</text>\n", px(v), height - bottom + 18, v);
  for (const double v : bounds)
    svg += text("<path d=\"M%g %.1fH%g\" stroke=\"#d03f3f\" stroke-dasharray=\"4 3\"/>\n", left, py(v),
                width - right);
  svg += text("<text x=\"%g\" y=\"%g\" text-anchor=\"middle\">", (left + width - right) / 2, height - 8);
  svg += x.title + "</text>\n" +
         text("<text transform=\"translate(14 %g) rotate(-90)\" text-anchor=\"middle\">", height / 2);
  svg += y.title + "</text>\n";
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto* colour = colours[i % colours.size()];
    svg += text("<path fill=\"none\" stroke=\"%s\" stroke-width=\"1.8\" d=\"", colour);
    const char* to = "M";
    for (const auto& [u, v] : lines[i].points)
      svg += text("%s%.1f %.1f", std::exchange(to, "L"), px(u), py(v));
    svg += "\"/>\n";
    svg += text("<text x=\"%g\" y=\"%g\" fill=\"%s\">", width - right + 10,
                top + 16 + 18 * static_cast<double>(i), colour);
    svg += lines[i].name + "</text>\n";
  }
  std::ofstream out{file};
  out << svg << "</svg>\n" << std::flush;
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
  std::vector<line> goodput, latency;
  std::size_t cells = 0;
  for (const auto& r : all) {
    auto& list = json["controllers"][r.name] = ordered_json::array();
    for (const auto& c : r.cells) list.push_back(json_of(c));
    goodput.push_back({r.name, sorted(r.cells, [](const cell& c) { return c.ratio(); })});
    latency.push_back({r.name, sorted(r.cells, [](const cell& c) { return c.latency_ratio(); })});
    cells = std::max(cells, r.cells.size());
  }
  std::ofstream out{dir / "matrix.json"};
  out << json.dump(1) << '\n' << std::flush;
  const axis x{1,
               static_cast<double>(std::max<std::size_t>(cells, 2)),
               false,
               {1, 20, 40, 60, 80, 100},
               "cells, worst to best"};
  const axis ratio{0, 1.1, false, {0, 0.25, 0.5, 0.75, 1}, "of the best fixed window"};
  const axis times{0.5, 100, true, {0.5, 1, 2, 5, 10, 20, 50, 100}, "times the best window's median"};
  const axis best_first{1, x.to, false, x.ticks, "cells, best to worst"};
  return out.good() &&
         write_plot(dir / "goodput.svg", "Goodput, each cell", x, ratio, goodput,
                    {good_ratio, least_ratio}) &&
         write_plot(dir / "latency.svg", "Latency, each cell", best_first, times, latency,
                    {most_latency_ratio});
}

bool write_course(const std::filesystem::path& dir,
                  const std::map<std::string, std::vector<window_point>>& courses) {
  std::vector<line> lines;
  for (const auto& [name, course] : courses) {
    line l{name, {}};
    for (const auto& p : course)
      l.points.emplace_back(p.seconds, std::max<double>(static_cast<double>(p.window), 1));
    lines.push_back(std::move(l));
  }
  return write_plot(dir / "course.svg", "32 workers of 50 ms with 503 beyond; 64 from 10 s, 16 from 20 s",
                    {0, 30, false, {0, 5, 10, 15, 20, 25, 30}, "seconds"},
                    {1, 512, true, {1, 2, 4, 8, 16, 32, 64, 128, 256, 512}, "window"}, lines, {});
}

}  // namespace sim
