// --form and --header, in curl's notation.
#pragma once

#include "raw_options.hpp"

#include <sluice/config.hpp>

#include <istream>
#include <string_view>

namespace sluice::cli {

/// `s` without blanks, tabs and a carriage return at its ends.
std::string_view trimmed(std::string_view s);

void read_form(const raw_options& options, config& cfg, std::vector<std::string>& problems);

/// The values of -H, `where` they were given. Files are read now. Secrets are all but those of the command
/// line itself.
std::vector<header> read_headers(const std::vector<std::string>& texts, const std::string& where,
                                 std::vector<std::string>& problems);
/// `Name: value` lines, empty ones and those that begin with # left out: each is a secret. No problem shows
/// a value.
void read_header_lines(std::istream& in, const std::string& where, std::vector<header>& into,
                       std::vector<std::string>& problems);

}  // namespace sluice::cli
