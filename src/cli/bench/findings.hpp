// Findings say in words what the figures of a step mean.
#pragma once

#include "measurement.hpp"

#include <string>
#include <vector>

namespace sluice::cli {

/// A line each; `rate`: what was intended, or 0 in a closed loop.
std::vector<std::string> findings_of(const step_report& s, double rate);

/// The text about the knee, which also says when no larger window was measured; empty without a knee.
std::string knee_text(const std::vector<step_report>& steps);

/// `0.043`, `1.24`, `37.1`, `1,204`.
std::string milliseconds_text(double ms);

/// The phases of a step, in the order they happen. Those without a value are left out.
struct phase {
  const char* name;  ///< also the key in JSON
  const char* means;
  percentiles ms;
};
std::vector<phase> phases_of(const step_report& s);

}  // namespace sluice::cli
