// Each call of malloc of a reference run finds no memory, one a run.
#include "sweep/stage.hpp"

#include <stdexcept>

namespace sweep {
namespace {

const std::vector<scenario>& memory_scenarios() {
  static const std::vector<scenario> all{
      {.name = "tls", .files = 1, .window = 1},
      {.name = "delete", .files = 6, .window = 2, .sink_arguments = {"--http"}},
      {.name = "move", .files = 3, .window = 2, .on_success = "move", .sink_arguments = {"--http"}},
      {.name = "resume", .files = 3, .window = 1, .on_success = "keep", .sink_arguments = {"--http"}},
  };
  return all;
}

/// The program with a malloc whose call `at` fails (0: none), and that tells how many there were.
stage::run_options starving(const stage& s, unsigned long at) {
  return {.below = {"/usr/bin/env", "LD_PRELOAD=" FAILING_MALLOC, "FAIL_MALLOC_AT=" + std::to_string(at),
                    "FAIL_MALLOC_COUNT=" + (s / "count").string()}};
}

unsigned long allocations_of(const scenario& what, const settings& how) {
  stage s{what, how};
  if (s.run(starving(s, 0)) != 0) throw std::runtime_error("the reference run failed: " + what.name);
  return std::stoul(support::content_of(s / "count"));
}

outcome fail_at(const scenario& what, unsigned long at, const settings& how) {
  outcome result;
  stage s{what, how};
  const int status = s.run(starving(s, at));
  if (!documented(status)) result.problems.push_back(ending(status));
  if (status == 0 && s.lost_lines()) result.problems.push_back("exit code 0, and the job log lacks a line");
  s.judge(result, false);  // a library that finds no memory may have passed over something
  s.finish(result);
  return result;
}

}  // namespace

points memory_points(const settings& s) {
  points all;
  for (const auto& what : memory_scenarios())
    for (unsigned long at = 1, calls = allocations_of(what, s); at <= calls; ++at)
      all.push_back(
          {what.name + "/malloc:" + std::to_string(at), [&what, at, &s] { return fail_at(what, at, s); }});
  return all;
}

}  // namespace sweep
