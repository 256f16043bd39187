// The options of `sluice send`, as data: the command line, the environment and the configuration file all
// read it.
#pragma once

#include <array>
#include <span>
#include <string_view>

namespace sluice::cli {

struct option_spec {
  enum class kind { flag, value, list };
  std::string_view name;   ///< long name, without dashes; also the key in files, and SLUICE_<NAME>
  std::string_view brief;  ///< one letter, or empty
  kind what;
  std::string_view group;
  std::string_view value;  ///< what the value is called in the help
  std::string_view help;
};

std::span<const option_spec> send_options();
const option_spec* find_option(std::string_view name);

}  // namespace sluice::cli
