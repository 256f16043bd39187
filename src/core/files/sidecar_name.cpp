#include "core/files/sidecar_name.hpp"

#include <sluice/text.hpp>

#include <algorithm>
#include <array>
#include <set>
#include <span>

namespace sluice::core {
namespace {

constexpr std::array<std::string_view, 5> known{"path", "dir", "name", "stem", "ext"};

bool tells_files_apart(std::string_view name) { return name == "path" || name == "name" || name == "stem"; }

/// Whether a path has an empty step, `.` or `..`; one that begins with `/` has an empty one.
bool leads_astray(std::string_view path) {
  for (;;) {
    const auto step = path.substr(0, path.find('/'));
    if (step.empty() || step == "." || step == "..") return true;
    if (step.size() == path.size()) return false;
    path.remove_prefix(step.size() + 1);
  }
}

/// Whether `path` is these texts in this order, with anything between them.
bool is_around(std::span<const std::string> texts, std::string_view path) {
  if (!path.starts_with(texts.front())) return false;
  path.remove_prefix(texts.front().size());
  for (const auto& text : texts.subspan(1, texts.size() - 2)) {
    const auto at = path.find(text);
    if (at == std::string_view::npos) return false;
    path.remove_prefix(at + text.size());
  }
  return path.ends_with(texts.back());
}

problem bad(std::string_view text, const char* why) { return {"'" + printable(text) + "' " + why}; }

}  // namespace

parsed<sidecar_name> sidecar_name::parse(std::string_view text) {
  std::vector<std::string> texts(1);
  std::set<std::string_view> used;
  bool tells_apart = false;
  std::string sample;  // the name with a step in place of each template
  constexpr const char* known_braces =
      "may have the templates {path}, {dir}, {name}, {stem} and {ext}, and no other braces";
  for (auto rest = text; !rest.empty();) {
    if (rest.front() == '}') return bad(text, known_braces);
    if (rest.front() != '{') {
      texts.back() += rest.front(), sample += rest.front();
      rest.remove_prefix(1);
      continue;
    }
    const auto end = rest.find('}');
    const auto name = rest.substr(1, end == std::string_view::npos ? end : end - 1);
    if (end == std::string_view::npos || std::ranges::find(known, name) == known.end())
      return bad(text, known_braces);
    tells_apart = tells_apart || tells_files_apart(name);
    used.insert(name);
    texts.emplace_back(), sample += 'x';
    rest.remove_prefix(end + 1);
  }
  if (!tells_apart)
    return bad(text, "would be the side-car of all files; write one like {path}.json or {dir}/{stem}.json");
  if (leads_astray(sample))
    return bad(text, "must be a path below the source, without empty steps, . and ..");
  auto name = field_template::parse(text);
  if (!name) return name.error();
  const bool of_one_file = used.contains("path") || (text.starts_with("{dir}/") && used.contains("name"));
  sidecar_name result{std::move(*name), std::move(texts), of_one_file};
  constexpr std::array<std::string_view, 4> samples{"a", "a.b", "d/a", "d/a.b"};
  if (std::ranges::any_of(samples, [&](std::string_view path) { return result.name_for(path) == path; }))
    return bad(text, "is the file itself");
  return result;
}

std::string sidecar_name::name_for(std::string_view path) const {
  template_values values;
  values.path = path;
  auto name = name_.render(values);
  const bool is_absolute = path.starts_with('/');
  return name.starts_with('/') && !is_absolute ? name.substr(1) : name;  // right in the root `{dir}` is empty
}

bool sidecar_name::may_be(std::string_view path) const {
  if (is_around(texts_, path)) return true;
  // Templates at the beginning may be empty, as `{dir}` is right in the root; the `/` behind them goes then.
  const auto first = std::ranges::find_if_not(texts_, &std::string::empty);
  return first != texts_.end() && first->starts_with('/') && is_around(texts_, "/" + std::string{path});
}

}  // namespace sluice::core
