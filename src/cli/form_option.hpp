// --form and --header, in curl's notation.
#pragma once

#include "raw_options.hpp"

#include <sluice/config.hpp>

namespace sluice::cli {

void read_form(const raw_options& options, config& cfg, std::vector<std::string>& problems);
void read_headers(const raw_options& options, config& cfg, std::vector<std::string>& problems);

}  // namespace sluice::cli
