#include "page.hpp"

#include "cli/page_style.hpp"
#include "cli/progress_text.hpp"
#include "findings.hpp"
#include "plot.hpp"
#include "table.hpp"

#include <sluice/text.hpp>
#include <sluice/version.hpp>

#include <algorithm>
#include <array>

namespace sluice::cli {
namespace {

using steps = std::vector<step_report>;
constexpr std::size_t most_lines = 6;  ///< of one plot: there are so many colours

std::string cell(const std::string& text, const char* tag = "td") {
  return std::string{"<"} + tag + ">" + escaped(text) + "</" + tag + ">";
}
std::string words(const std::string& text) { return "<td class=\"words\">" + escaped(text) + "</td>"; }

std::string percent(double share) { return fixed(share * 100, 0) + " %"; }

std::vector<std::string> windows(const steps& all) {
  std::vector<std::string> names;
  for (const auto& s : all) names.push_back(s.window);
  return names;
}

std::string rate_plot(const steps& all) {
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

std::string latency_plot(const steps& all) {
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

/// Of one window: how the phases spread.
std::string spread_plot(const step_report& s) {
  plot p{.title = "Latency by percentile (log scale)",
         .x_title = "percentile",
         .y_title = "ms",
         .places = {"p50", "p90", "p99", "p99.9", "max"},
         .log_y = true};
  for (const auto& phase : phases_of(s)) {
    const auto& ms = phase.ms;
    if (ms.count != s.total.count) continue;  // of connections, or of other requests
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
std::string time_plot(const steps& all, plot p, Value value) {
  p.x_title = "seconds";
  for (const auto& s : all) {
    plot_line line{all.size() > 1 ? "w " + s.window : "", {}};
    for (std::size_t i = 0; i < s.per_second.size(); ++i)
      // What is left of a second says little.
      if (s.per_second[i].length > 0.5 || s.per_second.size() == 1)
        line.points.emplace_back(i + 1, value(s.per_second[i]));
    p.lines.push_back(std::move(line));
    if (p.lines.size() == most_lines) break;
  }
  return drawn(p);
}

std::string throughput_plot(const steps& all) {
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
std::string window_plot(const steps& all) {
  steps moving;
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

std::string tiles(const steps& all) {
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

std::string sweep_table(const steps& all) {
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
  return out + "</tbody></table></div>\n";
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

}  // namespace

std::string page(const bench_plan& plan, const bench_result& result) {
  const auto& all = result.steps;
  std::string out =
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
      "<title>sluice bench</title><style>";
  // The address without its scheme: nothing in the page looks like a link, and nothing is one.
  const auto url = plan.shown_url();
  out += std::string{page_style} + "</style></head><body>\n<h1>" +
         escaped(printable(url.substr(url.find("://") + 3))) + "</h1>\n<p class=\"soft\">" +
         escaped(body_text(plan, result.files) + "; " + load_text(plan.load)) + "</p>\n<p class=\"soft\">" +
         escaped(result.began) + ", sluice " + std::string{version} + "</p>\n";
  std::vector<std::string> findings;
  for (const auto& s : all)
    for (auto& line : findings_of(s, plan.load.rate)) findings.push_back(std::move(line));
  if (!result.stopped.empty()) findings.insert(findings.begin(), result.stopped);
  if (!findings.empty()) {
    out += "<ul>";
    for (const auto& line : findings) out += "<li class=\"warn\">" + escaped(printable(line)) + "</li>";
    out += "</ul>\n";
  }
  out += tiles(all) + "<div class=\"plots\">\n";
  if (all.size() > 1) out += rate_plot(all) + latency_plot(all);
  if (all.size() == 1) out += spread_plot(all.front());
  out += throughput_plot(all) + window_plot(all) + "</div>\n<h2>Windows</h2>\n" + sweep_table(all);
  if (const auto text = knee_text(all); !text.empty()) out += "<p class=\"soft\">" + escaped(text) + "</p>\n";
  out +=
      "<h2>Latency by phase</h2>\n<p class=\"soft\">Connect and handshake are of all connections, those of "
      "the warm-up too; "
      "the rest is of accepted requests that began in the measured time.</p>\n";
  for (const auto& s : all) out += phase_table(s);
  return out + "</body></html>\n";
}

}  // namespace sluice::cli
