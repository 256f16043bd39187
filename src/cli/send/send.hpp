// The verb `send`.
#pragma once

#include "cli/terminal/display.hpp"
#include "cli/terminal/window_trace.hpp"
#include "send_plan.hpp"

#include <boost/system/error_code.hpp>
#include <string>

namespace sluice::cli {

/// Drains once; returns the exit code.
int send(send_plan plan);

/// Ends a drain: shows and writes its summary, and returns the exit code. `signal` stopped it, or 0; `ec` is
/// the drain's; without `traced` what else was asked for could not be written.
int tell_end(const send_plan& plan, const run_summary& summary, boost::system::error_code ec, int signal,
             display& show, bool traced);
std::string cannot_write_trace(const send_plan& plan, const window_trace& trace);

}  // namespace sluice::cli
