// The verb `send`.
#pragma once

#include "display.hpp"
#include "send_plan.hpp"

namespace sluice::cli {

/// Drains once; returns the exit code.
int send(send_plan plan);

/// What a drain ends with: its summary, shown and written; returns the exit code. `signal` stopped it, or 0.
int tell_end(const send_plan& plan, const run_summary& summary, int signal, display& show);

}  // namespace sluice::cli
