// Published ideas of an adaptive window, for comparison, with their own defaults but for the limits.
#pragma once

#include "sim/window_trial.hpp"

#include <string_view>

namespace sim {

/// `aimd`, `gradient2`, `arc`; nothing for any other name.
///
/// aimd       Netflix concurrency-limits, AIMDLimit: one more for each success of a window that is used, a
/// tenth
///            less for each failure
/// gradient2  the same, Gradient2Limit: long-term against present latency, averaged over 100 ms
/// arc        Vector's adaptive request concurrency: one more while latency is not above its moving average,
///            a tenth less at a failure or when it is by more than 2.5 deviations
rival_maker rival_named(std::string_view name);

}  // namespace sim
