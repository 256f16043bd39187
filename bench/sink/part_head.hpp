// The head of one part of a form: who it is, read strictly (RFC 7578, and WHATWG's escapes).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sink {

struct part_head {
  bool is_file = false;              ///< true when the part has a filename
  std::string name, filename, type;  ///< raw bytes, unescaped
};

inline constexpr std::size_t max_name_bytes = 4096;

/// Fills `out` from header lines that each end in CRLF (the blank line not among them). Returns nullptr, or
/// what is wrong with them.
const char* parse_part_head(std::string_view lines, part_head& out);

/// The boundary of a `multipart/form-data` Content-Type, empty when there is no valid one (RFC 2046 §5.1.1).
std::string_view boundary_of(std::string_view content_type);

}  // namespace sink
