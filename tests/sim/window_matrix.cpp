#include "sim/window_matrix.hpp"

#include <algorithm>
#include <cstdio>
#include <set>

namespace sim {
namespace {

constexpr std::uint64_t warm_files = 2000;
constexpr double warm_seconds = 5;

std::set<std::size_t> windows_for(const window_server::model& m) {
  std::set<std::size_t> all{1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, widest_window};
  for (const auto n : {m.workers, m.workers + 1, m.workers + m.workers / 8 + 2})
    if (m.workers > 0) all.insert(n);
  return all;
}

window_figures steady_state(const window_plan& plan, std::size_t window) {
  window_trial t{plan};
  constexpr std::uint64_t most_attempts = 12'000;  // a storm of 503s need not be watched for long
  t.run(plan.model.service_ms * 4e-3 + 0.1, 3 * window, 1e9, most_attempts);
  return t.run(plan.model.service_ms * 4e-3 + 0.1, std::max<std::uint64_t>(1500, 3 * window), 1e9,
               most_attempts);
}

/// Capacity, twice or half of it: workers, or where there is but one of them and half is asked for, its
/// speed.
window_server::model changed(window_server::model m, bool doubled) {
  if (doubled)
    m.workers *= 2;
  else if (m.workers > 1)
    m.workers /= 2;
  else
    m.service_ms *= 2;
  return m;
}

recovery recover(const window_plan& plan, fixed_windows& fixed, bool doubled) {
  const auto to = changed(plan.model, doubled);
  recovery r;
  r.best = fixed.best(to, true);
  window_trial t{plan};
  const auto before = t.run(warm_seconds, warm_files);
  r.attempts_per_second = static_cast<double>(before.attempts) / before.seconds;
  t.server().set_workers(to.workers), t.server().set_service(to.service_ms);
  const auto begun = t.now();
  const auto span = std::max(0.25, 40 / r.best);  // long enough to tell a rate
  t.run(4 * recovery_seconds + 2 * span, 0);
  const auto& at = t.accepted_at();
  const auto needed = static_cast<std::size_t>(recovered * r.best * span);
  r.seconds = 1e9;
  for (std::size_t i = 0; i + needed < at.size(); ++i)
    if (at[i + needed] - at[i] <= span) {
      r.seconds = at[i] - begun;
      break;
    }
  return r;
}

}  // namespace

std::string name_of(const window_server::model& m) {
  char text[64];
  const auto workers = m.workers == 0 ? std::string{"any"} : std::to_string(m.workers);
  const char* beyond = m.workers == 0 ? "" : m.queues ? " queue" : " 503";
  std::snprintf(text, sizeof text, "%3g ms %3s%-6s %4s", m.service_ms, workers.c_str(), beyond,
                m.file_bytes == 2000     ? "2k"
                : m.file_bytes == 32'000 ? "32k"
                                         : "2M");
  return text;
}

std::vector<window_server::model> all_models() {
  std::vector<window_server::model> all;
  for (const double ms : {0, 5, 20, 50, 200})
    for (const std::uint64_t bytes : {2'000, 32'000, 2'000'000}) {
      for (const std::size_t workers : {1, 8, 64})
        for (const bool queues : {true, false}) all.push_back({ms, workers, queues, bytes});
      all.push_back({ms, 0, false, bytes});
    }
  return all;
}

const std::vector<fixed_figures>& fixed_windows::of(const window_server::model& m) {
  auto& known = known_[name_of(m)];
  if (!known.empty()) return known;
  for (const auto n : windows_for(m)) {
    known.push_back({n, steady_state({m, sluice::window::fixed(n), {}, seed_}, n)});
  }
  return known;
}

double fixed_windows::best(const window_server::model& m, bool polite) {
  double best = 0;
  for (const auto& f : of(m))
    if (!polite || f.figures.refused_share() <= most_refused) best = std::max(best, f.figures.goodput);
  return best;
}

const fixed_figures& fixed_windows::smallest_best(const window_server::model& m) {
  const auto enough = 0.99 * best(m, true);
  return *std::ranges::find_if(of(m), [&](const fixed_figures& f) {
    return f.figures.goodput >= enough && f.figures.refused_share() <= most_refused;
  });
}

bool has_capacity(const window_server::model& m, fixed_windows& fixed) {
  if (m.workers == 0 || m.service_ms <= 0) return false;
  return fixed.best(m, true) > 0.8 * static_cast<double>(m.workers) / m.service_ms * 1000;
}

cell measure(const window_server::model& m, fixed_windows& fixed, const rival_maker& rival,
             std::uint64_t seed, bool with_recovery) {
  cell c;
  c.model = m;
  c.best = fixed.best(m, false), c.best_polite = fixed.best(m, true);
  const auto& best = fixed.smallest_best(m);
  c.best_window = best.window, c.best_median_ms = best.figures.median_ms;
  const window_plan plan{m, sluice::window::automatic(widest_window), rival, seed};
  {
    window_trial t{plan};
    c.whole = t.run(warm_seconds, warm_files);
    c.steady = t.run(warm_seconds, warm_files);
    c.whole.attempts += c.steady.attempts, c.whole.refused += c.steady.refused;
  }
  if (with_recovery && has_capacity(m, fixed)) {
    c.doubled = recover(plan, fixed, true);
    c.halved = recover(plan, fixed, false);
  }
  return c;
}

verdict_of_cells judge(const std::vector<cell>& cells) {
  verdict_of_cells v;
  for (const auto& c : cells) {
    ++v.cells;
    v.good += c.ratio() >= good_ratio, v.fair += c.ratio() >= least_ratio;
    v.polite_good += c.polite_ratio() >= good_ratio, v.polite_fair += c.polite_ratio() >= least_ratio;
    v.quick += c.latency_ratio() <= most_latency_ratio;
    v.few_refused += c.whole.refused_share() < most_refused;
    v.worst = std::min(v.worst, c.ratio());
    v.worst_latency = std::max(v.worst_latency, c.latency_ratio());
    v.most_refused = std::max(v.most_refused, c.whole.refused_share());
    for (const auto& r : {c.doubled, c.halved})
      if (r) ++v.recoveries, v.recovered += r->seconds <= recovery_seconds;
  }
  return v;
}

bool keeps_to_the_figures(const std::vector<cell>& cells) {
  const auto v = judge(cells);
  return v.good * 10 >= v.cells * 9 && v.fair == v.cells && v.quick == v.cells && v.few_refused == v.cells;
}

}  // namespace sim
