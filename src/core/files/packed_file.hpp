// A file of a listing in few bytes: the difference to the one before it.
#pragma once

#include "core/files/file_identity.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::core {

/// A file as a listing holds it.
struct listed_file {
  std::string path;        ///< relative to its root, raw bytes
  std::uint32_t root = 0;  ///< the number of the root
  bool listed = false;     ///< named by a list, and not looked at
  std::optional<file_identity> identity;

  friend bool operator==(const listed_file&, const listed_file&) = default;
};

/// Appends `f` to `bytes`, where `before` was the one appended before it, or an empty one.
void pack_file(std::string& bytes, const listed_file& before, const listed_file& f);
/// Makes of the file before it the file at `at`, which pack_file() appended there. The place of the next one.
std::size_t unpack_file(std::string_view bytes, std::size_t at, listed_file& f);

}  // namespace sluice::core
