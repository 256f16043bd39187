#include "io/net/trusted_roots.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

namespace sluice::io {
namespace {

/// Where distributions keep all roots in one file.
constexpr std::array bundles{
    "etc/ssl/certs/ca-certificates.crt",                 // Debian, Ubuntu, Arch, Alpine, Gentoo
    "etc/pki/tls/certs/ca-bundle.crt",                   // Fedora, RHEL
    "etc/ssl/ca-bundle.pem",                             // openSUSE
    "etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // RHEL 7 and its kin
    "etc/ssl/cert.pem",                                  // Alpine, the BSDs
};
/// Where they keep a file for each root, with its hash for a name.
constexpr std::array directories{"etc/ssl/certs", "etc/pki/tls/certs"};

bool is_there(const std::filesystem::path& p) { return ::access(p.c_str(), R_OK) == 0; }

/// `places` has one path, or directories with colons between them.
bool is_any_there(std::string_view places) {
  if (is_there(places)) return true;
  const auto colon = places.find(':');
  if (colon == std::string_view::npos) return false;
  return is_there(places.substr(0, colon)) || is_any_there(places.substr(colon + 1));
}

/// True: the variable is set. OpenSSL reads it, but is silent about a place that cannot be read.
bool is_given(const char* variable, std::vector<problem>& problems) {
  const char* path = std::getenv(variable);
  if (path == nullptr || *path == '\0') return false;
  if (!is_any_there(path))
    problems.push_back({"tls.ca_file", "$" + std::string{variable} + " names '" + path +
                                           "', which cannot be read (" + std::strerror(errno) +
                                           "); correct it, or unset it"});
  return true;
}

}  // namespace

void trust_system_roots(SSL_CTX* context, std::vector<problem>& problems,
                        const std::filesystem::path& below) {
  const bool file = is_given(X509_get_default_cert_file_env(), problems);
  const bool directory = is_given(X509_get_default_cert_dir_env(), problems);
  SSL_CTX_set_default_verify_paths(context);
  if (file || directory) return;
  if (below == "/" && (is_there(X509_get_default_cert_file()) || is_there(X509_get_default_cert_dir())))
    return;
  for (const auto* place : bundles)
    if (SSL_CTX_load_verify_file(context, (below / place).c_str()) == 1) return;
  for (const auto* place : directories)
    if (is_there(below / place)) SSL_CTX_load_verify_dir(context, (below / place).c_str());
  ERR_clear_error();
}

}  // namespace sluice::io
