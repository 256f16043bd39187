// The verb `generate`.
#pragma once

#include "cli/options/raw_options.hpp"

#include <string>
#include <vector>

namespace sluice::cli {

/// Prints a text that is made of the tables of verbs and options; returns the exit code.
int generate(const raw_options& options, std::vector<std::string>& problems);

}  // namespace sluice::cli
