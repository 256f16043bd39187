// Removes a folder that is empty, and as we left it.
#pragma once

#include "core/files/emptied_folders.hpp"
#include "io/disk/directory.hpp"

#include <string>

namespace sluice::io {

/// Removes the folder `path` below `root` by the descriptor of its parent, if it is `left`. No link is
/// followed on the way. The system itself refuses a folder that is not empty, so a file that is made at this
/// moment is safe.
core::folder_removal remove_folder(const directory& root, const std::string& path,
                                   const core::file_identity& left) noexcept;

/// Whether there is an empty folder of that path.
bool has_empty_folder(const directory& root, const std::string& path) noexcept;

}  // namespace sluice::io
