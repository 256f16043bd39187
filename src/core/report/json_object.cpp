#include "core/report/json_object.hpp"

#include "core/base64.hpp"

#include <array>
#include <cstdio>

namespace sluice::core {
namespace {

/// JSON lets DEL and the controls U+0080 to U+009F stand as they are; a terminal may obey them. Outside of
/// strings there are none.
std::string without_controls(const std::string& text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]), next = static_cast<unsigned char>(text[i + 1]);
    const bool two_bytes = byte == 0xc2 && next >= 0x80 && next < 0xa0;
    if (!two_bytes && byte != 0x7f) {
      out += text[i];
      continue;
    }
    std::array<char, 8> escape{};
    std::snprintf(escape.data(), escape.size(), "\\u%04x", two_bytes ? next : byte);
    out += escape.data();
    i += two_bytes ? 1 : 0;
  }
  return out;
}

}  // namespace

/// dump() must not throw for what a file name or a server brings.
std::string json_text(const nlohmann::ordered_json& value) {
  return without_controls(value.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

json_member json_member::base64(const char* n, const std::string& bytes) {
  return is_utf8(bytes) ? json_member{n, {}, 0} : json_member{n, core::base64(bytes)};
}

json_member json_member::digest(const char* n, const std::optional<std::uint64_t>& value) {
  if (!value) return {n, {}, 0};
  std::array<char, 20> digits{};
  std::snprintf(digits.data(), digits.size(), "\"%016llx\"", static_cast<unsigned long long>(*value));
  return {n, digits.data(), 0};
}

std::string object_of(const std::vector<json_member>& members, const std::string& indent) {
  const std::string begin = indent.empty() ? "\"" : "\n" + indent + '"';
  std::string all = "{";
  for (const auto& m : members) {
    if (m.text.empty()) continue;
    if (all.size() > 1) all += ',';
    all += begin;
    all += m.name;
    all += indent.empty() ? "\":" : "\": ";
    all += m.text;
  }
  return all + (indent.empty() ? "}" : "\n" + indent.substr(2) + "}");
}

}  // namespace sluice::core
