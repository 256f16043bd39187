// The figures as text, at most 100 columns wide.
#pragma once

#include "measurement.hpp"
#include "plan.hpp"

#include <string>
#include <vector>

namespace sluice::cli {

/// What is about to be measured, one line. `files`: of --from.
std::string heading(const bench_plan& plan, std::size_t files);
/// One window, with a table of its phases.
std::string step_text(const step_report& s, double rate);
/// All windows beside each other, the knee marked.
std::string sweep_text(const std::vector<step_report>& steps);

/// `32 kB from memory`, `8 files of 'DIR', again and again`.
std::string body_text(const bench_plan& plan, std::size_t files);
/// `10s each window after 1s`, `closed loop` or `200/s`.
std::string load_text(const load_plan& load);

}  // namespace sluice::cli
