// The options that hold secrets, as they were given: what is in files is read again.
#pragma once

#include "cli/options/option_reader.hpp"

#include <string>
#include <vector>

namespace sluice::cli {

/// An option that has one secret.
struct secret_option {
  std::string text;  ///< written out, `@FILE` or `@credential:NAME`; empty: not given
  std::string from;  ///< the place where it was given, for messages
};

struct secret_sources {
  std::vector<std::string> headers{};  ///< -H
  std::string headers_from{};
  secret_option user{}, bearer{}, proxy_user{};
  std::string command{};  ///< --token-command; empty: none
};

secret_sources read_secret_sources(const raw_options& options, option_reader& r);

}  // namespace sluice::cli
