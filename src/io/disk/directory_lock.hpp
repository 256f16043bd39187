// One instance at a time: a lock that dies with the process.
#pragma once

#include "core/files/shard_range.hpp"
#include "io/asio.hpp"
#include "io/disk/directory.hpp"

#include <filesystem>
#include <vector>

namespace sluice::io {

/// flock on each root's own descriptor, or on `lock_file` (made with mode 0600, never removed) in their
/// stead. errc::locked when another process holds one.
///
/// Shards that do not overlap can be held at once: their places are locked as a range of bytes (open file
/// description locks). A whole source excludes all of its shards.
class directory_lock {
 public:
  error_code take(const std::vector<std::shared_ptr<const directory>>& roots,
                  const std::filesystem::path& lock_file, const core::shard_range& places = core::all_places);

 private:
  std::vector<unique_fd> held_;
};

}  // namespace sluice::io
