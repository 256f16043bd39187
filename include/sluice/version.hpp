// The library's version, equal to that of the CMake package.
#pragma once

#include <string_view>

#define SLUICE_VERSION_MAJOR 0  ///< of changes that programs must follow
#define SLUICE_VERSION_MINOR 1  ///< of additions; before 1.0 of such changes too
#define SLUICE_VERSION_PATCH 0  ///< of corrections

namespace sluice {

/// `MAJOR.MINOR.PATCH`
inline constexpr std::string_view version = "0.1.0";

}  // namespace sluice
