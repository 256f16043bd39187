// Paths in URLs, and rules that read replies: `TEMPLATE\ PATH`.
#include "core/http/target_template.hpp"

#include "core/http/header_rule.hpp"
#include "core/http/json_rule.hpp"
#include "fuzz.hpp"

using namespace sluice;

namespace {

std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '%' && i + 2 < text.size();
    out += escape ? static_cast<char>(std::stoi(std::string{text.substr(i + 1, 2)}, nullptr, 16)) : text[i];
    i += escape ? 2 : 0;
  }
  return out;
}

/// Whether a path has a segment that servers read as another path.
bool leads_elsewhere(const std::string& path) {
  const auto all = "/" + path + "/";
  for (const auto* bad : {"/../", "/./", "//"})
    if (all.find(bad) != std::string::npos) return true;
  return false;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in{data, size};
  const auto text = in.text();
  const std::string path{in.rest()};
  const core::template_values v{.path = path};

  static const auto plain = *core::target_template::parse("/in/{path}?p={path}");
  if (const auto out = plain.render(v)) {
    const auto question = out->find('?');
    fuzz::require(decoded(out->substr(4, question - 4)) == path, "a server reads the path back");
    fuzz::require(decoded(out->substr(question + 3)) == path, "and from the query");
    fuzz::require(!leads_elsewhere(path), "no segment leads elsewhere");
    for (const unsigned char c : *out) fuzz::require(c > 0x20 && c < 0x7f, "a target is visible ASCII");
  } else {
    fuzz::require(fuzz::is_one_safe_line(out.error().what),
                  "a problem is one line without control characters");
  }
  if (const auto parsed = core::target_template::parse(text)) {
    const auto out = parsed->render(v);
    fuzz::require(out || fuzz::is_one_safe_line(out.error().what), "a target, or one safe line");
  }
  if (const auto rule = core::header_rule::parse(text)) {
    const auto found = rule->ask({{rule->name(), path}}, v);
    fuzz::require(found.what != core::finding::answer::silent, "the field is there");
    fuzz::require(found.what != core::finding::answer::disproves || rule->is_proof(),
                  "only a proof disproves");
    fuzz::require(!rule->digests().empty() ? found.what != core::finding::answer::holds : true,
                  "nothing is like a digest that nobody computed");
  }
  if (const auto rule = core::json_rule::parse(text)) {
    const auto found = rule->ask(path, v);
    fuzz::require(rule->digests().empty() || found.what != core::finding::answer::holds,
                  "nothing is like a digest that nobody computed");
  }
  return 0;
}
