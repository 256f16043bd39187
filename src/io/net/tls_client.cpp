#include "io/net/tls_client.hpp"

#include "io/net/client_identity.hpp"
#include "io/net/openssl_error.hpp"
#include "io/net/trusted_roots.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#if defined(__aarch64__)
#include <sys/auxv.h>
#endif

#include <algorithm>
#include <cstring>
#include <new>
#include <string_view>

namespace sluice {

tls_context::tls_context(ssl_ctx_st* native) {
  if (native == nullptr) return;
  SSL_CTX_up_ref(native);
  native_ = {native, SSL_CTX_free};
}

}  // namespace sluice

namespace sluice::io {
namespace {

struct cipher_order {
  const char *v1_2, *v1_3;
};

/// The order matters for servers that leave the choice to us: AES-128-GCM where the processor has AES, faster
/// than 256 and as safe; ChaCha20 where it has not.
cipher_order ciphers() {
#if defined(__x86_64__) || defined(__i386__)
  const bool has_aes = __builtin_cpu_supports("aes") && __builtin_cpu_supports("pclmul");
#elif defined(__aarch64__)
  const bool has_aes = (::getauxval(AT_HWCAP) & HWCAP_AES) != 0;
#else
  const bool has_aes = false;
#endif
  if (has_aes)
    return {"ECDHE+AESGCM+AES128:ECDHE+AESGCM:ECDHE+CHACHA20:@SECLEVEL=2",
            "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"};
  return {"ECDHE+CHACHA20:ECDHE+AESGCM+AES128:ECDHE+AESGCM:@SECLEVEL=2",
          "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384"};
}

std::vector<spki_pin> parse_pins(std::string_view text, std::vector<problem>& problems) {
  std::vector<spki_pin> pins;
  const auto complain = [&] {
    problems.push_back(
        {"tls.pinned_public_key",
         "'" + std::string(text) +
             "' is not of the form sha256//BASE64[;sha256//BASE64], 44 characters of base64 each"});
  };
  for (std::string_view rest = text; !rest.empty();) {
    const auto one = rest.substr(0, rest.find(';'));
    rest.remove_prefix(std::min(rest.size(), one.size() + 1));
    std::array<unsigned char, 33> decoded{};
    if (!one.starts_with("sha256//") || one.size() != 8 + 44 || !one.ends_with('=') ||
        EVP_DecodeBlock(decoded.data(), reinterpret_cast<const unsigned char*>(one.data()) + 8, 44) != 33) {
      complain();
      return pins;
    }
    std::copy_n(decoded.begin(), 32, pins.emplace_back().begin());
  }
  return pins;
}

void load_files(SSL_CTX* context, const tls_options& options, std::vector<problem>& problems) {
  ERR_clear_error();
  ask_nobody(context);
  if (!options.ca_file.empty()) {
    if (SSL_CTX_load_verify_file(context, options.ca_file.c_str()) != 1)
      problems.push_back({"tls.ca_file", "cannot read certificates from '" + options.ca_file.string() +
                                             "' (" + openssl_error() + "); it must hold PEM certificates"});
  } else if (!options.insecure) {
    trust_system_roots(context, problems);
  }
  if (options.cert_file.empty()) {
    if (!options.key_file.empty()) problems.push_back({"tls.key_file", "a key without tls.cert_file"});
    if (!options.key_password.empty())
      problems.push_back({"tls.key_password", "a password without tls.cert_file"});
    return;
  }
  load_identity(context, options, problems);
}

/// OpenSSL is C: nothing is thrown through it. A line lost is a line that cannot be read, and no upload.
void tell_key(const SSL* ssl, const char* line) noexcept try {
  static_cast<const tls_client*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)))->on_key(line);
} catch (const std::bad_alloc&) {
}

}  // namespace

std::shared_ptr<const tls_client> make_tls_client(const tls_options& options, std::vector<problem>& problems,
                                                  const std::function<void(std::string_view)>& on_key) {
  const auto before = problems.size();
  auto client = std::make_shared<tls_client>();
  client->verify = !options.insecure;
  client->pins = parse_pins(options.pinned_public_key, problems);
  if (options.context) {
    if (!options.ca_file.empty() || !options.cert_file.empty() || !options.key_file.empty() ||
        !options.key_password.empty())
      problems.push_back({"tls.context",
                          "cannot be combined with tls.ca_file, tls.cert_file, tls.key_file or "
                          "tls.key_password"});
    if (on_key)
      problems.push_back({"on_tls_key",
                          "is not for a context of the caller's own, which is never changed; set "
                          "SSL_CTX_set_keylog_callback there",
                          "tls.context"});
    client->context = {options.context.get(), [keep = options.context](ssl_ctx_st*) {}};
    client->resumes = false;
  } else {
    client->context = {SSL_CTX_new(TLS_client_method()), SSL_CTX_free};
    SSL_CTX* context = client->context.get();
    const int floor = options.min_version == tls_version::v1_3 ? TLS1_3_VERSION : TLS1_2_VERSION;
    if (context == nullptr || SSL_CTX_set_min_proto_version(context, floor) != 1 ||
        SSL_CTX_set_cipher_list(context, ciphers().v1_2) != 1 ||
        SSL_CTX_set_ciphersuites(context, ciphers().v1_3) != 1)
      throw std::bad_alloc{};  // constants: nothing else can be wrong with them
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    // OpenSSL keeps none: session_tickets does, those of one uploader apart from those of another.
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    load_files(context, options, problems);
    if (on_key) {
      client->on_key = on_key;
      SSL_CTX_set_app_data(context, client.get());  // each session holds the client
      SSL_CTX_set_keylog_callback(context, tell_key);
    }
  }
  if (problems.size() != before) return nullptr;
  return client;
}

}  // namespace sluice::io
