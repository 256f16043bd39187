#include "core/http/multipart.hpp"

#include <algorithm>
#include <utility>

namespace sluice::core {
namespace {

constexpr std::size_t typical_form = 640;  ///< bytes of three short fields and the head of the file part

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
  const auto is_special = [q](char c) {
    return c == '"' || c == '\r' || c == '\n' || (c == '\\' && q == quoting::backslash);
  };
  for (;;) {
    const auto plain = static_cast<std::size_t>(std::ranges::find_if(raw, is_special) - raw.begin());
    out.append(raw.substr(0, plain));
    if (plain == raw.size()) return;
    out += escape_of(raw[plain], q);
    raw.remove_prefix(plain + 1);
  }
}

}  // namespace

boundary_text make_boundary(std::span<const std::byte, 16> random) {
  constexpr std::string_view digits = "0123456789abcdef", begin = "----sluice";
  boundary_text text;
  static_assert(text.size() == begin.size() + 2 * random.size());
  auto* at = std::ranges::copy(begin, text.begin()).out;
  for (const std::byte b : random) {
    *at++ = digits[std::to_integer<unsigned>(b >> 4)];
    *at++ = digits[std::to_integer<unsigned>(b & std::byte{15})];
  }
  return text;
}

void form_writer::append_disposition(std::string_view name) {
  if (out_.empty()) out_.reserve(typical_form);
  out_.append("--").append(boundary_).append("\r\nContent-Disposition: form-data; name=\"");
  append_escaped(out_, name, quoting_);
  out_ += '"';
}

std::string& form_writer::begin_field(std::string_view name) {
  append_disposition(name);
  out_.append("\r\n\r\n");
  return out_;
}

void form_writer::end_field() { out_.append("\r\n"); }

multipart_frame form_writer::end(std::string_view name, std::string_view filename, std::string_view type) {
  append_disposition(name);
  out_.append("; filename=\"");
  append_escaped(out_, filename, quoting_);
  out_.append("\"\r\nContent-Type: ").append(type).append("\r\n\r\n");
  multipart_frame frame{std::move(out_), {}};
  frame.epilogue.reserve(boundary_.size() + 8);
  frame.epilogue.append("\r\n--").append(boundary_).append("--\r\n");
  return frame;
}

}  // namespace sluice::core
