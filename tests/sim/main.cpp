// sluice_sim: tells many seeds' stories, or one of them aloud.
#include "sim/scenario.hpp"

#include <sys/wait.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace {

struct totals {
  std::uint64_t seeds = 0, failures = 0, runs = 0, kills = 0, requests = 0, duplicates = 0, files = 0;
};

totals tell_range(std::uint64_t first, std::uint64_t count, std::uint64_t step) {
  totals t;
  for (auto seed = first; seed < first + count; seed += step) {
    const auto s = sim::tell(seed);
    ++t.seeds, t.runs += s.runs, t.kills += s.kills, t.requests += s.requests, t.duplicates += s.duplicates;
    t.files += s.files;
    if (s.failure.empty()) continue;
    ++t.failures;
    std::fprintf(stderr, "seed %llu: %s\n  replay: sluice_sim --seed %llu\n",
                 static_cast<unsigned long long>(seed), s.failure.c_str(),
                 static_cast<unsigned long long>(seed));
    if (t.failures >= 20) break;
  }
  return t;
}

/// Each job takes every `jobs`th seed, in a process of its own.
totals tell_all(std::uint64_t first, std::uint64_t count, unsigned jobs) {
  std::vector<int> ends;
  for (unsigned j = 0; j < jobs; ++j) {
    int p[2];
    if (::pipe(p) != 0) std::exit(2);
    if (::fork() == 0) {
      const auto t = tell_range(first + j, count - std::min<std::uint64_t>(j, count), jobs);
      std::exit(::write(p[1], &t, sizeof t) == sizeof t ? 0 : 2);
    }
    ::close(p[1]);
    ends.push_back(p[0]);
  }
  totals all;
  for (const int end : ends) {
    totals t;
    if (::read(end, &t, sizeof t) != sizeof t) ++all.failures;  // the child crashed
    all.seeds += t.seeds, all.failures += t.failures, all.runs += t.runs, all.kills += t.kills;
    all.requests += t.requests, all.duplicates += t.duplicates, all.files += t.files;
  }
  while (::wait(nullptr) > 0) {
  }
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Deterministic simulation of the engine: its clock, network and files come from a seed"};
  std::uint64_t seeds = 10'000, first = 1, one = 0;
  unsigned jobs = 2;
  app.add_option("--seeds", seeds, "how many")->capture_default_str();
  app.add_option("--first", first, "the first of them")->capture_default_str();
  app.add_option("--jobs", jobs, "processes")->capture_default_str();
  const auto* only = app.add_option("--seed", one, "only this one, with all that happens");
  CLI11_PARSE(app, argc, argv);
  if (*only) {
    const auto s = sim::tell(one, true);
    std::printf("seed %llu, hash %016llx: %s\n", static_cast<unsigned long long>(one),
                static_cast<unsigned long long>(s.hash),
                s.failure.empty() ? "all invariants held" : s.failure.c_str());
    return s.failure.empty() ? 0 : 1;
  }
  const auto begun = std::chrono::steady_clock::now();
  const auto t = tell_all(first, seeds, jobs);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  const auto n = [](std::uint64_t v) { return static_cast<unsigned long long>(v); };
  std::printf(
      "sim: %llu seeds, %llu runs, %llu kills, %llu files, %llu requests, %llu duplicates (all explained), "
      "%llu failures, %.0f s\n",
      n(t.seeds), n(t.runs), n(t.kills), n(t.files), n(t.requests), n(t.duplicates), n(t.failures),
      took.count());
  return t.failures == 0 && t.seeds == seeds ? 0 : 1;
}
