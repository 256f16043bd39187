// The library's problems, in the words of the command line.
#pragma once

#include "raw_options.hpp"

#include <sluice/config.hpp>
#include <sluice/source.hpp>

namespace sluice::cli {

/// Returns the problems of `cfg` and, unless it is null, of `from`: `tls.ca_file` becomes `--cacert`, or the
/// place where that option was given. Those that the command line has complained of itself are left out.
std::vector<std::string> library_problems(const config& cfg, const source* from, const raw_options& options);

}  // namespace sluice::cli
