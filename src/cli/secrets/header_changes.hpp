// The changes lead from the headers in force to those that were read anew.
#pragma once

#include <sluice/config.hpp>

#include <string>
#include <vector>

namespace sluice::cli {

struct header_changes {
  std::vector<header> updates;    ///< other values, or other names
  std::vector<std::string> left;  ///< names that stay as they are, though no longer given alike
};

/// An uploader takes one value for a name and never lets a name go: what it cannot do is `left`.
header_changes changes_of(const std::vector<header>& in_force, const std::vector<header>& fresh);

/// `base`, with the values of `over` for names in both, and what else `over` has behind it.
std::vector<header> overlaid(std::vector<header> base, const std::vector<header>& over);

}  // namespace sluice::cli
