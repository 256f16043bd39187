// Options that do not go together.
#pragma once

#include "raw_options.hpp"

namespace sluice::cli {

/// Whether the option that `row` only works with is given; true when `row` itself is not.
bool has_what_it_needs(const option_row& row, const raw_options& options);

/// One problem for each pair, naming both and saying which to drop.
void check_contradictions(const raw_options& options, std::vector<std::string>& problems);

}  // namespace sluice::cli
