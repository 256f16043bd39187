// The options that were given, as text, and where: command line over environment over file.
#pragma once

#include "option_table.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::cli {

/// The values of one option and where they came from, for messages.
struct given {
  std::vector<std::string> values;
  std::string from;  ///< `--window`, `SLUICE_WINDOW`, `FILE: window`
};

class raw_options {
 public:
  cli::verb verb = cli::verb::send;
  std::vector<std::string> positionals;
  bool confused = false;  ///< a misspelt option stands before one of them, which may be its value
  /// Files in memory, and the names that were given for what they hold (pipes.hpp).
  std::vector<std::pair<std::string, std::string>> kept;

  bool has(std::string_view name) const { return options_.contains(name); }
  /// The last value of a single option; a flag's is "true".
  std::optional<std::string> value(std::string_view name) const;
  bool flag(std::string_view name) const { return value(name) == "true"; }
  const std::vector<std::string>& list(std::string_view name) const;
  /// Returns, for messages, where the option was given, or `--name`.
  std::string where(std::string_view name) const;

  /// Returns the values of an option, to be changed in place; none when it was not given.
  std::vector<std::string>& values(std::string_view name);

  /// Ignored when a stronger layer has the option already.
  void add(std::string_view name, given g);
  /// Returns the meaning of a flag's word; nothing for another word.
  static std::optional<bool> truth(std::string_view word);

 private:
  std::map<std::string, given, std::less<>> options_;
};

/// Adds SLUICE_<OPTION> of `environment` ("NAME=VALUE", null at the end) to what is missing. SLUICE_URL is
/// the endpoint. A list option takes one value a line.
void add_environment(raw_options& options, const char* const* environment,
                     std::vector<std::string>& problems);

/// Adds the keys of a JSON object (comments allowed) to what is missing; besides the option names, `url` and
/// `source`. One file may serve several verbs: what only others know is passed over. False: it cannot be
/// read, or is no such object.
bool add_file(raw_options& options, const std::string& path, std::vector<std::string>& problems);
/// The same for the `text` of a file that is called `path`.
bool add_text(raw_options& options, const std::string& text, const std::string& path,
              std::vector<std::string>& problems);

}  // namespace sluice::cli
