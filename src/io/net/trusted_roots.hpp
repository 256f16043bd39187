// The certificates that a server is trusted by when nobody names any.
#pragma once

#include <sluice/problem.hpp>

#include <openssl/types.h>

#include <filesystem>
#include <vector>

namespace sluice::io {

/// Loads the roots of this system: OpenSSL's own places, or the first place of other distributions that is
/// there, so that one program runs on all of them. $SSL_CERT_FILE and $SSL_CERT_DIR come first, as with every
/// program that uses OpenSSL; one that cannot be read is a problem. `below` is the root directory, for tests.
void trust_system_roots(SSL_CTX* context, std::vector<problem>& problems,
                        const std::filesystem::path& below = "/");

}  // namespace sluice::io
