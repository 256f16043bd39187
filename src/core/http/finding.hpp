// The answer of one rule of success to one reply.
#pragma once

#include <string>

namespace sluice::core {

struct finding {
  enum class answer {
    holds,
    differs,       ///< the reply has another value there, or none
    disproves,     ///< the reply has another value where it says what is stored: a digest, the size
    silent,        ///< the reply has none where it is to say so
    inapplicable,  ///< the rule cannot be applied: the body is no JSON text (RFC 8259)
  } what = answer::holds;
  std::string ours{}, theirs{};  ///< the values, where one disproves the other
};

}  // namespace sluice::core
