// The files of the program itself: where they must not be, and who may read them.
#pragma once

#include "option_reader.hpp"
#include "raw_options.hpp"

#include <sluice/config.hpp>
#include <sluice/source.hpp>

#include <string>
#include <vector>

namespace sluice::cli {

/// Names them in the configuration, so that none is drained with a source, and warns once of each that holds
/// a secret and can be read by everybody.
void note_own_files(const raw_options& options, config& cfg, std::vector<std::string>& warnings);

/// One problem for each option whose file would be written over, or into, another of this run: that of
/// another option. A link and another spelling are the same file.
void check_outputs(const raw_options& options, option_reader& r);

/// One problem for each directory to be walked that is the user's home.
void check_home(const source& from, std::vector<std::string>& problems);
/// A source that is a link to a file is not followed.
void warn_of_links(const source& from, std::vector<std::string>& warnings);

}  // namespace sluice::cli
