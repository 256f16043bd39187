// The options of all verbs, as data: the command line, the environment and the configuration file all read
// it.
#pragma once

#include <initializer_list>
#include <string_view>
#include <vector>

namespace sluice::cli {

enum class verb { send, watch, bench, ctl };
constexpr std::string_view to_string(verb v) noexcept {
  constexpr std::string_view names[] = {"send", "watch", "bench", "ctl"};
  return names[static_cast<std::size_t>(v)];
}

class verb_set {
 public:
  constexpr verb_set(std::initializer_list<verb> verbs) noexcept {
    for (const auto v : verbs) bits_ |= bit(v);
  }
  constexpr bool contains(verb v) const noexcept { return (bits_ & bit(v)) != 0; }

 private:
  static constexpr unsigned bit(verb v) noexcept { return 1u << static_cast<unsigned>(v); }
  unsigned bits_ = 0;
};

struct option_spec {
  enum class kind { flag, value, list };
  std::string_view name;   ///< long name, without dashes; also the key in files, and SLUICE_<NAME>
  std::string_view brief;  ///< one letter, or empty
  kind what;
  std::string_view group;
  std::string_view value;  ///< what the value is called in the help
  std::string_view help;
  verb_set who = {verb::send, verb::watch};

  constexpr bool belongs_to(verb v) const noexcept { return who.contains(v); }
};

std::vector<option_spec> options_of(verb v);
/// Null when `v` has no such option. Two verbs may mean different things by one name.
const option_spec* find_option(std::string_view name, verb v);
/// Does any verb have it?
bool is_option(std::string_view name);

}  // namespace sluice::cli
