#include "manual_page.hpp"

#include "cli/options/markdown.hpp"
#include "cli/options/options_text.hpp"
#include "cli/options/verb_table.hpp"
#include "roff.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace sluice::cli {
namespace {

constexpr std::string_view written_on =
    "November 30, 2026";  // mdoc wants a day; it is that of the last change of a verb

std::string upper(std::string_view text) {
  std::string all{text};
  std::ranges::transform(all, all.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return all;
}

std::string beginning(const std::string& name, std::string_view does) {
  std::string what = plain_text(does);
  what.front() =
      upper(what.substr(0, 1)) == what.substr(0, 1) ? static_cast<char>(what.front() + 32) : what.front();
  return ".Dd " + std::string{written_on} + "\n.Dt " + upper(name) + " 1\n.Os\n.Sh NAME\n.Nm " + name +
         "\n.Nd " + what + "\n";
}

/// The synopsis of a verb. `LOG [SOURCE...]` are two arguments.
std::string synopsis(const verb_row& v, bool with_options) {
  std::string all = ".Nm sluice " + std::string{to_string(v.what)} + "\n";
  if (with_options) all += ".Op Ar options\n";
  std::string_view rest = v.positionals;
  while (!rest.empty()) {
    auto word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(rest.size(), word.size() + 1));
    const bool optional = word.starts_with('[');
    if (optional) word.remove_prefix(1), word.remove_suffix(1);
    const bool many = word.ends_with("...");
    if (many) word.remove_suffix(3);
    all += (optional ? ".Op Ar " : ".Ar ") + std::string{word} + (many ? " ..." : "") + "\n";
  }
  return all;
}

std::string describe(const option_row& row) {
  std::string all = ".It ";
  if (!row.brief.empty()) all += "Fl " + std::string{row.brief} + " , ";
  all += "Fl \\-" + roff_argument(row.name).substr(1);
  all.pop_back();
  if (!row.value.empty()) all += " Ar " + roff_argument(row.value);
  auto text = std::string{row.help};
  if (!row.details.empty()) text += " " + std::string{row.details};
  return all + "\n" + roff_text(text) + roff_text("Default: " + std::string{row.fallback} + ".");
}

std::string options_by_group(verb v) {
  std::string all;
  const auto rows = options_of(v);
  for (const auto& [title, text] : option_sections()) {
    const auto in_it = [title = title](const option_row& row) { return row.group == title; };
    if (std::ranges::none_of(rows, in_it)) continue;
    all += ".Ss " + std::string{title} + "\n";
    const auto is_of_a_verb = std::ranges::find(verb_rows(), title, &verb_row::section) != verb_rows().end();
    if (!is_of_a_verb) all += roff_text(text);
    all += ".Bl -tag -width Ds\n";
    for (const auto& row : rows)
      if (in_it(row)) all += describe(row);
    all += ".El\n";
  }
  return all;
}

std::string examples(std::span<const example_row> rows) {
  std::string all = ".Sh EXAMPLES\n";
  bool first = true;
  for (const auto& e : rows)
    all += (std::exchange(first, false) ? "" : ".Pp\n") + roff_text(e.purpose) + roff_example(e.command);
  return all;
}

std::string exit_status(verb v) {
  std::string all = ".Sh EXIT STATUS\n.Bl -tag -width Ds\n";
  for (const auto& row : exit_rows(v)) all += ".It " + std::string{row.code} + "\n" + roff_text(row.full);
  return all + ".El\n";
}

std::string place(const place_row& row, std::string_view macro) {
  std::string all = ".It";
  std::string_view rest = row.name;
  while (!rest.empty()) {
    const auto one = rest.substr(0, rest.find(", "));
    rest.remove_prefix(std::min(rest.size(), one.size() + 2));
    all += " " + std::string{macro} + " " + roff_argument(one) + (rest.empty() ? "" : " ,");
  }
  return all + "\n" + roff_text(row.meaning);
}

/// Only the places of `whose`, or without one all.
std::string places(std::string_view heading, std::span<const place_row> rows, std::string_view macro,
                   std::optional<verb> whose) {
  std::string all;
  for (const auto& row : rows)
    if (!whose || row.who.contains(*whose)) all += place(row, macro);
  if (all.empty()) return all;
  return ".Sh " + std::string{heading} + "\n.Bl -tag -width Ds\n" + all + ".El\n";
}

std::string environment_and_files(std::optional<verb> whose) {
  return places("ENVIRONMENT", environment_rows(), "Ev", whose) + places("FILES", file_rows(), "Pa", whose);
}

std::string commands(std::span<const command_row> rows) {
  std::string all = ".Bl -tag -width Ds\n";
  for (const auto& row : rows)
    all += ".It Cm " + std::string{row.name} + (row.value.empty() ? "" : " Ar " + roff_argument(row.value)) +
           "\n" + roff_text(row.meaning);
  return all + ".El\n";
}

/// All pages but `but`, in the order that mdoc wants: by name.
std::string see_also(std::string_view but) {
  std::vector<std::string> names{"sluice"};
  for (const auto& v : verb_rows()) names.push_back("sluice-" + std::string{to_string(v.what)});
  std::erase(names, but);
  std::ranges::sort(names);
  std::string all = ".Sh SEE ALSO\n";
  for (const auto& name : names) all += ".Xr " + name + " 1" + (name == names.back() ? "" : " ,") + "\n";
  return all + ".Pp\n" +
         roff_text("Names that end in `.md` are those of pages in the folder `docs` of sluice's sources.");
}

}  // namespace

