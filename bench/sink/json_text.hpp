// Text into JSON by hand: a ledger line costs a microsecond, not ten.
#pragma once

#include <string>
#include <string_view>

namespace sink {

/// Appends `bytes` as a JSON string; what is not UTF-8 becomes U+FFFD, byte by byte.
void append_json(std::string& out, std::string_view bytes);

void append_base64(std::string& out, std::string_view bytes);
void append_hex(std::string& out, std::string_view bytes);

}  // namespace sink
