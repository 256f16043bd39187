// Bodies that came packed although nobody asked for it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::io {

struct unpacked {
  std::string text;
  bool cut = false;  ///< there is more of it than was wanted
};

/// Unpacks `body` as the value of Content-Encoding says (RFC 9110 §8.4.1: gzip, x-gzip, deflate), `most`
/// bytes at the most. Nothing for another coding, several of them, and a body that is damaged or not whole.
std::optional<unpacked> unpack(std::string_view coding, std::string_view body, std::size_t most);

}  // namespace sluice::io
