// The verb `ctl`.
#pragma once

#include "cli/options/raw_options.hpp"

#include <string>
#include <vector>

namespace sluice::cli {

/// Asks the watch that listens at the control socket; returns the exit code. What cannot be asked is added to
/// `problems`.
int ctl(const raw_options& options, std::vector<std::string>& problems);

}  // namespace sluice::cli
