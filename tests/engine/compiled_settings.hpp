// Settings for tests: what a configuration in good order becomes.
#pragma once

#include "engine/settings.hpp"

#include <stdexcept>
#include <utility>
#include <vector>

namespace sluice::engine {

/// Throws the first problem.
inline settings compiled(const config& c) {
  std::vector<problem> problems;
  auto s = compile(c, problems);
  if (!s) throw std::invalid_argument{to_string(problems.front())};
  return std::move(*s);
}

}  // namespace sluice::engine
