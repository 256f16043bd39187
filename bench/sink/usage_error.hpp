// An error of the user: a wrong option or script.
#pragma once

#include <stdexcept>

namespace sink {

/// Says what is wrong and how to mend it, in one line.
struct usage_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace sink
