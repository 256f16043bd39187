// argv to raw options.
#pragma once

#include "raw_options.hpp"

#include <optional>
#include <string>
#include <vector>

namespace sluice::cli {

/// Returns the options that `argv` asks for; nothing when it was answered already (--help, --version), with
/// `exit_code` set. Unknown options and missing values go to `problems`.
std::optional<raw_options> parse_command_line(int argc, const char* const* argv,
                                              std::vector<std::string>& problems, int& exit_code);

}  // namespace sluice::cli
