// Files that can be read only once (`<(command)`, /dev/stdin, a fifo), for options whose file is read again.
#pragma once

#include "cli/options/raw_options.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace sluice::cli {

/// `-`, `/dev/stdin` and the like, also behind a `@`.
bool is_standard_input(std::string_view value);

/// Each such file of a header, certificate, key or password option is read to its end now. Its text is kept
/// in memory, as a file that the option names from then on: a reload finds what it had at the start.
void keep_pipes(raw_options& options, std::vector<std::string>& problems);

/// A message with the names that were typed instead of those of the files in memory.
std::string in_given_names(std::string text, const raw_options& options);

}  // namespace sluice::cli
