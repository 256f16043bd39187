// The library's version, equal to that of the CMake package.
//
//     std::cout << "sluice " << sluice::version << '\n';
#pragma once

#include <sluice/detail/export.hpp>

#include <string>
#include <string_view>

#define SLUICE_VERSION_MAJOR 0  ///< number of changes that programs must follow
#define SLUICE_VERSION_MINOR 2  ///< number of additions; before 1.0 of such changes too
#define SLUICE_VERSION_PATCH 0  ///< number of corrections

namespace sluice {

/// `MAJOR.MINOR.PATCH`
inline constexpr std::string_view version = "0.2.0";

/// The library's provenance, a line for each name and value: `commit`, `compiler`, and each library that it
/// uses. Libraries that are found when the program starts have two versions: that one, and the one of the
/// build. No secrets, no paths.
SLUICE_API std::string build_details();

}  // namespace sluice
