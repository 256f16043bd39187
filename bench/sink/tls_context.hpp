// The server's side of TLS, as the options have it.
#pragma once

#include "sink/options.hpp"

#include <openssl/ssl.h>

#include <memory>
#include <string>

namespace sink {

struct ssl_ctx_free {
  void operator()(SSL_CTX* c) const noexcept { SSL_CTX_free(c); }
};
using ssl_ctx_ptr = std::unique_ptr<SSL_CTX, ssl_ctx_free>;

/// `ca_pem` receives the throw-away CA; it stays empty when the options name a certificate. Throws
/// usage_error for files that do not serve.
ssl_ctx_ptr make_tls_context(const options& o, std::string& ca_pem);

}  // namespace sink
