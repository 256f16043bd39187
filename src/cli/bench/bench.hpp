// The verb `bench`.
#pragma once

#include "plan.hpp"

namespace sluice::cli {

/// Measures one window after the other, and reports; returns the exit code.
int bench(bench_plan plan);

}  // namespace sluice::cli
