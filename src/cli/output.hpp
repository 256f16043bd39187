// What a run leaves behind for others to read.
#pragma once

#include <string>
#include <string_view>

namespace sluice::cli {

/// A reader gets some time to read; one that does not keeps neither the program nor the lock.
bool write_to_standard_output(std::string_view text);
/// To the file `where`, or to standard output when it is `-`.
bool write_output(const std::string& where, std::string_view text);

}  // namespace sluice::cli
