#include "page.hpp"

#include "cli/terminal/progress_text.hpp"
#include "cli/web/assets.hpp"
#include "cli/web/plot.hpp"
#include "findings.hpp"
#include "table.hpp"

#include <sluice/config.hpp>
#include <sluice/result.hpp>
#include <sluice/text.hpp>
#include <sluice/version.hpp>

#include <algorithm>
#include <array>

namespace sluice::cli {
namespace {

using step_reports = std::vector<step_report>;
constexpr std::size_t most_lines = 6;  ///< the number of colours limits the lines of a plot

std::string cell(const std::string& text, const char* tag = "td") {
  return std::string{"<"} + tag + ">" + escaped(text) + "</" + tag + ">";
}
std::string words(const std::string& text) { return "<td class=\"words\">" + escaped(text) + "</td>"; }

std::vector<std::string> windows(const step_reports& all) {
  std::vector<std::string> names;
  for (const auto& s : all) names.push_back(s.window);
  return names;
}

std::string rate_plot(const step_reports& all) {
  plot p{.title = "Rate against window",
         .x_title = "requests in flight",
         .y_title = "requests/s",
         .lines = {{"", {}}},
         .places = windows(all)};
  for (std::size_t i = 0; i < all.size(); ++i) {
    p.lines[0].points.emplace_back(i, all[i].requests_per_second);
    p.says += "Window " + all[i].window + ": " + rate(all[i].requests_per_second) + " a second. ";
  }
  if (const auto knee = knee_of(all)) {
    p.marked = {static_cast<double>(*knee), "knee: " + all[*knee].window};
    p.says += "The knee is at " + all[*knee].window + ".";
  }
  return drawn(p);
}

std::string latency_plot(const step_reports& all) {
  plot p{.title = "Latency against window (log scale)",
         .x_title = "requests in flight",
         .y_title = "ms",
         .lines = {{"p50", {}}, {"p90", {}}, {"p99", {}}, {"p99.9", {}}, {"max", {}}},
         .places = windows(all),
         .log_y = true};
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& t = all[i].total;
    if (t.count == 0) continue;
    const std::array values{t.p50, t.p90, t.p99, t.p999, t.max};
    for (std::size_t n = 0; n < values.size(); ++n)
      p.lines[n].points.emplace_back(i, std::max(values[n], 0.001));
    p.says += "Window " + all[i].window + ": median " + milliseconds_text(t.p50) + ", 99th percentile " +
              milliseconds_text(t.p99) + " ms. ";
  }
  return drawn(p);
}

/// The spread of the phases in one window.
std::string spread_plot(const step_report& s) {
  plot p{.title = "Latency by percentile (log scale)",
         .x_title = "percentile",
         .y_title = "ms",
         .places = {"p50", "p90", "p99", "p99.9", "max"},
         .log_y = true};
  for (const auto& phase : phases_of(s)) {
    const auto& ms = phase.ms;
    if (ms.count != s.total.count) continue;  // the phase counts connections or other requests
    p.lines.push_back({phase.name, {}});
    for (const double v : {ms.p50, ms.p90, ms.p99, ms.p999, ms.max})
      p.lines.back().points.emplace_back(p.lines.back().points.size(), std::max(v, 0.001));
    p.says += std::string{phase.name} + ": median " + milliseconds_text(ms.p50) + ", 99th percentile " +
              milliseconds_text(ms.p99) + " ms. ";
  }
  return drawn(p);
}

/// One line a window, over the seconds of its measured time.
template <class Value>
std::string time_plot(const step_reports& all, plot p, Value value) {
  p.x_title = "seconds";
  for (const auto& s : all) {
    plot_line line{all.size() > 1 ? "w " + s.window : "", {}};
    for (std::size_t i = 0; i < s.per_second.size(); ++i)
      // A rest of a second says little.
      if (s.per_second[i].length > 0.5 || s.per_second.size() == 1)
        line.points.emplace_back(i + 1, value(s.per_second[i]));
    p.lines.push_back(std::move(line));
    if (p.lines.size() == most_lines) break;
  }
  return drawn(p);
}

std::string throughput_plot(const step_reports& all) {
  const auto per_second = [](const second& s) { return static_cast<double>(s.accepted) / s.length; };
  plot p{.title = "Accepted requests in each second", .y_title = "requests/s"};
  for (const auto& s : all) {
    if (s.per_second.empty()) continue;
    const auto [least, most] = std::ranges::minmax(s.per_second, {}, per_second);
    p.says += "Window " + s.window + ": between " + rate(per_second(least)) + " and " +
              rate(per_second(most)) + ". ";
  }
  return time_plot(all, std::move(p), per_second);
}

/// Only where it moved: a fixed window is a straight line.
std::string window_plot(const step_reports& all) {
  step_reports moving;
  for (const auto& s : all)
    if (std::ranges::adjacent_find(s.per_second, std::ranges::not_equal_to{}, &second::window) !=
        s.per_second.end())
      moving.push_back(s);
  return time_plot(moving,
                   {.title = "Window over time",
                    .says = "The window as it was at the end of each second.",
                    .y_title = "requests in flight"},
                   [](const second& s) { return static_cast<double>(s.window); });
}

std::string tile(const char* what, const std::string& value) {
  return std::string{"<div><dt>"} + what + "</dt><dd>" + escaped(value) + "</dd></div>";
}

std::string tiles(const step_reports& all) {
  if (all.empty()) return {};
  const auto knee = knee_of(all);
  const auto& s = all[knee.value_or(0)];
  std::string out = "<dl class=\"tiles\">";
  out += tile(knee ? "knee: window" : "window", s.window) + tile("requests/s", rate(s.requests_per_second)) +
         tile("bytes/s", human_bytes(s.bytes_per_second));
  if (s.total.count > 0)
    out += tile("p50, ms", milliseconds_text(s.total.p50)) + tile("p99, ms", milliseconds_text(s.total.p99));
  std::uint64_t failed = 0;
  for (const auto& each : all) failed += each.failed;
  return out + tile("failed, all windows", grouped(failed)) + "</dl>\n";
}

std::string sweep_table(const step_reports& all) {
  std::string out =
      "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"all windows\"><table><thead><tr>";
  for (const auto* name : {"window", "requests/s", "MB/s", "requests", "accepted", "failed", "unfinished",
                           "connections", "client CPU", "µs a request"})
    out += cell(name, "th");
  out += "</tr></thead><tbody>";
  const auto knee = knee_of(all);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& s = all[i];
    out += knee == i ? "<tr class=\"knee\">" : "<tr>";
    for (const auto& text : {s.window + (knee == i ? " (knee)" : ""), rate(s.requests_per_second),
                             fixed(s.bytes_per_second / 1e6, 1), grouped(s.requests), grouped(s.accepted),
                             grouped(s.failed), grouped(s.unfinished), grouped(s.connections),
                             percent(s.cpu_share), fixed(s.cpu_us_per_request, 0)})
      out += cell(text);
    out += "</tr>";
  }
  out += "</tbody></table></div>\n";
  if (const auto text = knee_text(all); !text.empty()) out += "<p class=\"soft\">" + escaped(text) + "</p>\n";
  return out;
}

