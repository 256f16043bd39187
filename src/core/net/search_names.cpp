#include "core/net/search_names.hpp"

#include <algorithm>

namespace sluice::core {

std::vector<std::string> search_names(const std::string& host, const search_rules& rules) {
  if (host.ends_with('.')) return {host};
  std::vector<std::string> names;
  for (const auto& domain : rules.domains) {
    if (domain.empty() || domain == ".") continue;
    names.push_back(host + "." + domain + (domain.ends_with('.') ? "" : "."));
  }
  const auto dots = static_cast<unsigned>(std::count(host.begin(), host.end(), '.'));
  names.insert(dots >= rules.ndots ? names.begin() : names.end(), host + ".");
  return names;
}

}  // namespace sluice::core
