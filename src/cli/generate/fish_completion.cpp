#include "completions.hpp"
#include "value_choices.hpp"

#include "cli/options/markdown.hpp"

namespace sluice::cli {
namespace {

std::string fish_quoted(std::string_view text) {
  std::string all = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') all += '\\';
    all += c;
  }
  return all + "'";
}

/// The flags of `complete` for a value: `-x` offers no files beside what it names.
std::string value_flags(const value_choices& c) {
  if (!c.directories_after.empty()) {
    auto words = join_words(c.words);
    for (const auto& prefix : c.directories_after) words += " (__sluice_after " + prefix + ")";
    return " -x -a " + fish_quoted(words);
  }
  if (c.files_after_at) return " -x -a '(__sluice_at)'";
  if (c.files) return " -r -F";
  if (c.directories) return " -x -a '(__fish_complete_directories)'";
  return c.words.empty() ? " -x" : " -x -a " + fish_quoted(join_words(c.words));
}

std::string for_verb(std::string_view condition, std::string_view verb) {
  return "complete -c sluice -n '" + std::string{condition} + " " + std::string{verb} + "'";
}

std::string option_line(const verb_row& v, const option_row& row) {
  auto line = for_verb("__sluice_verb", to_string(v.what));
  if (!row.brief.empty()) line += " -s " + std::string{row.brief};
  line += " -l " + std::string{row.name};
  if (row.what != option_row::kind::flag) line += value_flags(choices_of(row.value));
  return line + " -d " + fish_quoted(plain_text(row.help)) + "\n";
}

std::string command_lines(std::string_view verb, std::span<const command_row> commands) {
  std::string all;
  for (const auto& c : commands)
    all += for_verb("__sluice_first", verb) + " -a " + std::string{c.name} + " -d " +
           fish_quoted(plain_text(c.meaning)) + "\n";
  return all;
}

std::string operand_lines(const verb_row& v) {
  using enum verb_row::operand;
  const auto verb = to_string(v.what);
  std::string all;
  switch (v.takes) {
    case none:
      break;
    case files:
      all = for_verb("__sluice_verb", verb) + " -F\n";
      break;
    case directories:
      all = for_verb("__sluice_verb", verb) + " -a '(__fish_complete_directories)'\n";
      break;
    case commands:
      all = command_lines(verb, control_commands());
      for (const auto& c : control_commands())
        if (const auto choices = choices_of(c.value); !choices.nothing())
          all += for_verb("__sluice_second", std::string{verb} + " " + std::string{c.name}) + " -a " +
                 fish_quoted(join_words(choices.words)) + "\n";
      break;
    case forms:
      all = command_lines(verb, generated_forms());
      for (const auto& f : generated_forms())
        for (const auto& named : verb_rows())
          if (f.name != "options")
            all += for_verb("__sluice_second", std::string{verb} + " " + std::string{f.name}) + " -a " +
                   std::string{to_string(named.what)} + " -d " + fish_quoted(plain_text(named.does)) + "\n";
      break;
  }
  return all;
}

constexpr std::string_view fish_beginning = R"sh(# fish completion for sluice, by `sluice generate fish`

# The words before the cursor that are no options, without `sluice`; an option's value counts as one.
function __sluice_words
    set -l words (commandline -opc)[2..-1]
    string match -v -- '-*' $words
end

function __sluice_verb
    set -l words (commandline -opc)
    test (count $words) -ge 2; and test $words[2] = $argv[1]
end

function __sluice_first
    set -l words (__sluice_words)
    test (count $words) -eq 1; and test $words[1] = $argv[1]
end

function __sluice_second
    set -l words (__sluice_words)
    test (count $words) -eq 2; and test $words[1] = $argv[1]; and test $words[2] = $argv[2]
end

# $argv[1] and each directory behind it.
function __sluice_after
    set -l path (string replace -r -- '^(--[^=]*=)?' '' (commandline -ct))
    if string match -q -- "$argv[1]*" $path
        set path (string sub -s (math (string length -- $argv[1]) + 1) -- $path)
        for found in (__fish_complete_directories "$path" '')
            echo $argv[1]$found
        end
    else
        echo $argv[1]
    end
end

# Each file behind @.
function __sluice_at
    set -l path (string replace -r -- '^(--[^=]*=)?@?' '' (commandline -ct))
    for found in (__fish_complete_path "$path" '')
        echo @$found
    end
end

complete -c sluice -f
complete -c sluice -n '__fish_is_first_token' -l help -d 'Print the verbs and end'
complete -c sluice -n '__fish_is_first_token' -l version -d 'Print the version and end'
)sh";

}  // namespace

std::string fish_completion(std::span<const verb_row> verbs) {
  std::string script{fish_beginning};
  for (const auto& v : verbs)
    script += "complete -c sluice -n '__fish_is_first_token' -a " + std::string{to_string(v.what)} + " -d " +
              fish_quoted(plain_text(v.does)) + "\n";
  for (const auto& v : verbs) {
    script += "\n" + operand_lines(v);
    for (const auto& row : options_of(v.what)) script += option_line(v, row);
    script +=
        for_verb("__sluice_verb", to_string(v.what)) + " -l help -d 'Print the help of the verb and end'\n";
  }
  return script;
}

}  // namespace sluice::cli
