// Standard input, output and error, where whoever started us closed some of them.
#pragma once

namespace sluice::cli {

/// Call this before anything else is opened: no file of ours gets the number of a stream that was closed. To
/// read or write it stays an error.
void hold_standard_streams() noexcept;
/// Whether there is one to read.
bool has_standard_input() noexcept;

}  // namespace sluice::cli
