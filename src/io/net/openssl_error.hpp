// The words of OpenSSL for what went wrong.
#pragma once

#include <string>

namespace sluice::io {

/// Returns the reason of the first of the queued errors, which is the cause and not what it led to. The queue
/// is empty afterwards.
std::string openssl_error();

}  // namespace sluice::io
