// The destructive step: a name is removed or moved, nothing else ever is.
#pragma once

#include "core/files/removal.hpp"
#include "io/disk/directory.hpp"
#include "io/disk/source_file.hpp"

#include <memory>
#include <string>

namespace sluice::io {

/// Removes the name of an open file. The caller has just found that it still is that file's (delete rule e).
core::removal_failure remove_name(const source_file& file) noexcept;

/// Moves the name of an open file into `target`, under the directories of `relative` (made as needed), never
/// over an existing name: see core::collision_name().
core::removal_failure move_name(const source_file& file, const directory& target, const std::string& relative,
                                const std::string& key);

}  // namespace sluice::io
