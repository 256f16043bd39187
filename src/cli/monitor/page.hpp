// The status page: one HTML text that loads nothing, and is told everything over /events.
#pragma once

#include "board.hpp"

#include <string_view>

namespace sluice::cli {

/// The same for everybody: it holds no figure.
shared_text status_page();
/// The page's Content-Security-Policy allows nothing but its own styles and scripts, by their hashes, and
/// /events.
std::string_view page_policy();

}  // namespace sluice::cli
