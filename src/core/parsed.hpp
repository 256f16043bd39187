// The result of reading something a person or a peer wrote: a value, or one line that says what is wrong.
#pragma once

#include <boost/system/result.hpp>
#include <stdexcept>
#include <string>
#include <utility>

namespace sluice::core {

struct problem {
  std::string what;  ///< says what is wrong and how to mend it; the caller names option and file
};

template <class T>
using parsed = boost::system::result<T, problem>;

// Boost.System asks for it where value() is used on an error; we test has_value() first, always.
[[noreturn]] inline void throw_exception_from_error(const problem& p, const boost::source_location&) {
  throw std::logic_error("value() of a problem: " + p.what);
}

}  // namespace sluice::core
