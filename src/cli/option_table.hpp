// The options of all verbs, as data: the command line, the environment and the configuration file all read
// it.
#pragma once

#include <string_view>
#include <vector>

namespace sluice::cli {

enum class verb { send, bench };
constexpr std::string_view to_string(verb v) noexcept { return v == verb::send ? "send" : "bench"; }

struct option_spec {
  enum class kind { flag, value, list };
  std::string_view name;   ///< long name, without dashes; also the key in files, and SLUICE_<NAME>
  std::string_view brief;  ///< one letter, or empty
  kind what;
  std::string_view group;
  std::string_view value;  ///< what the value is called in the help
  std::string_view help;
  enum class users { send, bench, all };
  users who = users::send;

  constexpr bool belongs_to(verb v) const noexcept {
    return who == users::all || (who == users::send) == (v == verb::send);
  }
};

std::vector<option_spec> options_of(verb v);
/// Null when `v` has no such option. Two verbs may mean different things by one name.
const option_spec* find_option(std::string_view name, verb v);
/// Does any verb have it?
bool is_option(std::string_view name);

}  // namespace sluice::cli
