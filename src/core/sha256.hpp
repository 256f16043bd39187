// SHA-256 of short texts, where no OpenSSL is.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace sluice::core {

/// The digest (FIPS 180-4), most significant byte first. Of paths, not of secrets.
std::array<std::uint8_t, 32> sha256(std::string_view bytes) noexcept;

}  // namespace sluice::core
