#include "assets.hpp"

#include <algorithm>
#include <stdexcept>

namespace sluice::cli {

std::string filled(std::string_view page,
                   std::initializer_list<std::pair<std::string_view, std::string>> markup) {
  std::string out;
  for (;;) {
    const auto begin = page.find("{{");
    out += page.substr(0, begin);
    if (begin == std::string_view::npos) return out;
    page.remove_prefix(begin + 2);
    const auto name = page.substr(0, page.find("}}"));
    const auto* found = std::ranges::find(markup, name, &std::pair<std::string_view, std::string>::first);
    if (found == markup.end() || name.size() == page.size())
      throw std::logic_error{"nothing for {{" + std::string{name} + "}}"};
    out += found->second;
    page.remove_prefix(name.size() + 2);
  }
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  return out;
}

}  // namespace sluice::cli
