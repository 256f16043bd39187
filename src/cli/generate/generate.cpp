#include "generate.hpp"

#include "cli/exit_code.hpp"
#include "cli/options/options_page.hpp"
#include "cli/options/verb_table.hpp"
#include "completions.hpp"
#include "manual_page.hpp"

#include <sluice/text.hpp>

#include <algorithm>
#include <iostream>

namespace sluice::cli {
namespace {

std::string names_of(std::span<const command_row> rows) {
  std::string all;
  for (const auto& row : rows)
    all += (all.empty() ? "" : &row == &rows.back() ? " or " : ", ") + std::string{row.name};
  return all;
}

std::string names_of(std::span<const verb_row> rows) {
  std::string all;
  for (const auto& row : rows)
    all += (all.empty() ? "" : &row == &rows.back() ? " or " : ", ") + std::string{to_string(row.what)};
  return all;
}

std::string text_of(std::string_view form, std::span<const verb_row> verbs) {
  if (form == "options") return make_options_page();
  if (form == "man") return verbs.size() == 1 ? make_manual_page(verbs.front().what) : make_manual_page();
  if (form == "bash") return bash_completion(verbs);
  return form == "zsh" ? zsh_completion(verbs) : fish_completion(verbs);
}

}  // namespace

int generate(const raw_options& options, std::vector<std::string>& problems) {
  const auto& words = options.positionals;
  const auto line = "write `sluice generate FORM [VERB]`, where FORM is " + names_of(generated_forms());
  const auto all = verb_rows();
  const auto known = [&](const auto& name) {
    return std::ranges::any_of(generated_forms(), [&](const command_row& f) { return f.name == name; });
  };
  const auto at = words.size() < 2
                      ? all.begin()
                      : std::ranges::find(all, words[1], [](const verb_row& v) { return to_string(v.what); });
  if (words.empty())
    problems.push_back("no FORM: " + line);
  else if (!known(words[0]))
    problems.push_back("'" + printable(words[0]) + "' cannot be generated: " + line);
  else if (words.size() > 2 || (words[0] == "options" && words.size() > 1))
    problems.push_back("'" + printable(words.back()) + "' is one argument too many: " + line);
  else if (at == all.end())
    problems.push_back("'" + printable(words[1]) + "' is no verb: write " + names_of(all));
  if (!problems.empty()) return 0;
  std::cout << text_of(words[0],
                       words.size() < 2 ? all : all.subspan(static_cast<std::size_t>(at - all.begin()), 1))
            << std::flush;
  if (std::cout) return static_cast<int>(exit_code::done);
  std::cerr << "sluice: standard output takes no more\n";
  return static_cast<int>(exit_code::some_failed);
}

}  // namespace sluice::cli
