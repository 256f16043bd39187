// The places that the names of a list lead to, each once.
#pragma once

#include "core/files/seen_names.hpp"
#include "io/disk/directory.hpp"

#include <memory>
#include <string>

namespace sluice::io {

class listed_places {
 public:
  /// The names are relative to `root`, which is the base of a list or the working directory.
  explicit listed_places(std::shared_ptr<const directory> root);

  const std::shared_ptr<const directory>& root() const noexcept { return root_; }
  /// The name as seen from the root, if it is below the root and written out from `/`.
  std::string below_root(std::string path) const;
  /// False: a name before led to the same place.
  bool add_place(const std::string& path);

 private:
  std::string place_of(const std::string& path);

  std::shared_ptr<const directory> root_;
  std::string base_;  ///< the root's path: absolute, with a slash at its end
  core::seen_names seen_;
  std::string last_parent_, place_;  ///< parent of the name before; most names lie beside each other
};

}  // namespace sluice::io
