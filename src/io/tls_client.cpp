#include "io/tls_client.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <sys/stat.h>
#if defined(__aarch64__)
#include <sys/auxv.h>
#endif

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

/// The first of the queued errors: the cause, not what it led to.
std::string openssl_error() {
  const auto code = ERR_peek_error();
  ERR_clear_error();
  if (ERR_SYSTEM_ERROR(code)) return std::strerror(ERR_GET_REASON(code));
  const char* reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : "unreadable";
}

struct cipher_order {
  const char *v1_2, *v1_3;
};

/// For servers that leave the choice to us: AES-128-GCM where the processor has AES, faster than 256 and as
/// safe; ChaCha20 where it has not.
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

std::vector<spki_pin> parse_pins(std::string_view text, std::vector<std::string>& problems) {
  std::vector<spki_pin> pins;
  const auto complain = [&] {
    problems.push_back("tls.pinned_public_key: '" + std::string(text) +
                       "' is not of the form sha256//BASE64[;sha256//BASE64], 44 characters of base64 each");
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

void load_files(SSL_CTX* context, const tls_options& options, std::vector<std::string>& problems) {
  ERR_clear_error();
  if (!options.ca_file.empty()) {
    if (SSL_CTX_load_verify_file(context, options.ca_file.c_str()) != 1)
      problems.push_back("tls.ca_file: cannot read certificates from '" + options.ca_file.string() + "' (" +
                         openssl_error() + "); it must hold PEM certificates");
  } else {
    SSL_CTX_set_default_verify_paths(context);
  }
  if (options.cert_file.empty()) {
    if (!options.key_file.empty()) problems.push_back("tls.key_file: a key without tls.cert_file");
    return;
  }
  if (SSL_CTX_use_certificate_chain_file(context, options.cert_file.c_str()) != 1) {
    problems.push_back("tls.cert_file: cannot read a certificate from '" + options.cert_file.string() +
                       "' (" + openssl_error() + "); it must hold a PEM chain, the client's first");
    return;
  }
  const auto& key = options.key_file.empty() ? options.cert_file : options.key_file;
  if (struct stat st{}; ::stat(key.c_str(), &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 077) != 0)
    problems.push_back("tls.key_file: others than its owner have access to the private key in '" +
                       key.string() + "'; chmod 600 it");
  else if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1)
    problems.push_back("tls.key_file: cannot use the private key in '" + key.string() + "' (" +
                       openssl_error() + "); it must be a PEM key that belongs to tls.cert_file");
}

}  // namespace

std::shared_ptr<const tls_client> make_tls_client(const tls_options& options,
                                                  std::vector<std::string>& problems) {
  const auto before = problems.size();
  auto client = std::make_shared<tls_client>();
  client->verify = !options.insecure;
  client->pins = parse_pins(options.pinned_public_key, problems);
  if (options.context) {
    if (!options.ca_file.empty() || !options.cert_file.empty() || !options.key_file.empty())
      problems.emplace_back(
          "tls.context: cannot be combined with tls.ca_file, tls.cert_file or tls.key_file");
    client->context = {options.context.get(), [keep = options.context](ssl_ctx_st*) {}};
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
  }
  if (problems.size() != before) return nullptr;
  return client;
}

}  // namespace sluice::io
