// The figures as text, at most 100 columns wide.
#pragma once

#include "measurement.hpp"
#include "plan.hpp"

#include <string>
#include <vector>

namespace sluice::cli {

/// The line about what is going to be measured. `files`: of --from.
std::string heading(const bench_plan& plan, std::size_t files);
/// One window, with a table of its phases.
std::string step_text(const step_report& s, double rate);
/// All windows beside each other, the knee marked.
std::string sweep_text(const std::vector<step_report>& steps);

/// `32,768 bytes from memory`, `8 files of 'DIR', in turn`.
std::string body_text(const bench_plan& plan, std::size_t files);
/// `open loop at 200/s, 10 s a window after 1 s of warm-up`.
std::string load_text(const load_plan& load);

}  // namespace sluice::cli
