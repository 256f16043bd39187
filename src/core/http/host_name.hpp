// Names of hosts, as DNS and certificates have them (RFC 1035, IDNA 2008).
#pragma once

#include <string>
#include <string_view>

namespace sluice::core {

/// Makes `host` of a name without a last dot: in lower case, and in the xn-- form where it is not ASCII
/// (UTS 46, non-transitional). Returns the problem or nothing.
std::string read_host_name(std::string_view name, std::string& host);

/// inet_pton() only reads a text. It takes no zone, no IPv4 address of fewer numbers, and no leading zero,
/// which some programs read as octal.
bool is_address(int family, std::string_view text);

}  // namespace sluice::core
