// The client's own certificate and private key, from PEM files or from PKCS#12 (RFC 7292).
#pragma once

#include <sluice/config.hpp>

#include <vector>

namespace sluice::io {

/// No file that `context` reads from now on makes OpenSSL ask somebody for a password: it would ask at the
/// terminal.
void ask_nobody(ssl_ctx_st* context) noexcept;

/// Loads `options.cert_file`, which is given, with its key into `context`. The bytes of the file say whether
/// it is PKCS#12. What cannot be used adds one problem, and no problem shows a password.
void load_identity(ssl_ctx_st* context, const tls_options& options, std::vector<problem>& problems);

}  // namespace sluice::io
