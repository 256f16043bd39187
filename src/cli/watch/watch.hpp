// The verb `watch`.
#pragma once

#include "plan.hpp"

namespace sluice::cli {

/// Follows its sources until it is told to stop; returns the exit code. Throws std::invalid_argument for what
/// no uploader can be made of after all.
int watch(watch_plan plan);

}  // namespace sluice::cli
