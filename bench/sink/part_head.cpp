#include "sink/part_head.hpp"

#include <algorithm>
#include <boost/beast/core/string.hpp>

namespace sink {
namespace {

using boost::beast::iequals;

bool is_boundary_char(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view{"'()+_,-./:=? "}.find(c) != std::string_view::npos;
}

void skip_blanks(std::string_view& in) {
  while (!in.empty() && (in.front() == ' ' || in.front() == '\t')) in.remove_prefix(1);
}

std::string_view trim(std::string_view in) {
  skip_blanks(in);
  while (!in.empty() && (in.back() == ' ' || in.back() == '\t')) in.remove_suffix(1);
  return in;
}

// WHATWG escapes exactly three bytes and leaves a percent sign that stands for itself as it is.
std::string unescape(std::string_view in) {
  std::string out;
  out.reserve(in.size());
  for (std::size_t i = 0; i < in.size();) {
    const std::string_view three = in.substr(i, 3);
    const char c = three == "%22" ? '"' : three == "%0D" ? '\r' : three == "%0A" ? '\n' : '\0';
    out.push_back(c ? c : in[i]);
    i += c ? 3 : 1;
  }
  return out;
}

const char* parse_disposition(std::string_view value, part_head& out) {
  bool named = false;
  const auto kind = value.substr(0, value.find(';'));
  if (!iequals(trim(kind), "form-data")) return "the Content-Disposition is not form-data";
  value.remove_prefix(kind.size());
  while (!value.empty()) {
    value.remove_prefix(1);  // the semicolon
    skip_blanks(value);
    const auto equals = value.find("=\"");
    if (equals == std::string_view::npos) return "a Content-Disposition parameter is not name=\"value\"";
    const auto name = value.substr(0, equals);
    value.remove_prefix(equals + 2);
    const auto quote = value.find('"');
    if (quote == std::string_view::npos) return "a Content-Disposition parameter lacks its closing quote";
    if (quote > max_name_bytes) return "a Content-Disposition parameter is too long";
    auto text = unescape(value.substr(0, quote));
    value.remove_prefix(quote + 1);
    skip_blanks(value);
    if (!value.empty() && value.front() != ';')
      return "a Content-Disposition parameter has bytes after its value";
    if (iequals(name, "name") && !named) {
      out.name = std::move(text);
      named = true;
    } else if (iequals(name, "filename") && !out.is_file) {
      if (text.empty()) return "the filename is empty";
      out.filename = std::move(text);
      out.is_file = true;
    } else {
      return "a Content-Disposition parameter is repeated or unknown";
    }
  }
  return named ? nullptr : "a part has no name";
}

}  // namespace

const char* parse_part_head(std::string_view lines, part_head& out) {
  out = {};
  bool disposed = false, typed = false;
  while (!lines.empty()) {
    const auto end = lines.find("\r\n");
    if (end == std::string_view::npos) return "a part header line does not end in CRLF";
    const auto line = lines.substr(0, end);
    lines.remove_prefix(end + 2);
    if (line.find_first_of(std::string_view{"\r\n\0", 3}) != std::string_view::npos)
      return "a part header has a bare CR, LF or NUL";
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return "a part header has no colon";
    const auto name = line.substr(0, colon);
    const auto value = trim(line.substr(colon + 1));
    if (iequals(name, "Content-Disposition") && !disposed) {
      if (const char* wrong = parse_disposition(value, out)) return wrong;
      disposed = true;
    } else if (iequals(name, "Content-Type") && !typed) {
      if (value.empty()) return "a part's Content-Type is empty";
      out.type = value;
      typed = true;
    } else {
      return "a part header is repeated, or neither Content-Disposition nor Content-Type";
    }
  }
  return disposed ? nullptr : "a part has no Content-Disposition";
}

std::string_view boundary_of(std::string_view type) {
  const auto semicolon = type.find(';');
  if (semicolon == std::string_view::npos || !iequals(trim(type.substr(0, semicolon)), "multipart/form-data"))
    return {};
  auto parameter = trim(type.substr(semicolon + 1));
  constexpr std::string_view key = "boundary=";
  if (!iequals(parameter.substr(0, key.size()), key)) return {};
  parameter.remove_prefix(key.size());
  if (parameter.size() >= 2 && parameter.front() == '"' && parameter.back() == '"')
    parameter = parameter.substr(1, parameter.size() - 2);
  else if (parameter.find_first_of("()<>@,;:\\\"/[]?= \t") != std::string_view::npos)
    return {};
  const bool valid = !parameter.empty() && parameter.size() <= 70 && parameter.back() != ' ' &&
                     std::all_of(parameter.begin(), parameter.end(), is_boundary_char);
  return valid ? parameter : std::string_view{};
}

}  // namespace sink
