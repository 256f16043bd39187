// Globs, and what the walk concludes from them: `PATTERN\ DIRECTORY\ PATH`, the path below the directory.
#include "core/files/glob.hpp"

#include "fuzz.hpp"

using sluice::core::glob;

namespace {

/// Components that a directory can hold, joined by single slashes.
std::string as_path(std::string_view text) {
  std::string path;
  while (!text.empty()) {
    std::string component{text.substr(0, text.find('/'))};
    text.remove_prefix(std::min(text.size(), component.size() + 1));
    std::erase(component, '\0');
    if (component.empty() || component == "." || component == "..") continue;
    if (!path.empty()) path += '/';
    path += component;
  }
  return path;
}

/// A pattern that means `path` only, from the root.
std::string escaped(std::string_view path) {
  std::string pattern{"/"};
  for (const char c : path) {
    if (std::string_view{"*?[]{},\\^!-"}.find(c) != std::string_view::npos) pattern += '\\';
    pattern += c;
  }
  return pattern;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in{data, size};
  const auto pattern = in.text();
  const auto directory = as_path(in.text());
  const auto name = as_path(in.rest());

  const auto parsed = glob::parse(pattern);
  if (!parsed.has_value())
    fuzz::require(!parsed.error().what.empty() && fuzz::is_one_safe_line(parsed.error().what),
                  "a problem is one line without control characters");
  if (directory.empty() || name.empty()) return 0;
  const auto path = directory + "/" + name;
  if (parsed.has_value()) {
    const bool matches = parsed->matches(path);
    fuzz::require(!parsed->covers(directory) || matches,
                  "what covers a directory matches all that is below it");
    fuzz::require(!matches || parsed->reaches(directory), "what matches a path reaches its directory");
    // A slash at either end means something there only, and a comma would make two of one.
    const bool plain =
        pattern.find(',') == std::string::npos && !pattern.starts_with('/') && !pattern.ends_with('/');
    const auto in_braces = glob::parse("{" + pattern + "}");
    fuzz::require(!plain || !in_braces.has_value() || in_braces->matches(path) == matches,
                  "one alternative is as good as none");
  }
  const auto itself = glob::parse(escaped(path));
  if (!itself.has_value()) return 0;  // too long
  fuzz::require(itself->matches(path), "a path that is written out matches itself");
  fuzz::require(!itself->matches(path + "x") && !itself->matches("x" + path) && !itself->matches(directory),
                "and nothing else");
  return 0;
}
