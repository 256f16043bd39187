#include "core/multipart.hpp"

#include <algorithm>

namespace sluice::core {
namespace {

constexpr std::size_t typical_part = 160;  ///< bytes of a boundary, a head and a short value

void append_escaped(std::string& out, std::string_view raw) {
  for (;;) {
    const auto plain = std::min(raw.find_first_of("\"\r\n"), raw.size());
    out.append(raw.substr(0, plain));
    if (plain == raw.size()) return;
    out += raw[plain] == '"' ? "%22" : raw[plain] == '\r' ? "%0D" : "%0A";
    raw.remove_prefix(plain + 1);
  }
}

void append_disposition(std::string& out, std::string_view boundary, std::string_view name) {
  out.append("--").append(boundary).append("\r\nContent-Disposition: form-data; name=\"");
  append_escaped(out, name);
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

std::string escape_parameter(std::string_view raw) {
  std::string out;
  append_escaped(out, raw);
  return out;
}

multipart_frame frame_multipart(std::string_view boundary, std::span<const field> fields,
                                const file_head& file) {
  multipart_frame frame;
  auto& out = frame.preamble;
  out.reserve(typical_part * (fields.size() + 1));
  for (const field& f : fields) {
    append_disposition(out, boundary, f.name);
    out.append("\r\n\r\n").append(f.value).append("\r\n");
  }
  append_disposition(out, boundary, file.name);
  out.append("; filename=\"");
  append_escaped(out, file.filename);
  out.append("\"\r\n");
  out.append("Content-Type: ").append(file.type).append("\r\n\r\n");
  frame.epilogue.append("\r\n--").append(boundary).append("--\r\n");
  return frame;
}

}  // namespace sluice::core
