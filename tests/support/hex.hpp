// Bytes as digits.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace support {

/// Two lower-case digits for each byte.
inline std::string hex(std::string_view raw) {
  std::string out;
  for (const char c : raw) {
    char two[3];
    std::snprintf(two, sizeof two, "%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
    out += two;
  }
  return out;
}

}  // namespace support
