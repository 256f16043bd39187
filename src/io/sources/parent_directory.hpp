// The directory of the name that was looked at last: most names that the kernel tells of lie beside the one
// before.
#pragma once

#include "core/files/told_queue.hpp"
#include "io/disk/directory.hpp"

#include <sys/stat.h>

#include <memory>

namespace sluice::io {

class parent_directory {
 public:
  /// The facts of the place below `root`; false: nothing is there. A link is not followed.
  bool stat_place(const directory& root, const core::told_queue::place& p, struct stat& st);
  /// Another directory may have taken its name.
  void forget_directory() noexcept { open_.reset(); }

 private:
  std::shared_ptr<const directory> open_;
  core::told_queue::place at_{};
};

}  // namespace sluice::io
