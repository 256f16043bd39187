#include "io/net/openssl_error.hpp"

#include <openssl/err.h>

#include <cstring>

namespace sluice::io {

std::string openssl_error() {
  const auto code = ERR_peek_error();
  ERR_clear_error();
  if (ERR_SYSTEM_ERROR(code)) return std::strerror(ERR_GET_REASON(code));
  const char* reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : "unreadable";
}

}  // namespace sluice::io
