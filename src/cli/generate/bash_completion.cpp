#include "completions.hpp"
#include "value_choices.hpp"

#include <map>
#include <vector>

namespace sluice::cli {
namespace {

/// The arguments of `_sluice_offer`: which kinds of things, and which words.
std::string offer_of(const value_choices& c) {
  std::vector<std::string> all;
  if (c.files) all.emplace_back("files");
  if (c.directories) all.emplace_back("directories");
  if (c.files_after_at) all.emplace_back("@files");
  all.insert(all.end(), c.words.begin(), c.words.end());
  all.insert(all.end(), c.directories_after.begin(), c.directories_after.end());
  return join_words(all);
}

/// `SEND:-F | SEND:--form) ...;;` for all options that take a value; options of several verbs that offer the
/// same are one line.
std::string value_cases(std::span<const verb_row> verbs) {
  std::map<std::string, std::string> patterns;
  for (const auto& v : verbs)
    for (const auto& row : options_of(v.what)) {
      if (row.what == option_row::kind::flag) continue;
      auto& p = patterns[offer_of(choices_of(row.value))];
      const auto of = std::string{to_string(v.what)} + ":";
      for (const auto& name :
           {row.brief.empty() ? "" : "-" + std::string{row.brief}, "--" + std::string{row.name}})
        if (!name.empty()) p += (p.empty() ? "" : " | ") + of + name;
    }
  std::string all;
  for (const auto& [offer, pattern] : patterns)
    all += "    " + pattern + ")\n      offer='" + offer + "' ;;\n";
  return all;
}

std::string option_words(const verb_row& v) {
  std::vector<std::string> words;
  for (const auto& row : options_of(v.what)) {
    if (!row.brief.empty()) words.push_back("-" + std::string{row.brief});
    words.push_back("--" + std::string{row.name});
  }
  words.emplace_back("--help");
  return join_words(words);
}

std::string option_cases(std::span<const verb_row> verbs) {
  std::string all;
  for (const auto& v : verbs)
    all += "    " + std::string{to_string(v.what)} + ")\n      offer='" + option_words(v) + "' ;;\n";
  return all;
}

std::string words_of(std::span<const command_row> commands) {
  std::vector<std::string> words;
  for (const auto& c : commands) words.emplace_back(c.name);
  return join_words(words);
}

std::string words_of(std::span<const verb_row> verbs) {
  std::vector<std::string> words;
  for (const auto& v : verbs) words.emplace_back(to_string(v.what));
  return join_words(words);
}

/// The words of a verb that are no options.
std::string operand_cases(std::span<const verb_row> verbs) {
  using enum verb_row::operand;
  std::string all;
  for (const auto& v : verbs) {
    const auto of = "    " + std::string{to_string(v.what)};
    switch (v.takes) {
      case none:
        break;
      case files:
        all += of + ":*) offer=files ;;\n";
        break;
      case directories:
        all += of + ":*) offer=directories ;;\n";
        break;
      case commands:
        all += of + ":) offer='" + words_of(control_commands()) + "' ;;\n";
        for (const auto& c : control_commands())
          if (const auto choices = choices_of(c.value); !choices.nothing())
            all += of + ":" + std::string{c.name} + ") offer='" + offer_of(choices) + "' ;;\n";
        break;
      case forms:
        all += of + ":) offer='" + words_of(generated_forms()) + "' ;;\n";
        all += of + ":options) ;;\n" + of + ":*) offer='" + words_of(verb_rows()) + "' ;;\n";
        break;
    }
  }
  return all;
}

constexpr std::string_view bash_script = R"sh(# bash completion for sluice, by `sluice generate bash`

# Offers what begins with $1; the other arguments say what there is. Readline itself looks for files, since it knows how they
# are quoted.
_sluice_offer() {
  local cur=$1 kind
  shift
  for kind; do
    case $kind in
      files) compopt -o default ;;
      directories) compopt -o dirnames ;;
      @files) [[ -n $cur ]] || COMPREPLY+=(@) ;;
      *) [[ $kind != "$cur"* ]] || COMPREPLY+=("$kind") ;;
    esac
  done
  # No space behind a word that goes on.
  if ((${#COMPREPLY[@]} == 1)) && [[ ${COMPREPLY[0]} == *[=@] ]]; then compopt -o nospace; fi
}

_sluice() {
  local cur=${COMP_WORDS[COMP_CWORD]} verb=${COMP_WORDS[1]:-} option value='' offer='' operand='' i
  local -a things
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    _sluice_offer "$cur" VERBS --help --version
    return
  fi

  # Readline has cut the words at = and mostly at @: --option=value is three of them, and so is move=dir.
  i=$((COMP_CWORD - 1))
  if [[ $cur == '=' || $cur == '@' ]]; then
    i=$COMP_CWORD cur=''
  elif [[ $cur == @* ]]; then
    value=@ cur=${cur#@} # not cut at @ without hostcomplete, which Debian's bash-completion turns off
  fi
  case ${COMP_WORDS[i]} in
    @) value=@ i=$((i - 1)) ;;
    =)
      if [[ ${COMP_WORDS[i - 1]} == -* ]]; then
        i=$((i - 1))
      else
        value=${COMP_WORDS[i - 1]}= i=$((i - 2))
        [[ ${COMP_WORDS[i]} != '=' ]] || i=$((i - 1))
      fi
      ;;
  esac
  option=${COMP_WORDS[i]}
  case $verb:$option in
VALUES    *) option='' ;;
  esac
  if [[ -n $option ]]; then
    case $value in
      @)
        # To readline the @ is a part of the word.
        [[ " $offer " != *' @files '* ]] || mapfile -t COMPREPLY < <(compgen -f -P @ -- "$cur")
        return
        ;;
      *=) if [[ " $offer " == *" $value "* ]]; then offer=directories; else offer=''; fi ;;
    esac
    read -r -a things <<<"$offer"
    _sluice_offer "$cur" "${things[@]}"
    return
  fi

  if [[ $cur == -* ]]; then
    case $verb in
OPTIONS    esac
    read -r -a things <<<"$offer"
    _sluice_offer "$cur" "${things[@]}"
    return
  fi

  # The last word before this one that is neither an option nor its value.
  for ((i = 2; i < COMP_CWORD; i++)); do
    case $verb:${COMP_WORDS[i]} in
PATTERNS      *:-*) ;;
      *) operand=${COMP_WORDS[i]} ;;
    esac
  done
  case $verb:$operand in
OPERANDS    *) return ;;
  esac
  read -r -a things <<<"$offer"
  _sluice_offer "$cur" "${things[@]}"
}

complete -F _sluice sluice
)sh";

}  // namespace

std::string bash_completion(std::span<const verb_row> verbs) {
  std::string script{bash_script};
  const auto put = [&](std::string_view name, const std::string& text) {
    script.replace(script.find(name), name.size(), text);
  };
  std::string with_value;
  for (const auto& v : verbs)
    for (const auto& row : options_of(v.what)) {
      if (row.what == option_row::kind::flag) continue;
      const auto of = std::string{to_string(v.what)} + ":";
      if (!row.brief.empty())
        with_value += (with_value.empty() ? "" : " | ") + of + "-" + std::string{row.brief};
      with_value += (with_value.empty() ? "" : " | ") + of + "--" + std::string{row.name};
    }
  put("VERBS", words_of(verbs));
  put("VALUES", value_cases(verbs));
  put("OPTIONS", option_cases(verbs));
  put("PATTERNS", "      " + with_value + ") i=$((i + 1)) ;;\n");
  put("OPERANDS", operand_cases(verbs));
  return script;
}

}  // namespace sluice::cli
