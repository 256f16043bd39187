// All figures as one HTML page: no script, nothing from elsewhere.
#pragma once

#include "json.hpp"

#include <string>

namespace sluice::cli {

std::string page(const bench_plan& plan, const bench_result& result);

}  // namespace sluice::cli
