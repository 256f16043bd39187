// The verb `summary`.
#pragma once

#include "cli/options/raw_options.hpp"

#include <string>
#include <vector>

namespace sluice::cli {

/// Adds up the summaries in the files that are named, and prints their sum; returns the exit code, which is
/// the worst of theirs.
int add_up_summaries(const raw_options& options, std::vector<std::string>& problems);

}  // namespace sluice::cli
