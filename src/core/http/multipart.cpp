#include "core/http/multipart.hpp"

#include <algorithm>

namespace sluice::core {
namespace {

constexpr std::size_t typical_part = 160;  ///< bytes of a boundary, a head and a short value

/// Instead of a byte that cannot stand between quotes.
std::string_view escape_of(char c, quoting q) {
  switch (c) {
    case '\r':
      return "%0D";
    case '\n':
      return "%0A";
    case '\\':
      return "\\\\";
    default:
      return q == quoting::percent ? "%22" : "\\\"";
  }
}

void append_escaped(std::string& out, std::string_view raw, quoting q) {
  const auto special = q == quoting::percent ? "\"\r\n" : "\"\\\r\n";
  for (;;) {
    const auto plain = std::min(raw.find_first_of(special), raw.size());
    out.append(raw.substr(0, plain));
    if (plain == raw.size()) return;
    out += escape_of(raw[plain], q);
    raw.remove_prefix(plain + 1);
  }
}

void append_disposition(std::string& out, std::string_view boundary, std::string_view name, quoting q) {
  out.append("--").append(boundary).append("\r\nContent-Disposition: form-data; name=\"");
  append_escaped(out, name, q);
  out += '"';
}

}  // namespace

std::string make_boundary(std::span<const std::byte, 16> random) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string boundary;
  boundary.reserve(10 + 2 * random.size());
  boundary = "----sluice";
  for (const std::byte b : random) {
    boundary += digits[std::to_integer<unsigned>(b >> 4)];
    boundary += digits[std::to_integer<unsigned>(b & std::byte{15})];
  }
  return boundary;
}

std::string escape_parameter(std::string_view raw, quoting q) {
  std::string out;
  append_escaped(out, raw, q);
  return out;
}

multipart_frame frame_multipart(std::string_view boundary, std::span<const field> fields,
                                const file_head& file, quoting q) {
  multipart_frame frame;
  auto& out = frame.preamble;
  out.reserve(typical_part * (fields.size() + 1));
  for (const field& f : fields) {
    append_disposition(out, boundary, f.name, q);
    out.append("\r\n\r\n").append(f.value).append("\r\n");
  }
  append_disposition(out, boundary, file.name, q);
  out.append("; filename=\"");
  append_escaped(out, file.filename, q);
  out.append("\"\r\n");
  out.append("Content-Type: ").append(file.type).append("\r\n\r\n");
  frame.epilogue.reserve(boundary.size() + 8);
  frame.epilogue.append("\r\n--").append(boundary).append("--\r\n");
  return frame;
}

}  // namespace sluice::core
