// --form and --header, in curl's notation.
#pragma once

#include "raw_options.hpp"

#include <sluice/config.hpp>

#include <istream>

namespace sluice::cli {

void read_form(const raw_options& options, config& cfg, std::vector<std::string>& problems);

/// The values of -H, `where` they were given. Files are read now.
std::vector<header> read_headers(const std::vector<std::string>& texts, const std::string& where,
                                 std::vector<std::string>& problems);
/// `Name: value` lines, empty ones and those that begin with # left out. No problem shows a value.
void read_header_lines(std::istream& in, const std::string& where, std::vector<header>& into,
                       std::vector<std::string>& problems);

}  // namespace sluice::cli
