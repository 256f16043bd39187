// Options that do not go together.
#pragma once

#include "raw_options.hpp"

namespace sluice::cli {

/// One problem for each pair, naming both and saying which to drop.
void check_contradictions(const raw_options& options, std::vector<std::string>& problems);

}  // namespace sluice::cli
