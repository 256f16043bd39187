// A source's roots, opened: directories to walk, and files that are named one by one.
#pragma once

#include "io/disk/directory.hpp"

#include <sluice/source.hpp>

#include <memory>
#include <string>
#include <vector>

namespace sluice::io {

/// A file by the directory it is in, and its name there.
struct named_file {
  std::shared_ptr<const io::directory> directory;
  std::string name;
};

struct opened_source {
  std::vector<std::shared_ptr<const directory>>
      roots;  ///< walked; of a list its base, or the working directory
  std::vector<named_file> named;
  std::vector<std::shared_ptr<const directory>>
      parents;  ///< the parents of those files: each directory once, none of the roots
};

/// Opens what `from` names. A root that is no directory is a file that is meant by itself, whatever it turns
/// out to be; thousands of one folder open that folder once. The same file twice is one. On an error `failed`
/// says of what.
error_code open_source(const source& from, opened_source& out, std::filesystem::path& failed);

}  // namespace sluice::io
