#include "options_page.hpp"

#include "markdown.hpp"
#include "option_table.hpp"
#include "options_text.hpp"
#include "verb_table.hpp"

#include <algorithm>
#include <vector>

namespace sluice::cli {
namespace {

constexpr std::size_t width = 140;

/// A block of code stays as it is.
std::string wrap_paragraphs(std::string_view text) {
  std::string all;
  for (const auto one : paragraphs_of(text))
    all += "\n" + (one.starts_with("```") ? std::string{one} : wrap_text(one, width)) + "\n";
  return all;
}

std::string join_options(const std::vector<std::string_view>& names) {
  std::string all;
  for (const auto name : names)
    all += (all.empty() ? "`--" : name == names.back() ? " or `--" : ", `--") + std::string{name} + "`";
  return all;
}

/// Finds those that `row` excludes, and those that exclude `row`.
std::vector<std::string_view> find_opponents(const option_row& row) {
  std::vector<std::string_view> names;
  for (const auto& other : option_rows())
    for (const auto& c : other.conflicts) {
      if (c.option.empty() || (other.name != row.name && c.option != row.name)) continue;
      const auto name = other.name == row.name ? c.option : other.name;
      if (std::ranges::find(names, name) == names.end()) names.push_back(name);
    }
  return names;
}

std::string describe_option(const option_row& row) {
  const std::string brief = row.brief.empty() ? "" : "-" + std::string{row.brief} + ", ";
  std::string verbs;
  for (const auto& v : verb_rows())
    if (row.belongs_to(v.what)) verbs += (verbs.empty() ? "" : ", ") + std::string{to_string(v.what)};
  std::string facts = "*Default: " + std::string{row.fallback} + ". Verbs: " + verbs + ".";
  if (const auto names = find_opponents(row); !names.empty())
    facts += " Not with " + join_options(names) + ".";
  if (!row.needs.option.empty()) facts += " Only with `--" + std::string{row.needs.option} + "`.";
  auto text = std::string{row.help};
  if (!row.details.empty()) text += " " + std::string{row.details};
  return "\n### `" + brief + "--" + std::string{row.name} +
         (row.value.empty() ? "" : " " + std::string{row.value}) + "`\n" + wrap_paragraphs(text) + "\n" +
         wrap_text(facts + "*", width) + "\n";
}

/// `sluice send SOURCE... URL     drains SOURCE... to URL once`, line by line.
std::string synopsis() {
  std::string all = "```\n";
  for (const auto& v : verb_rows()) {
    auto line = "sluice " + std::string{to_string(v.what)} + " " + std::string{v.positionals};
    line.resize(std::max<std::size_t>(line.size() + 2, 34), ' ');
    all += line + plain_text(v.does) + "\n";
  }
  return all + "```\n";
}

/// `|` would end a cell.
std::string cell(std::string_view text) {
  std::string all;
  for (const char c : text) all += c == '|' ? std::string{"\\|"} : std::string{c};
  return all;
}

std::string table_of(const std::string& heading, std::span<const command_row> rows) {
  std::string all = "\n| " + heading + " |  |\n|---|---|\n";
  for (const auto& r : rows)
    all += "| `" + std::string{r.name} + (r.value.empty() ? "" : " " + cell(r.value)) + "` | " +
           cell(r.meaning) + " |\n";
  return all;
}

/// A table for all verbs that have these codes.
std::string exit_tables() {
  std::string all;
  for (const auto& v : verb_rows()) {
    if (!v.exit_as.empty()) continue;
    std::string whose = "`" + std::string{to_string(v.what)} + "`";
    for (const auto& other : verb_rows())
      if (other.exit_as == to_string(v.what)) whose += " and `" + std::string{to_string(other.what)} + "`";
    all += "\n| code | " + whose + " |\n|---|---|\n";
    for (const auto& row : v.exit_codes)
      all += "| " + std::string{row.code} + " | " + cell(row.full) + " |\n";
  }
  return all;
}

constexpr std::string_view beginning = R"md(# Options

This page is the manual of the command line: every option of every verb, the configuration file, and the exit codes. It is made of the
tables that the program has inside it, like the manual pages and the completions.
)md";

}  // namespace

std::string make_options_page() {
  auto page = std::string{beginning} + "\n" + synopsis() + "\n" + std::string{source_notes} + R"md(

Each entry below has one sentence that says what the option does, then the details, then its default and its verbs.

)md" + std::string{value_notes} +
              "\n";
  for (const auto& [title, text] : option_sections()) {
    page += "\n## " + std::string{title} + "\n";
    if (!text.empty()) page += "\n" + std::string{text} + "\n";
    if (title == "Ctl") page += table_of("command | what it does", control_commands());
    if (title == "Generate") page += table_of("form | what it is", generated_forms());
    if (title == "Exit codes") page += exit_tables();
    for (const auto& row : option_rows())
      if (row.group == title) page += describe_option(row);
  }
  return page;
}

}  // namespace sluice::cli
