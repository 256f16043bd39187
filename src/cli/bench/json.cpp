#include "json.hpp"

#include "cli/options/quantities.hpp"
#include "findings.hpp"

#include <sluice/config.hpp>
#include <sluice/text.hpp>
#include <sluice/version.hpp>

#include <cmath>
#include <nlohmann/json.hpp>

namespace sluice::cli {
namespace {

using json = nlohmann::ordered_json;

double rounded(double v, double digits = 1000) { return std::round(v * digits) / digits; }

json to_json(const percentiles& p) {
  return {{"count", p.count},      {"p50", rounded(p.p50)},    {"p90", rounded(p.p90)},
          {"p99", rounded(p.p99)}, {"p99.9", rounded(p.p999)}, {"max", rounded(p.max)}};
}

json window_of(const step_report& s) {
  if (const auto n = parse_count(s.window)) return *n;
  return s.window;
}

json to_json(const step_report& s, double rate) {
  json j{{"window", window_of(s)},
         {"seconds", rounded(s.seconds, 1e6)},
         {"requests", s.requests},
         {"accepted", s.accepted},
         {"failed", s.failed},
         {"unfinished", s.unfinished},
         {"unmeasured", s.unmeasured},
         {"connections", s.connections},
         {"requests_per_second", rounded(s.requests_per_second)},
         {"bytes_per_second", std::round(s.bytes_per_second)},
         {"cpu",
          {{"seconds", rounded(s.cpu_seconds)},
           {"share", rounded(s.cpu_share)},
           {"wait_share", rounded(s.cpu_wait_share)},
           {"us_per_request", rounded(s.cpu_us_per_request)},
           {"client_was_the_limit", client_was_the_limit(s)}}},
         {"latency_ms", json::object()},
         {"errors", json::object()},
         {"findings", findings_of(s, rate)},
         {"per_second", json::array()}};
  for (const auto& p : phases_of(s)) j["latency_ms"][p.name] = to_json(p.ms);
  for (const auto& [kind, n] : s.errors) j["errors"][printable(kind)] = n;
  for (const auto& t : s.per_second)
    j["per_second"].push_back({{"accepted", t.accepted},
                               {"failed", t.failed},
                               {"bytes", t.bytes},
                               {"window", t.window},
                               {"seconds", rounded(t.length)}});
  return j;
}

json body_of(const bench_plan& plan, const bench_result& result) {
  if (!plan.from.empty()) return {{"from", printable(plan.from.string())}, {"files", result.files}};
  return {{"from", "memory"}, {"least", plan.sizes.least}, {"most", plan.sizes.most}, {"seed", load::seed}};
}

}  // namespace

std::string to_json(const bench_plan& plan, const bench_result& result) {
  const auto seconds = [](std::chrono::milliseconds t) { return static_cast<double>(t.count()) / 1000; };
  json j{{"sluice", version}, {"url", printable(plan.shown_url())}};
  if (const auto via = proxy_in_use(plan.config); !via.url.empty())
    j["proxy"] = {{"url", printable(via.url)}, {"from", printable(via.from)}};
  j.update({{"began", result.began},
            {"body", body_of(plan, result)},
            {"rate", plan.load.rate > 0 ? json(plan.load.rate) : json()},
            {"warm_up", seconds(plan.load.warm_up)},
            {"steps", json::array()},
            {"knee", json()},
            {"stopped", result.stopped.empty() ? json() : json(result.stopped)}});
  for (const auto& s : result.steps) j["steps"].push_back(to_json(s, plan.load.rate));
  if (const auto knee = knee_of(result.steps)) j["knee"] = window_of(result.steps[*knee]);
  return j.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace sluice::cli
