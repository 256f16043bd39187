// The verbs, as data: the help, docs/options.md, the manual pages and the completions read this table.
#pragma once

#include "option_table.hpp"

#include <span>
#include <string>
#include <string_view>

namespace sluice::cli {

struct exit_row {
  std::string_view code{};
  std::string_view brief{};  ///< words of the help
  std::string_view full{};   ///< sentences for the pages
};

/// A command line, and the purpose of it.
struct example_row {
  std::string_view command{};
  std::string_view purpose{};
};

/// A file, or a variable of the environment.
struct place_row {
  std::string_view name{};
  std::string_view meaning{};
  verb_set who = verb_set::of_runs;
};

/// A command of `sluice ctl`.
struct command_row {
  std::string_view name{};
  std::string_view value{};  ///< written as option_row::value is
  std::string_view meaning{};
};

struct verb_row {
  /// The kind of the words that are no options.
  enum class operand { none, files, directories, commands, forms };
  verb what{};
  std::string_view does{};         ///< one clause without a subject
  std::string_view positionals{};  ///< names of the synopsis
  std::string_view means{};        ///< meaning of the positionals
  operand takes = operand::none;
  std::string_view section{};  ///< title of the section of docs/options.md, if there is one
  std::string_view remark{};   ///< a line of the help before the exit codes
  std::string_view exit_as{};  ///< the verb that has the same exit codes, where there are none here
  std::span<const exit_row> exit_codes{};
  std::span<const example_row> examples{};
};

std::span<const verb_row> verb_rows() noexcept;
const verb_row& row_of(verb v) noexcept;
std::span<const command_row> control_commands() noexcept;
/// The texts that `sluice generate` can make.
std::span<const command_row> generated_forms() noexcept;
std::span<const place_row> environment_rows() noexcept;
std::span<const place_row> file_rows() noexcept;

/// Returns the exit codes of `v`, its own or those of another verb.
std::span<const exit_row> exit_rows(verb v) noexcept;

}  // namespace sluice::cli
