// The sources of the runs that wrote a job log.
#pragma once

#include <string>
#include <vector>

namespace sluice::io {

/// The paths in a job log are relative to its sources. A regular file notes them in its extended attribute
/// `user.sluice.sources`, each path ended by a NUL, so that nobody has to name them again. A file system
/// without such attributes, and more paths than 4 KiB, have none.
void note_log_sources(int log, const std::vector<std::string>& paths);
std::vector<std::string> read_log_sources(int log);
/// The same sources for another file.
void copy_log_sources(int from, int to);

}  // namespace sluice::io
