// All figures as JSON (docs/bench-command.md).
#pragma once

#include "measurement.hpp"
#include "plan.hpp"

#include <string>
#include <vector>

namespace sluice::cli {

/// The measured figures, and how the measurement ended.
struct bench_result {
  std::string began;      ///< ISO 8601, UTC
  std::size_t files = 0;  ///< number of files of --from
  std::vector<step_report> steps;
  std::string stopped;  ///< why it ended early; empty when it did not
};

/// Indented by two spaces, with a line end.
std::string to_json(const bench_plan& plan, const bench_result& result);

}  // namespace sluice::cli
