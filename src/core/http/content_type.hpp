// The media type of a file, guessed from its extension.
#pragma once

#include <string_view>

namespace sluice::core {

/// Guesses the type of common image, video, audio, text, document and archive files;
/// `application/octet-stream` stands for all else. `name` is a file name; the extension's case does not
/// matter.
std::string_view guess_content_type(std::string_view name) noexcept;

/// True for `type/subtype` of RFC 9110 §8.3.1 with optional parameters and no control character.
bool is_media_type(std::string_view text) noexcept;

}  // namespace sluice::core
