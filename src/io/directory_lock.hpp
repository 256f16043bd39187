// One instance at a time: a lock that dies with the process.
#pragma once

#include "io/asio.hpp"
#include "io/directory.hpp"

#include <filesystem>
#include <vector>

namespace sluice::io {

/// flock on each root's own descriptor, or on `lock_file` (made with mode 0600, never removed) in their
/// stead. errc::locked when another process holds one.
class directory_lock {
 public:
  error_code take(const std::vector<std::shared_ptr<const directory>>& roots,
                  const std::filesystem::path& lock_file);

 private:
  std::vector<unique_fd> held_;
};

}  // namespace sluice::io
