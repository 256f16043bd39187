// One line of a source's listing.
#pragma once

#include "core/file_identity.hpp"
#include "io/directory.hpp"

#include <memory>
#include <optional>
#include <string>

namespace sluice::io {

/// One thing a source names.
struct entry {
  enum class kind {
    file,                  ///< to be sent, as far as its name tells
    skipped,               ///< `why` says: not selected, or not a regular file
    unreadable_directory,  ///< `why`: what is below it was not seen
  };
  enum class origin { first_walk, walk, told };  ///< told: by the kernel, of a source that is followed
  kind what = kind::file;
  std::shared_ptr<const directory> root;
  std::string path;  ///< relative to root, raw bytes
  error_code why;
  std::optional<core::file_identity> identity;  ///< only when a rule or an order needed it
  origin from = origin::first_walk;
};

/// What there is room for, of a source that is followed.
enum class follow_room {
  any,
  told,  ///< what the kernel tells of; a walk has to wait
  none,
};

}  // namespace sluice::io
