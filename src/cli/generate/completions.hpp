// Completions: what Tab offers behind `sluice`, in three shells. All of them know the verbs, the options of
// each verb, and the values, files and directories that options and verbs take.
#pragma once

#include "cli/options/verb_table.hpp"

#include <span>
#include <string>

namespace sluice::cli {

/// A script that bash reads: a function, and which command it is for. It needs nothing of bash-completion.
std::string bash_completion(std::span<const verb_row> verbs);
/// A file `_sluice` of $fpath, which can be sourced as well once compinit has run.
std::string zsh_completion(std::span<const verb_row> verbs);
/// A file `sluice.fish` of $fish_complete_path.
std::string fish_completion(std::span<const verb_row> verbs);

}  // namespace sluice::cli
