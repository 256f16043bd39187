// multipart/form-data (RFC 7578, escaping as WHATWG HTML §4.10.21.8): everything of a body but the file's
// bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::core {

/// A text field, value already rendered.
struct field {
  std::string name;
  std::string value;
};

/// How a `"` is written in a name. Most servers take one of the two for what it stands for.
enum class quoting {
  percent,    ///< `%22`, as browsers do (WHATWG HTML)
  backslash,  ///< `\"`, and `\\` for a backslash, as the quoted-string of RFC 9110 §5.6.4
};

/// The head of the file part.
struct file_head {
  std::string name;      ///< form name
  std::string filename;  ///< raw bytes of any kind
  std::string type;      ///< media type
};

/// The bytes around the file: body = preamble, file, epilogue.
struct multipart_frame {
  std::string preamble;
  std::string epilogue;

  /// The length of a body with a file of `file_size` bytes; exact before its first byte is read.
  std::uint64_t content_length(std::uint64_t file_size) const noexcept {
    return preamble.size() + file_size + epilogue.size();
  }
};

/// A boundary (RFC 2046 §5.1.1) from 128 random bits; at least 32 hexadecimal digits of it are random.
std::string make_boundary(std::span<const std::byte, 16> random);

/// A parameter value between double quotes: `"` (and with quoting::backslash `\`) as `q` says, CR → `%0D`,
/// LF → `%0A`, every other byte as it is.
std::string escape_parameter(std::string_view raw, quoting q = quoting::percent);

/// Fields in order, then the file part, last.
multipart_frame frame_multipart(std::string_view boundary, std::span<const field> fields,
                                const file_head& file, quoting q = quoting::percent);

}  // namespace sluice::core
