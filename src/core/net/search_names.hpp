// The names that DNS is asked for in turn when a short name was written (resolv.conf: search, ndots).
#pragma once

#include <string>
#include <vector>

namespace sluice::core {

struct search_rules {
  std::vector<std::string> domains{};
  unsigned ndots = 1;  ///< a name with as many dots is asked for as it is first
};

/// Absolute names, each with the last dot. A `host` that ends in a dot is absolute already.
std::vector<std::string> search_names(const std::string& host, const search_rules& rules);

}  // namespace sluice::core