std::string phase_table(const step_report& s) {
  std::string out = "<h3>Window " + escaped(s.window) +
                    "</h3><div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"window " +
                    escaped(s.window) + "\"><table><thead><tr><th class=\"words\">ms</th>";
  for (const auto* name : {"p50", "p90", "p99", "p99.9", "max", "samples"}) out += cell(name, "th");
  out += "<th class=\"words\">what</th></tr></thead><tbody>";
  for (const auto& p : phases_of(s)) {
    out += "<tr>" + words(p.name);
    for (const double ms : {p.ms.p50, p.ms.p90, p.ms.p99, p.ms.p999, p.ms.max})
      out += cell(milliseconds_text(ms));
    out += cell(grouped(p.ms.count)) + words(p.means) + "</tr>";
  }
  out += "</tbody></table></div>\n";
  for (const auto& [kind, n] : s.errors)
    out += "<p class=\"warn\">" + grouped(n) + " × " + escaped(printable(kind)) + "</p>\n";
  return out;
}

std::string phase_tables(const step_reports& all) {
  std::string out;
  for (const auto& s : all) out += phase_table(s);
  return out;
}

std::string findings(const bench_plan& plan, const bench_result& result) {
  std::string out;
  const auto add = [&](const std::string& line) {
    out += "<li class=\"warn\">" + escaped(printable(line)) + "</li>";
  };
  if (!result.stopped.empty()) add(result.stopped);
  for (const auto& s : result.steps)
    for (const auto& line : findings_of(s, plan.load.rate)) add(line);
  return out.empty() ? out : "<ul>" + out + "</ul>\n";
}

std::string plots(const step_reports& all) {
  std::string out;
  if (all.size() > 1) out += rate_plot(all) + latency_plot(all);
  if (all.size() == 1) out += spread_plot(all.front());
  return out + throughput_plot(all) + window_plot(all);
}

/// The proxy in words without a scheme, as the endpoint.
std::string way_text(const used_proxy& p) {
  if (p.url.empty()) return {};
  const auto end = p.url.find("://");
  return "through the " + p.url.substr(0, end) + " proxy " + p.url.substr(end + 3) +
         (p.from.empty() ? "" : " (" + p.from + ")") + "; ";
}

}  // namespace

std::string page(const bench_plan& plan, const bench_result& result) {
  const auto& all = result.steps;
  // The address without its scheme: nothing in the page looks like a link, and nothing is one.
  const auto url = plan.shown_url();
  return filled(report_html(),
                {{"endpoint", escaped(printable(url.substr(url.find("://") + 3)))},
                 {"load", escaped(printable(way_text(proxy_in_use(plan.config))) +
                                  body_text(plan, result.files) + "; " + load_text(plan.load))},
                 {"began", escaped(result.began) + ", sluice " + std::string{version}},
                 {"findings", findings(plan, result)},
                 {"tiles", tiles(all)},
                 {"plots", plots(all)},
                 {"windows", sweep_table(all)},
                 {"phases", phase_tables(all)}});
}

}  // namespace sluice::cli
