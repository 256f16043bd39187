// A strict streaming reader of multipart/form-data with one file, which comes last (RFC 2046, RFC 7578). No
// IO.
#pragma once

#include "sink/part_head.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace sink {

/// Fed with any pieces of a body, it gives the same events, save that one `file_data` may come as several. It
/// keeps one part head or one field value at a time, both capped; file bytes are views of the caller's input.
class multipart_reader {
 public:
  enum class event {
    need_more,   ///< the input is used up
    field,       ///< a text field: part().name, value()
    file_begin,  ///< the head of the file part: part()
    file_data,   ///< data(), valid until the next call and as long as the input
    file_end,
    complete,   ///< the closing delimiter
    malformed,  ///< reason(); final
  };

  static constexpr std::size_t max_head_bytes = 16 * 1024;
  static constexpr std::size_t max_value_bytes = 64 * 1024;
  static constexpr std::size_t max_fields = 256;

  /// Begins anew; `boundary` as boundary_of() gives it.
  void restart(std::string_view boundary);

  /// Consumes from the front of `in` up to the next event.
  event next(std::string_view& in);

  /// Says at the body's end whether it is a whole form. If not, reason() says why.
  bool finish();

  const part_head& part() const noexcept { return part_; }
  std::string_view value() const noexcept { return value_; }
  std::string_view data() const noexcept { return data_; }
  const char* reason() const noexcept { return reason_; }

 private:
  enum class state { opening, after_delimiter, head, value, file, closed, after_cr, after_crlf, failed };

  event fail(const char* reason);
  event on_opening(std::string_view& in);
  event on_after_delimiter(std::string_view& in);
  event on_head(std::string_view& in);
  event on_value(std::string_view& in);
  event on_file(std::string_view& in);
  event on_epilogue(std::string_view& in);
  std::string_view take_content(std::string_view& in);

  state state_ = state::failed;
  std::string delimiter_;    // CRLF, two dashes, the boundary
  std::size_t matched_ = 0;  // bytes of delimiter_ the input has ended with so far
  std::string head_,
      value_;  // head and value of the part being read; value_ also holds the two bytes after a delimiter
  part_head part_;
  std::string_view data_;
  std::size_t fields_ = 0;
  bool file_seen_ = false;
  const char* reason_ = "";
};

}  // namespace sink
