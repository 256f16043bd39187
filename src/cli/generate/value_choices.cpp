#include "value_choices.hpp"

#include <algorithm>

namespace sluice::cli {
namespace {

/// Divides at each `|` that is in no brackets.
std::vector<std::string_view> alternatives_of(std::string_view value) {
  std::vector<std::string_view> all;
  int depth = 0;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= value.size(); ++i) {
    if (i < value.size() && value[i] == '[') ++depth;
    if (i < value.size() && value[i] == ']') --depth;
    if (i < value.size() && (value[i] != '|' || depth > 0)) continue;
    all.push_back(value.substr(begin, i - begin));
    begin = i + 1;
  }
  return all;
}

bool is_word(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
  });
}

}  // namespace

std::string join_words(const std::vector<std::string>& words) {
  std::string all;
  for (const auto& w : words) all += (all.empty() ? "" : " ") + w;
  return all;
}

value_choices choices_of(std::string_view value) {
  constexpr std::string_view descending = "[,desc]";
  value_choices c;
  const bool both_ways = value.ends_with(descending);
  if (both_ways) value.remove_suffix(descending.size());
  for (const auto one : alternatives_of(value)) {
    const auto equals = one.find('=');
    if (one == "FILE" || one == "PATH")
      c.files = true;
    else if (one == "DIR")
      c.directories = true;
    else if (one == "@FILE")
      c.files_after_at = true;
    else if (equals != one.npos && is_word(one.substr(0, equals)) && one.substr(equals + 1) == "DIR")
      c.directories_after.emplace_back(one.substr(0, equals + 1));
    else if (const auto word = one.substr(0, one.find('[')); is_word(word) && word != "-")
      c.words.emplace_back(word);
  }
  if (!both_ways) return c;
  const auto ascending = c.words;
  for (const auto& w : ascending) c.words.push_back(w + ",desc");
  return c;
}

}  // namespace sluice::cli
