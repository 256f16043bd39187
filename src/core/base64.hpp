// Bytes as text.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sluice::core {

/// RFC 4648 §4, padded.
std::string base64(std::string_view bytes);

/// The inverse; nothing for any other text.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace sluice::core
