// The sweeps share this: a fault at one place of one reference run, and what came of it.
#pragma once

#include "support/process.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace sweep {

struct settings {
  std::vector<std::string> program{SLUICE_PROGRAM};  ///< the program that is judged
  std::vector<std::string> environment{};
  std::optional<double> sample{};  ///< a value up to 1 is a share of the points of each sweep; a value above
                                   ///< it is a number of points
  std::uint64_t seed = 1;
  std::string only{};  ///< a single point, or with a slash at its end all of that scenario
  unsigned jobs = 2;
  std::chrono::milliseconds deadline = support::process::patience;  ///< a run that takes longer hangs
};

struct outcome {
  bool reached = true;  ///< the fault took place; timing may end a run with fewer calls than the reference
  std::uint64_t lost = 0, duplicates = 0;
  std::vector<std::string> problems{};
};

struct point {
  std::string name;
  std::function<outcome()> run;
};

using points = std::vector<point>;

points kill_points(const settings& s);
points errno_points(const settings& s);
points cut_points(const settings& s);
points memory_points(const settings& s);
/// The first connection ends before its first byte: a fault any program can have.
point first_cut(const settings& s);

struct totals {
  std::uint64_t points = 0, unreached = 0, lost = 0, duplicates = 0, failures = 0;
  totals& operator+=(const totals& other);
  std::string text() const;
};

/// Runs all of them, or the sample, `jobs` at a time. Tells of each failure with the command that repeats it.
totals run_all(const std::string& name, points all, const settings& s);

}  // namespace sweep
