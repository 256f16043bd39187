// The script's JSON: every key is known, and has its one type.
#pragma once

#include "sink/script.hpp"

#include <stdexcept>
#include <string_view>

namespace sink {

struct script_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Throws script_error, which names the key.
script parse_script(std::string_view json);

}  // namespace sink
