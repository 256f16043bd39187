// Problems as the lines that an exception has.
#pragma once

#include <sluice/problem.hpp>

#include <string>
#include <vector>

namespace support {

inline std::vector<std::string> lines_of(const std::vector<sluice::problem>& problems) {
  std::vector<std::string> lines;
  lines.reserve(problems.size());
  for (const auto& p : problems) lines.push_back(to_string(p));
  return lines;
}

}  // namespace support
