// The verb `compact`.
#pragma once

#include "cli/options/raw_options.hpp"

#include <string>
#include <vector>

namespace sluice::cli {

/// Makes a job log shorter; returns the exit code.
int compact(const raw_options& options, std::vector<std::string>& problems);

}  // namespace sluice::cli
