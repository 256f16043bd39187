// One line of a source's listing.
#pragma once

#include "core/files/file_identity.hpp"
#include "core/files/manifest_line.hpp"
#include "io/disk/directory.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace sluice::io {

/// The line of a manifest that names a file.
struct entry_line {
  std::uint64_t number = 0;
  std::string problem{};  ///< empty: the line can be used
  core::file_words words{};
};

/// One thing a source names.
struct entry {
  enum class kind {
    file,                  ///< a file to be sent, as far as its name tells
    skipped,               ///< `why` says: not selected, or not a regular file
    unreadable_directory,  ///< `why`: what is below it was not seen
    bad_line,              ///< a line of a manifest that names no file: `line`
  };
  enum class origin { first_walk, walk, told };  ///< told: by the kernel, of a source that is followed
  kind what = kind::file;
  std::shared_ptr<const directory> root;
  std::string path;  ///< relative to root, raw bytes
  error_code why;
  std::optional<core::file_identity> identity;  ///< only when a rule or an order needed it
  origin from = origin::first_walk;
  std::int64_t offset =
      0;  ///< place in its directory, which grows in most file systems; 0: not read from one
  std::shared_ptr<entry_line> line{};  ///< null: it is of no manifest
  bool listed = false;  ///< named by a list or a range, and not looked at: there may be no such file
};

/// The room of the backlog for entries of a source that is followed.
enum class follow_room {
  any,
  told,  ///< room for what the kernel tells of; a walk has to wait
  none,
};

}  // namespace sluice::io
