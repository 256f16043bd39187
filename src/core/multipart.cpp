#include "core/multipart.hpp"

namespace sluice::core {
namespace {

void append_disposition(std::string& out, std::string_view boundary, std::string_view name) {
  out.append("--").append(boundary).append("\r\nContent-Disposition: form-data; name=\"");
  out.append(escape_parameter(name)).append("\"");
}

}  // namespace

std::string make_boundary(std::span<const std::byte, 16> random) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string boundary = "----sluice";
  for (const std::byte b : random) {
    boundary += digits[std::to_integer<unsigned>(b >> 4)];
    boundary += digits[std::to_integer<unsigned>(b & std::byte{15})];
  }
  return boundary;
}

std::string escape_parameter(std::string_view raw) {
  std::string out;
  out.reserve(raw.size());
  for (const char c : raw) switch (c) {
      case '"':
        out += "%22";
        break;
      case '\r':
        out += "%0D";
        break;
      case '\n':
        out += "%0A";
        break;
      default:
        out += c;
    }
  return out;
}

multipart_frame frame_multipart(std::string_view boundary, std::span<const field> fields,
                                const file_head& file) {
  multipart_frame frame;
  auto& out = frame.preamble;
  for (const field& f : fields) {
    append_disposition(out, boundary, f.name);
    out.append("\r\n\r\n").append(f.value).append("\r\n");
  }
  append_disposition(out, boundary, file.name);
  out.append("; filename=\"").append(escape_parameter(file.filename)).append("\"\r\n");
  out.append("Content-Type: ").append(file.type).append("\r\n\r\n");
  frame.epilogue.append("\r\n--").append(boundary).append("--\r\n");
  return frame;
}

}  // namespace sluice::core
