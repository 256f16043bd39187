// multipart/form-data (RFC 7578, escaping as WHATWG HTML §4.10.21.8): everything of a body but the file's
// bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace sluice::core {

/// How a `"` is written in a name. Most servers take one of the two for what it stands for.
enum class quoting {
  percent,    ///< `%22`, as browsers do (WHATWG HTML)
  backslash,  ///< `\"`, and `\\` for a backslash, as the quoted-string of RFC 9110 §5.6.4
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

/// The letters of a boundary.
using boundary_text = std::array<char, 42>;

/// A boundary (RFC 2046 §5.1.1) from 128 random bits; at least 32 hexadecimal digits of it are random.
boundary_text make_boundary(std::span<const std::byte, 16> random);

/// Writes the form of one request: fields in order, then the file part, last. A value is written where it
/// stands in the end, so that no copy of it is made. In a name `"` (and with quoting::backslash `\`) is
/// written as `q` says, CR as `%0D`, LF as `%0A`, and every other byte as it is.
class form_writer {
 public:
  /// `boundary` outlives the writer.
  explicit form_writer(std::string_view boundary, quoting q = quoting::percent)
      : boundary_{boundary}, quoting_{q} {}

  /// Begins a text field and returns the text that its value is appended to. end_field() follows.
  std::string& begin_field(std::string_view name);
  void end_field();
  /// Ends the form with the file part; `filename` has raw bytes of any kind, `type` is its media type.
  multipart_frame end(std::string_view name, std::string_view filename, std::string_view type);

 private:
  void append_disposition(std::string_view name);

  std::string out_;
  std::string_view boundary_;
  quoting quoting_;
};

}  // namespace sluice::core
