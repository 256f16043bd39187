#include "core/http/header_rule.hpp"

#include "core/http/token.hpp"

#include <sluice/text.hpp>

#include <algorithm>
#include <utility>

namespace sluice::core {
namespace {

using std::string_view;

string_view trimmed(string_view s) noexcept {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!s.empty() && is_blank(s.front())) s.remove_prefix(1);
  while (!s.empty() && is_blank(s.back())) s.remove_suffix(1);
  return s;
}

string_view unquoted(string_view s) noexcept {
  return s.size() >= 2 && s.front() == '"' && s.back() == '"' ? s.substr(1, s.size() - 2) : s;
}

}  // namespace

parsed<header_rule> header_rule::parse(string_view text, std::span<const std::string> groups) {
  const auto equals = text.find('=');
  const auto name = trimmed(text.substr(0, equals));
  if (equals == string_view::npos || !is_token(name))
    return problem{"'" + printable(text) +
                   "' is not a header, '=' and its value: write 'ETag=\"{md5}\"' or 'X-Stored=yes'"};
  const auto value = trimmed(text.substr(equals + 1));
  auto wanted = field_template::parse(value, groups);
  if (!wanted) return wanted.error();
  auto bare = field_template::parse(unquoted(value), groups);
  if (!bare) return bare.error();
  header_rule rule;
  rule.text_ = text, rule.name_ = name;
  rule.wanted_ = std::move(*wanted), rule.unquoted_ = std::move(*bare);
  return rule;
}

bool header_rule::is_met_by(string_view value, const template_values& values) const {
  return wanted_.is_rendered_as(value, values) || unquoted_.is_rendered_as(unquoted(value), values);
}

finding header_rule::ask(const reply_fields& fields, const template_values& values) const {
  using enum finding::answer;
  const std::string* first = nullptr;
  for (const auto& [name, value] : fields) {
    if (!equal_ignoring_case(name, name_)) continue;
    if (first == nullptr) first = &value;
    if (is_met_by(trimmed(value), values)) return {holds};
    for (string_view rest = value; !rest.empty();) {
      const auto one = rest.substr(0, rest.find(','));
      rest.remove_prefix(std::min(one.size() + 1, rest.size()));
      if (is_met_by(trimmed(one), values)) return {holds};
    }
  }
  if (!is_proof()) return {differs};
  if (first == nullptr) return {silent};
  return {disproves, wanted_.render(values), *first};
}

}  // namespace sluice::core