std::string make_manual_page() {
  auto page = beginning("sluice", about_sluice.substr(0, about_sluice.find(':')));
  page += ".Sh SYNOPSIS\n";
  for (const auto& v : verb_rows()) page += synopsis(v, !options_of(v.what).empty());
  page += ".Nm sluice\n.Fl \\-help | \\-version\n";
  page += ".Sh DESCRIPTION\n" + roff_text(about_sluice) + ".Pp\n" + roff_text(source_notes) +
          ".Pp\nThe verbs are:\n";
  page += ".Bl -tag -width Ds\n";
  for (const auto& v : verb_rows())
    page += ".It Cm " + std::string{to_string(v.what)} + "\n" + roff_text(std::string{v.does} + ".") +
            "See\n.Xr sluice-" + std::string{to_string(v.what)} + " 1 .\n";
  page += ".El\n.Ss Values\n" + roff_text(value_notes);
  page += environment_and_files(std::nullopt);
  page += exit_status(verb::send) + roff_text(
                                        "These are the codes of `sluice send` and `sluice watch`; the pages "
                                        "of the other verbs have theirs.");
  std::vector<example_row> all;
  for (const auto& v : verb_rows()) all.push_back(v.examples.front());
  return page + examples(all) + see_also("sluice");
}

std::string make_manual_page(verb v) {
  const auto& row = row_of(v);
  const auto name = "sluice-" + std::string{to_string(v)};
  const auto options = options_by_group(v);
  auto page = beginning(name, row.does) + ".Sh SYNOPSIS\n" + synopsis(row, !options.empty());
  page += ".Sh DESCRIPTION\n" + roff_text(std::string{row.does} + ".");
  page += ".Pp\n" + roff_text("The arguments are: " + std::string{row.means} + ".");
  if (!row.remark.empty()) page += ".Pp\n" + roff_text(row.remark);
  if (const auto text = section_text(row.section); !text.empty()) page += ".Pp\n" + roff_text(text);
  if (row.takes == verb_row::operand::commands) page += commands(control_commands());
  if (row.takes == verb_row::operand::forms) page += commands(generated_forms());
  if (verb_set::of_runs.contains(v)) page += roff_text(value_notes);
  if (!options.empty()) page += ".Sh OPTIONS\n" + options;
  return page + environment_and_files(v) + exit_status(v) + examples(row.examples) + see_also(name);
}

}  // namespace sluice::cli
