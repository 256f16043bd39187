// The client's TLS configuration, made once and never changed.
#pragma once

#include <sluice/config.hpp>

#include <array>
#include <memory>
#include <string>
#include <vector>

namespace sluice::io {

using spki_pin = std::array<unsigned char, 32>;  ///< SHA-256 of a SubjectPublicKeyInfo

/// Shared by all connections of an uploader. Floor TLS 1.2 with AEAD and ECDHE only, no compression, no
/// renegotiation, no early data; sessions are resumed among them only.
struct tls_client {
  std::shared_ptr<ssl_ctx_st> context;
  std::vector<spki_pin> pins;
  bool verify = true;
};

/// Null with at least one line in `problems` when a file cannot be read or an option is malformed.
std::shared_ptr<const tls_client> make_tls_client(const tls_options& options,
                                                  std::vector<std::string>& problems);

}  // namespace sluice::io
