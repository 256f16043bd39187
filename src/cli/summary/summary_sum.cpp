#include "summary_sum.hpp"

#include "cli/exit_code.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

namespace sluice::cli {
namespace {

using std::chrono::system_clock;
using seconds = std::chrono::duration<double>;

system_clock::time_point end_of(const run_summary& s) {
  constexpr double longest = 1e9;  // a file may hold any number
  return s.began + std::chrono::round<system_clock::duration>(seconds{std::clamp(s.seconds, 0.0, longest)});
}

void add_figures(run_summary& sum, const run_summary& one) {
  for (const auto f : all_fates) sum.counts.add(f, one.counts.only(f));
  sum.deleted += one.deleted, sum.moved += one.moved;
  sum.bad_lines += one.bad_lines;
  sum.folders_deleted += one.folders_deleted, sum.folders_left += one.folders_left;
  sum.bytes += one.bytes, sum.sent_bytes += one.sent_bytes;
  sum.attempts += one.attempts, sum.retries += one.retries;
  sum.unknown_outcomes += one.unknown_outcomes, sum.connections += one.connections;
  sum.unreadable_dirs += one.unreadable_dirs, sum.log_lines_dropped += one.log_lines_dropped;
  sum.runs += one.runs;
}

void add_window(run_summary& sum, const run_summary& one) {
  sum.window_min = std::min(sum.window_min, one.window_min);
  sum.window_max = std::max(sum.window_max, one.window_max);
  sum.window_last = std::max(sum.window_last, one.window_last);
  sum.window_changes += one.window_changes;
}

void add_reasons(run_summary& sum, const run_summary& one) {
  for (const auto& r : one.reasons) {
    const auto same = std::ranges::find_if(
        sum.reasons, [&](const auto& other) { return other.fate == r.fate && other.reason == r.reason; });
    if (same == sum.reasons.end())
      sum.reasons.push_back(r);
    else
      same->count += r.count;
  }
}

latency_summary latency_of(const std::vector<run_summary>& all, std::vector<latency_histogram::step>& steps) {
  latency_histogram times;
  const auto us = [](auto count) {
    return std::chrono::microseconds{static_cast<std::chrono::microseconds::rep>(count)};
  };
  for (const auto& s : all) {
    for (const auto& step : s.latency_steps) times.add(us(step.from_us), step.count);
    times.raise_max(us(std::llround(s.latency_ms.max * 1000)));
  }
  steps = times.steps_used();
  const auto ms = [&](double q) { return times.percentile(q).count() / 1000; };
  return {ms(0.5), ms(0.9), ms(0.99), ms(1)};
}

/// Another run of the same shard began later, and had what this one had left.
bool is_superseded(const run_summary& s, const std::vector<run_summary>& all) {
  return s.shard && std::ranges::any_of(all, [&](const auto& other) {
           return other.shard == s.shard && other.began > s.began;
         });
}

const run_summary& worst_of(const std::vector<run_summary>& all) {
  const auto* worst = &all.front();
  int most = -1;
  for (const auto& s : all) {
    const auto bad = badness_of(s.exit_code.value_or(exit_code_of(s, 0)));
    if (bad <= most || is_superseded(s, all)) continue;
    most = bad, worst = &s;
  }
  return *worst;
}

}  // namespace

int badness_of(int exit_code) noexcept {
  constexpr auto code = [](cli::exit_code c) { return static_cast<int>(c); };
  using enum cli::exit_code;
  constexpr std::array order{code(done), code(out_of_time), code(locked)};
  constexpr std::array worse{code(some_failed), code(unreachable), code(refused), code(source), code(usage)};
  constexpr int signals = 1000, others = 2000, unknown = 3000;
  if (const auto at = std::ranges::find(order, exit_code); at != order.end())
    return static_cast<int>(at - order.begin());
  if (const auto at = std::ranges::find(worse, exit_code); at != worse.end())
    return others + static_cast<int>(at - worse.begin());
  return (exit_code >= code(signalled) ? signals : unknown) + exit_code;
}

run_summary sum_of(const std::vector<run_summary>& all) {
  auto sum = all.front();
  for (std::size_t n = 1; n < all.size(); ++n) {
    add_figures(sum, all[n]), add_window(sum, all[n]), add_reasons(sum, all[n]);
    if (all[n].proxy.url != sum.proxy.url) sum.proxy = {};
    if (all[n].shard != sum.shard) sum.shard.reset();
  }
  std::ranges::stable_sort(sum.reasons, std::greater{}, &failure_reason::count);
  auto end = end_of(sum);
  for (const auto& s : all) sum.began = std::min(sum.began, s.began), end = std::max(end, end_of(s));
  sum.seconds = seconds{end - sum.began}.count();
  sum.files_per_second = sum.seconds > 0 ? static_cast<double>(sum.counts[fate::accepted]) / sum.seconds : 0;
  sum.latency_ms = latency_of(all, sum.latency_steps);
  const auto& worst = worst_of(all);
  sum.reason = worst.reason, sum.detail = worst.detail;
  sum.exit_code = worst.exit_code.value_or(exit_code_of(worst, 0));
  return sum;
}

std::vector<std::string> missing_shards(const std::vector<run_summary>& all) {
  const auto& first = all.front().shard;
  std::set<std::uint32_t> there;
  for (const auto& s : all) {
    if (!s.shard || s.shard->of != first->of) return {};
    there.insert(s.shard->number);
  }
  std::vector<std::string> missing;
  for (std::uint32_t n = 1; n <= first->of; ++n)
    if (!there.contains(n)) missing.push_back(to_string(shard{n, first->of}));
  return missing;
}

}  // namespace sluice::cli
