#include "markdown.hpp"

#include <algorithm>

namespace sluice::cli {

std::string plain_text(std::string_view markdown) {
  std::string text;
  for (std::size_t i = 0; i < markdown.size(); ++i) {
    const auto link = markdown[i] == ']' && markdown.substr(i + 1).starts_with('(');
    if (link)
      i = std::min(markdown.find(')', i), markdown.size());
    else if (markdown[i] != '`' && (markdown[i] != '[' || markdown.find("](", i) == markdown.npos))
      text += markdown[i];
  }
  return text;
}

std::string wrap_text(std::string_view text, std::size_t width) {
  std::string all, line;
  while (!text.empty()) {
    const auto word = text.substr(0, text.find(' '));
    if (!line.empty() && line.size() + 1 + word.size() > width) all += line + "\n", line.clear();
    if (!line.empty()) line += ' ';
    line += word;
    text.remove_prefix(std::min(text.size(), word.size() + 1));
  }
  return all + line;
}

std::vector<std::string_view> paragraphs_of(std::string_view markdown) {
  std::vector<std::string_view> all;
  while (!markdown.empty()) {
    const auto one = markdown.substr(0, markdown.find("\n\n"));
    if (!one.empty()) all.push_back(one);
    markdown.remove_prefix(std::min(markdown.size(), one.size() + 2));
  }
  return all;
}

}  // namespace sluice::cli
