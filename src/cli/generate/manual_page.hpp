// Manual pages in mdoc(7), made of the tables of verbs and options.
#pragma once

#include "cli/options/option_table.hpp"

#include <string>

namespace sluice::cli {

/// sluice(1).
std::string make_manual_page();
/// sluice-VERB(1).
std::string make_manual_page(verb v);

}  // namespace sluice::cli
