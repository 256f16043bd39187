// The verb `send`.
#pragma once

#include "send_plan.hpp"

namespace sluice::cli {

/// Drains once; returns the exit code.
int send(send_plan plan);

}  // namespace sluice::cli
