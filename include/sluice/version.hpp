// The library's version, equal to that of the CMake package.
#pragma once

#include <string_view>

#define SLUICE_VERSION_MAJOR 0  ///< goes up when programs must be changed
#define SLUICE_VERSION_MINOR \
  1  ///< goes up with what is new; while major is 0, also when programs must be changed
#define SLUICE_VERSION_PATCH 0  ///< goes up with what is mended

namespace sluice {

/// `MAJOR.MINOR.PATCH`
inline constexpr std::string_view version = "0.1.0";

}  // namespace sluice
