// The options of all verbs, as data. A new option is a row (rows/), and the place where its value is used:
// the command line, the environment, the configuration file, the help, docs/options.md, the manual pages, the
// completions, contradictions and complaints of the library read the table.
#pragma once

#include <array>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::cli {

enum class verb { send, watch, bench, ctl, compact, summary, generate };
constexpr std::string_view to_string(verb v) noexcept {
  constexpr std::string_view names[] = {"send", "watch", "bench", "ctl", "compact", "summary", "generate"};
  return names[static_cast<std::size_t>(v)];
}

class verb_set {
 public:
  constexpr verb_set(std::initializer_list<verb> verbs) noexcept {
    for (const auto v : verbs) bits_ |= bit(v);
  }
  constexpr bool contains(verb v) const noexcept { return (bits_ & bit(v)) != 0; }
  /// The verbs that send something.
  static const verb_set of_runs;

 private:
  static constexpr unsigned bit(verb v) noexcept { return 1u << static_cast<unsigned>(v); }
  unsigned bits_ = 0;
};
inline constexpr verb_set verb_set::of_runs{verb::send, verb::watch, verb::bench};

/// Another option, and why it matters to this one.
struct relation {
  std::string_view option{};
  std::string_view why{};
};

/// All that is known of an option.
struct option_row {
  enum class kind { flag, value, list };
  std::string_view name{};   ///< long name, without dashes; also the key in files, and SLUICE_<NAME>
  std::string_view brief{};  ///< one letter, or empty
  kind what = kind::value;
  std::string_view group{};     ///< heading of the help and of docs/options.md
  std::string_view value{};     ///< name of the value in the help
  std::string_view help{};      ///< one sentence with a subject
  std::string_view details{};   ///< paragraphs of docs/options.md after that sentence
  std::string_view fallback{};  ///< value or behaviour without the option
  verb_set who = {verb::send, verb::watch};
  std::string_view sets{};  ///< members of sluice::config or sluice::source, separated by spaces
  std::array<relation, 3> conflicts{};
  relation needs{};

  constexpr bool belongs_to(verb v) const noexcept { return who.contains(v); }
};

/// Every row, in the order of docs/options.md within each group.
const std::vector<option_row>& option_rows();
std::vector<option_row> options_of(verb v);
/// Null when `v` has no such option. Two verbs may mean different things by one name.
const option_row* find_option(std::string_view name, verb v);
/// Returns the option of `v` that sets `member` of the library's types. Null: none does.
const option_row* find_setter(std::string_view member, verb v);
/// The option of `v` that was most likely meant by `--name`, with its dashes. Empty: none is
/// near, or it is another verb's.
std::string similar_option(std::string_view name, verb v);
/// Does any verb have it?
bool is_option(std::string_view name);

}  // namespace sluice::cli
