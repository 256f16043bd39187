// Names of hosts.
#pragma once

#include <string_view>

namespace sluice::cli {

/// 127.0.0.0/8, ::1 and localhost.
bool is_loopback(std::string_view host);
/// The host of a URL that an uploader takes; without the brackets of an IPv6 address.
std::string_view host_of(std::string_view url);

}  // namespace sluice::cli
