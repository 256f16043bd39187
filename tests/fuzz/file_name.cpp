// The forms a file's name takes on its way: `KEY\ TURN NAME`.
#include "core/files/disposal.hpp"
#include "core/http/multipart.hpp"
#include "fuzz.hpp"
#include "support/form.hpp"

#include <sluice/text.hpp>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

using namespace sluice;

namespace {

/// A second implementation decides: nlohmann_json refuses to write what is not UTF-8.
bool is_text(const std::string& bytes) {
  try {
    return !nlohmann::json(bytes).dump().empty();
  } catch (const nlohmann::json::type_error&) {
    return false;
  }
}

/// Undoes what printable() wrote.
std::optional<std::string> undone(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
    } else if (text.substr(i, 2) == "\\\\") {
      out += text[++i];
    } else {
      if (text.substr(i, 2) != "\\x" || i + 3 >= text.size()) return std::nullopt;
      out += static_cast<char>(std::stoi(std::string{text.substr(i + 2, 2)}, nullptr, 16));
      i += 3;
    }
  }
  return out;
}

bool has_c1_control(std::string_view utf8) {
  for (std::size_t i = 0; i + 1 < utf8.size(); ++i)
    if (utf8[i] == '\xc2' && static_cast<unsigned char>(utf8[i + 1]) < 0xa0) return true;
  return false;
}

void check_printable(const std::string& name) {
  const auto shown = printable(name);
  fuzz::require(is_utf8(name) == is_text(name), "UTF-8, as nlohmann_json sees it");
  fuzz::require(is_text(shown), "what is shown is UTF-8");
  fuzz::require(fuzz::is_one_safe_line(shown) && !has_c1_control(shown), "and has no control character");
  fuzz::require(undone(shown) == name, "and can be read back");
}

void check_parameter(const std::string& name) {
  const auto escaped = support::escape_parameter(name);
  fuzz::require(escaped.find_first_of("\"\r\n") == std::string::npos,
                "nothing ends a parameter before its end");
  const bool ambiguous = fuzz::undo_escapes(name) != name;
  fuzz::require(fuzz::undo_escapes(escaped) == (ambiguous ? fuzz::undo_escapes(name) : name),
                "a parameter comes back, but for what WHATWG leaves ambiguous");
}

/// The property holds for every name that a directory can hold.
void check_collision(const std::string& name, const std::string& key, unsigned turn) {
  const auto other = core::collision_name(name, key, turn);
  fuzz::require(other.size() <= 255, "a name has at most 255 bytes");
  fuzz::require(other.find_first_of(std::string_view{"/\0", 2}) == std::string::npos,
                "a name is one component");
  fuzz::require(other != "." && other != "..", "the name of a file");
  fuzz::require(other != core::collision_name(name, key, turn + 1), "each turn another one");
  fuzz::require(!is_text(name) || is_text(other), "no character is cut in two");
  const auto tag = "." + key.substr(0, 8) + (turn > 1 ? "." + std::to_string(turn) : "");
  fuzz::require(other.find(tag) != std::string::npos, "it has the key's first digits");
  // A long name that has the tag already may come back once: then the next turn is for it.
  fuzz::require(other != name || name.find(tag) != std::string::npos, "another name");
  const auto dot = name.rfind('.');
  const auto extension = dot == std::string::npos || dot == 0 ? "" : name.substr(dot);
  const bool fits = extension.size() + tag.size() < 255;
  fuzz::require(!fits || other.ends_with(tag + extension), "it keeps its extension");
  const auto stem = other.substr(0, other.size() - tag.size() - (fits ? extension.size() : 0));
  fuzz::require(name.starts_with(stem), "it begins as the name does");
  fuzz::require(stem.size() + 4 > std::min<std::size_t>(name.size() - (fits ? extension.size() : 0),
                                                        255 - other.size() + stem.size()),
                "as much of the stem as fits");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in{data, size};
  auto key = in.text();
  const auto turn = 1 + static_cast<unsigned>(in.number() % 100'000);
  const std::string name{in.rest()};

  check_printable(name);
  check_parameter(name);
  const auto in_directory = [](const std::string& n) {
    return !n.empty() && n.size() <= 255 && n != "." && n != ".." &&
           n.find_first_of(std::string_view{"/\0", 2}) == std::string::npos;
  };
  key.erase(std::remove_if(key.begin(), key.end(),
                           [](char c) { return !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')); }),
            key.end());
  key.resize(32, '0');  // a key is an UUID
  if (in_directory(name)) check_collision(name, key, turn);
  return 0;
}
