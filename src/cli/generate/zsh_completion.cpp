#include "completions.hpp"
#include "value_choices.hpp"

#include "cli/options/markdown.hpp"

namespace sluice::cli {
namespace {

/// A text between single quotes.
std::string zsh_quoted(const std::string& text) {
  std::string all = "'";
  for (const char c : text) all += c == '\'' ? std::string{"'\\''"} : std::string{c};
  return all + "'";
}

/// Takes their meaning from the characters that divide a spec.
std::string zsh_escaped(std::string_view text, std::string_view characters) {
  std::string all;
  for (const char c : text) {
    if (c == '\\' || characters.find(c) != characters.npos) all += '\\';
    all += c;
  }
  return all;
}

/// The action behind `:MESSAGE:`.
std::string action_of(const value_choices& c) {
  if (!c.directories_after.empty())
    return "{_sluice_after \"" + join_words(c.words) + "\" " + join_words(c.directories_after) + "}";
  if (c.files_after_at) return "_sluice_at";
  if (c.files) return "_files";
  if (c.directories) return "_files -/";
  return c.words.empty() ? " " : "(" + join_words(c.words) + ")";
}

/// Options that may come several times have a `*`.
std::string specs_of(const option_row& row) {
  const bool flag = row.what == option_row::kind::flag;
  const auto brief = "-" + std::string{row.brief}, name = "--" + std::string{row.name};
  const auto help = "[" + zsh_escaped(plain_text(row.help), "[]:") + "]";
  std::string rest = help;
  if (!flag) {
    const auto label = plain_text(row.value);
    rest += ":" + zsh_escaped(label, ":") + ":" + action_of(choices_of(row.value));
  }
  const bool many = row.what == option_row::kind::list;
  const auto once = row.brief.empty() ? "(" + name + ")" : "(" + brief + " " + name + ")";
  const auto before = many ? std::string{"*"} : once;
  std::string specs;
  if (!row.brief.empty())
    specs += "        " + zsh_quoted(before + brief + (flag ? "" : "+") + rest) + " \\\n";
  return specs + "        " + zsh_quoted(before + name + (flag ? "" : "=") + rest) + " \\\n";
}

std::string described(std::span<const command_row> commands) {
  std::string all;
  for (const auto& c : commands)
    all += " " + zsh_quoted(zsh_escaped(c.name, ":") + ":" + zsh_escaped(plain_text(c.meaning), ""));
  return all;
}

std::string operands_of(const verb_row& v) {
  using enum verb_row::operand;
  const auto label = zsh_escaped(v.positionals, ":");
  switch (v.takes) {
    case none:  // a message about them would keep an option from being put in
      return {};
    case files:
      return "        " + zsh_quoted("*:" + label + ":_files") + " \\\n";
    case directories:
      return "        " + zsh_quoted("*:" + label + ":_files -/") + " \\\n";
    case commands:
      return "        '1:COMMAND:_sluice_commands' '2:VALUE:_sluice_command_values' \\\n";
    case forms:
      return "        '1:FORM:_sluice_forms' '2:VERB:_sluice_verbs' \\\n";
  }
  return {};
}

std::string verb_cases(std::span<const verb_row> verbs) {
  std::string all;
  for (const auto& v : verbs) {
    all += "    " + std::string{to_string(v.what)} + ")\n      _arguments -s -S \\\n";
    all += "        '(- *)--help[Print the help of the verb and end]' \\\n";
    for (const auto& row : options_of(v.what)) all += specs_of(row);
    all += operands_of(v);
    all.resize(all.size() - std::string_view{" \\\n"}.size());  // the last line is not continued
    all += "\n      ;;\n";
  }
  return all;
}

std::string command_value_cases() {
  std::string all;
  for (const auto& c : control_commands())
    if (const auto choices = choices_of(c.value); !choices.nothing())
      all += "    " + std::string{c.name} + ") compadd -- " + join_words(choices.words) + " ;;\n";
  return all;
}

}  // namespace

std::string zsh_completion(std::span<const verb_row> verbs) {
  std::string names;
  for (const auto& v : verbs)
    names += " " + zsh_quoted(std::string{to_string(v.what)} + ":" + plain_text(v.does));
  return R"sh(#compdef sluice
# zsh completion for sluice, by `sluice generate zsh`

# The words of $1, or a directory behind one of the other arguments.
_sluice_after() {
  local prefix words=$1
  shift
  for prefix; do
    if compset -P "$prefix"; then
      _files -/
      return
    fi
  done
  compadd -- ${=words}
  compadd -S '' -- "$@"
}

# A file behind @.
_sluice_at() {
  if compset -P @; then _files; else compadd -S '' -- @; fi
}

_sluice_verbs() {
  local -a names=()sh" +
         names.substr(names.empty() ? 0 : 1) + R"sh()
  _describe -t verbs verb names
}

_sluice_commands() {
  local -a names=()sh" +
         described(control_commands()).substr(1) + R"sh()
  _describe -t commands command names
}

_sluice_command_values() {
  case $line[1] in
)sh" + command_value_cases() +
         R"sh(    *) _message 'no more arguments' ;;
  esac
}

_sluice_forms() {
  local -a names=()sh" +
         described(generated_forms()).substr(1) + R"sh()
  _describe -t forms form names
}

_sluice() {
  local context state line
  typeset -A opt_args
  if ((CURRENT == 2)); then
    _arguments '--help[Print the verbs and end]' '--version[Print the version and end]' '1:VERB:_sluice_verbs'
    return
  fi
  local verb=$words[2]
  shift words
  ((CURRENT--))
  case $verb in
)sh" + verb_cases(verbs) +
         R"sh(  esac
}

if [[ $funcstack[1] == _sluice ]]; then
  _sluice "$@"
else
  compdef _sluice sluice
fi
)sh";
}

}  // namespace sluice::cli
