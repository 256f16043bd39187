// The client's TLS configuration, made once and never changed.
#pragma once

#include <sluice/config.hpp>

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::io {

using spki_pin = std::array<unsigned char, 32>;  ///< SHA-256 of a SubjectPublicKeyInfo

/// Shared by all connections of an uploader. Floor TLS 1.2 with AEAD and ECDHE only, no compression, no
/// renegotiation, no early data; sessions are resumed among them only.
struct tls_client {
  std::shared_ptr<ssl_ctx_st> context;
  std::vector<spki_pin> pins;
  bool verify = true;
  /// Sessions are resumed. Not with a caller's context: only a whole handshake asks all that verifies there.
  bool resumes = true;
  std::function<void(std::string_view)> on_key{};  ///< config::on_tls_key
};

/// Null with at least one line in `problems` when a file cannot be read or an option is malformed.
/// `on_key` is told of the keys of all its sessions, unless it is empty.
std::shared_ptr<const tls_client> make_tls_client(const tls_options& options, std::vector<problem>& problems,
                                                  const std::function<void(std::string_view)>& on_key = {});

}  // namespace sluice::io
