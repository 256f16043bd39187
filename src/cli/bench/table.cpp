#include "table.hpp"

#include "cli/terminal/progress_text.hpp"
#include "findings.hpp"

#include <sluice/config.hpp>
#include <sluice/text.hpp>

#include <algorithm>

namespace sluice::cli {
namespace {

std::string right(std::string text, std::size_t width) {
  if (text.size() < width) text.insert(0, width - text.size(), ' ');
  return text;
}
std::string left(std::string text, std::size_t width) {
  if (text.size() < width) text.resize(width, ' ');
  return text;
}

std::string seconds(std::chrono::milliseconds t) {
  return t.count() % 1000 == 0 ? std::to_string(t.count() / 1000) + " s" : std::to_string(t.count()) + " ms";
}

std::string percentile_cells(const percentiles& p, std::size_t width) {
  std::string line;
  for (const double ms : {p.p50, p.p90, p.p99, p.p999, p.max})
    line += right(p.count > 0 ? milliseconds_text(ms) : "-", width);
  return line;
}

}  // namespace

std::string body_text(const bench_plan& plan, std::size_t files) {
  if (!plan.from.empty())
    return grouped(files) + (files == 1 ? " file of '" : " files of '") + printable(plan.from.string()) +
           "', in turn";
  const auto [least, most] = plan.sizes;
  return (least == most ? "" : grouped(least) + " to ") + grouped(most) + " bytes from memory";
}

std::string load_text(const load_plan& load) {
  const auto how = load.rate > 0 ? "open loop at " + rate(load.rate) + "/s" : std::string{"closed loop"};
  const auto much = load.count > 0 ? grouped(load.count) + " requests" : seconds(load.duration);
  return how + ", " + much + " a window after " + seconds(load.warm_up) + " of warm-up";
}

std::string heading(const bench_plan& plan, std::size_t files) {
  const auto way = proxy_text(proxy_in_use(plan.config));
  return "sluice bench " + printable(plan.shown_url()) + (way.empty() ? "" : " " + printable(way)) + "\n" +
         body_text(plan, files) + "; " + load_text(plan.load) + "\n";
}

std::string step_text(const step_report& s, double rate_intended) {
  if (s.requests == 0) return "\nwindow " + s.window + ": nothing was measured\n";
  std::string text = "\nwindow " + s.window + ": " + rate(s.requests_per_second) + " requests/s, " +
                     human_bytes(s.bytes_per_second) + "/s\n";
  text += "  " + grouped(s.requests) + " requests in " + fixed(s.seconds, 1) + " s: " + grouped(s.accepted) +
          " accepted, " + grouped(s.failed) + " failed";
  if (s.unfinished > 0) text += ", " + grouped(s.unfinished) + " unfinished";
  text += "; " + grouped(s.connections) + (s.connections == 1 ? " connection; CPU " : " connections; CPU ") +
          fixed(s.cpu_share * 100, 0) + " %, " + fixed(s.cpu_us_per_request, 0) + " us a request\n";
  for (const auto& [kind, n] : s.errors) text += "  " + right(grouped(n), 9) + " x " + printable(kind) + "\n";
  const auto phases = phases_of(s);
  if (!phases.empty()) text += left("  ms", 13) + "      p50      p90      p99    p99.9      max\n";
  for (const auto& p : phases) {
    text += "  " + left(p.name, 11) + percentile_cells(p.ms, 9) + "  " + p.means + "\n";
  }
  for (const auto& line : findings_of(s, rate_intended)) text += "  " + line + "\n";
  return text;
}

std::string sweep_text(const std::vector<step_report>& steps) {
  const auto knee = knee_of(steps);
  std::string text =
      "\n  window  requests/s        MB/s   p50 ms   p90 ms   p99 ms p99.9 ms   max ms   failed   CPU\n";
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const auto& s = steps[i];
    text += (knee == i ? "* " : "  ") + right(s.window, 6) + right(rate(s.requests_per_second), 12) +
            right(fixed(s.bytes_per_second / 1e6, 1), 12) + percentile_cells(s.total, 9) +
            right(grouped(s.failed), 9) + right(fixed(s.cpu_share * 100, 0) + " %", 6) + "\n";
  }
  if (knee) text += "* " + knee_text(steps) + "\n";
  return text;
}

}  // namespace sluice::cli
