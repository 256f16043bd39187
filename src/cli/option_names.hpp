// The library's problems, in the command line's words.
#pragma once

#include "raw_options.hpp"

namespace sluice::cli {

/// `tls.ca_file: …` becomes `--cacert: …` (or where the option was given). What `known` says already is left
/// out.
std::vector<std::string> in_option_names(const std::vector<std::string>& library, const raw_options& options,
                                         const std::vector<std::string>& known);

}  // namespace sluice::cli
