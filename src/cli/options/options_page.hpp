// docs/options.md, made of the option table.
#pragma once

#include <string>

namespace sluice::cli {

/// Returns the whole page. `sluice generate options` prints it, and tests/check_options compares it with the
/// file.
std::string make_options_page();

}  // namespace sluice::cli
